package jobs

import (
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
	"patchmanager/internal/queue"
)

// workPlans lets River work until every host of a plan has an answer.
func (b *bed) workPlans(id ids.ID, hostCount int) Plan {
	b.t.Helper()
	w := river.NewWorkers()
	b.s.AddWorkers(w)
	client, err := queue.NewWorker(b.db, slog.Default(), w, nil)
	require.NoError(b.t, err)
	events, cancel := client.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed)
	defer cancel()
	require.NoError(b.t, client.Start(b.t.Context()))
	for range hostCount {
		e := <-events
		require.Equal(b.t, rivertype.JobStateCompleted, e.Job.State, "%v", e.Job.Errors)
	}
	require.NoError(b.t, client.Stop(b.t.Context()))
	p, err := b.s.GetPlan(b.t.Context(), b.scope, id)
	require.NoError(b.t, err)
	return p
}

func TestPlanShowsEachHostOrWhyNot(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	good, gone := b.host("web-01", nil), b.host("web-02", nil)
	b.updates(good, "curl")
	b.agents[gone].Stop()
	in := PlanInput{HostIDs: []ids.ID{good, gone}, Selection: Selection{Mode: ModeAll}}
	p, err := b.s.CreatePlan(t.Context(), b.admin, in)
	require.NoError(t, err)
	require.Equal(t, PlanComputing, p.State)
	p = b.workPlans(p.ID, 2)
	require.Equal(t, PlanReady, p.State)
	require.Equal(t, PlanCounts{Hosts: 2, Ready: 1, Failed: 1}, p.Counts)
	require.Equal(t, gone, p.Hosts[0].HostID, "what needs a look comes first")
	require.Equal(t, CodeUnreachable, p.Hosts[0].Error.Code)
	require.Equal(t, "curl", p.Hosts[1].Plan.Changes[0].Name)

	order := JobInput{Kind: KindPatch, HostIDs: in.HostIDs, Selection: &in.Selection, Reboot: "never", PlanID: &p.ID}
	_, err = b.s.Create(t.Context(), b.admin, order)
	requireCode(t, "plan_incomplete", err)
	order.HostIDs = []ids.ID{good}
	other := order
	other.Selection = &Selection{Mode: ModeSecurity}
	_, err = b.s.Create(t.Context(), b.admin, other)
	requireCode(t, "plan_differs", err)

	b.updates(good, "curl", "openssl") // more than was shown
	j := b.order(order)
	b.work(b.s)
	h := b.hostOf(j.ID, good)
	require.Equal(t, HostFailed, h.State)
	require.Equal(t, string(agentapi.CodePlanChanged), h.Error.Code)
	require.Empty(t, h.Changes)
}

func TestOldPlansAreGone(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	in := PlanInput{HostIDs: b.bareHosts(1), Selection: Selection{Mode: ModeAll}}
	p, err := b.s.CreatePlan(t.Context(), b.admin, in)
	require.NoError(t, err)
	j := b.order(JobInput{Kind: KindRefresh, HostIDs: in.HostIDs, Reboot: "never"})
	_, err = b.db.Exec(t.Context(), "update job set plan_id = $1 where id = $2", p.ID, j.ID)
	require.NoError(t, err)
	b.clock.Advance(planLife)
	_, err = b.s.GetPlan(t.Context(), b.scope, p.ID)
	requireCode(t, "not_found", err)
	require.NoError(t, (&purgeWorker{s: b.s}).Work(t.Context(), nil))
	require.Equal(t, 0, b.count("select count(*) from job_plan_host"))
	require.Nil(t, b.job(j.ID).PlanID, "the job stays")
}

func TestOrderRefusesBadInput(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	hs := b.bareHosts(2)
	all := &Selection{Mode: ModeAll}
	for name, c := range map[string]struct {
		in    JobInput
		field string
	}{
		"no host":            {JobInput{Kind: KindPatch, Selection: all}, "host_ids"},
		"host named twice":   {JobInput{Kind: KindPatch, Selection: all, HostIDs: []ids.ID{hs[0], hs[0]}}, "host_ids[1]"},
		"unknown host":       {JobInput{Kind: KindPatch, Selection: all, HostIDs: []ids.ID{hs[0], ids.New()}}, "host_ids[1]"},
		"no selection":       {JobInput{Kind: KindPatch, HostIDs: hs}, "selection"},
		"nothing named":      {JobInput{Kind: KindPatch, HostIDs: hs, Selection: &Selection{Mode: ModeNamed}}, "selection.packages"},
		"names without mode": {JobInput{Kind: KindPatch, HostIDs: hs, Selection: &Selection{Mode: ModeAll, Packages: []string{"curl"}}}, "selection.packages"},
		"an option":          {JobInput{Kind: KindPatch, HostIDs: hs, Selection: &Selection{Mode: ModeNamed, Packages: []string{"curl", "-y"}}}, "selection.packages[1]"},
		"a command":          {JobInput{Kind: KindPatch, HostIDs: hs, Selection: &Selection{Mode: ModeAll, Exclude: []string{"a;b"}}}, "selection.exclude[0]"},
		"reboot with names":  {JobInput{Kind: KindReboot, HostIDs: hs, Selection: all}, "selection"},
		"rollback by hand":   {JobInput{Kind: KindRollback, HostIDs: hs}, "kind"},
	} {
		_, err := b.s.Create(t.Context(), b.admin, c.in)
		requireCode(t, "validation_failed", err)
		e := coded(t, err)
		require.Equal(t, c.field, e.Details[0].Field, name)
	}
	require.Equal(t, 0, b.count("select count(*) from job"))
	require.Equal(t, 0, b.count("select count(*) from audit_entry"))
}

func TestNamesThatPackageManagersAllow(t *testing.T) {
	for _, n := range []string{"libc6:i386", "g++-12", "lib32gcc-s1", "python3.11", "a~b^c_d@e"} {
		require.True(t, isPackageName(n), n)
	}
	for _, n := range []string{"", "-o", "a b", "a\nb", "ä", "$(x)", "../x"} {
		require.False(t, isPackageName(n), n)
	}
}

func TestRemovedHostIsNotTouched(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	j := b.patchAll(host)
	_, err := b.db.Exec(t.Context(), "update host set removed_at = now() where id = $1", host)
	require.NoError(t, err)
	b.work(b.s)
	require.Equal(t, CodeHostRemoved, b.hostOf(j.ID, host).Error.Code)
	require.Empty(t, b.agents[host].Orders())
	require.WithinDuration(t, b.clock.Now(), *b.job(j.ID).FinishedAt, time.Millisecond)
}
