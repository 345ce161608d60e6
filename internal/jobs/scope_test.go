package jobs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// operator is a stored user who sees exactly these hosts.
func (b *bed) operator(name string, seen ...ids.ID) auth.Actor {
	b.t.Helper()
	a, group := b.admin, ids.New()
	a.UserID, a.Name, a.Role = ids.New(), name, auth.RoleOperator
	b.exec(`insert into auth_user (id, username, role, created_at, password_changed_at) values ($1, $2, 'operator', now(), now())`, a.UserID, name)
	b.exec("insert into host_group (id, name, created_at) values ($1, $2, now())", group, name)
	b.exec("insert into auth_user_group (user_id, group_id) values ($1, $2)", a.UserID, group)
	b.exec("insert into host_group_host (group_id, host_id, added_at) select $1, unnest($2::uuid[]), now()", group, seen)
	return a
}

func (b *bed) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.db.Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

// as reads a job as an actor sees it.
func (b *bed) as(a auth.Actor, id ids.ID) Job {
	b.t.Helper()
	j, err := b.s.Get(b.t.Context(), hosts.ScopeOf(a), id)
	require.NoError(b.t, err)
	return j
}

func text(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return string(out)
}

// TestASharedJobShowsNothingOfTheOthers: one job on four hosts, of which an
// operator sees one, another one two, and the admin all.
func TestASharedJobShowsNothingOfTheOthers(t *testing.T) {
	b := newBed(t)
	hs := b.bareHosts(4)
	one, two, stranger := b.operator("one", hs[0]), b.operator("two", hs[1], hs[2]), b.operator("stranger")
	j := b.order(JobInput{Kind: KindPatch, HostIDs: hs, Selection: &Selection{Mode: ModeSecurity}, Reboot: "never"})
	require.Equal(t, "Security updates on 4 hosts", b.as(b.admin, j.ID).Title)
	require.Equal(t, "Security updates on bare-000", b.as(one, j.ID).Title)
	require.Equal(t, "Security updates on 2 hosts", b.as(two, j.ID).Title)
	require.Equal(t, 2, b.as(two, j.ID).Counts.Total)
	_, err := b.s.Get(t.Context(), hosts.ScopeOf(stranger), j.ID)
	foreign := refused(t, err)
	_, err = b.s.Get(t.Context(), hosts.ScopeOf(stranger), ids.New())
	require.Equal(t, refused(t, err), foreign)

	// what happens on a host shows to those who see it
	b.exec(`update job_host set state = 'failed', finished_at = now(), started_at = now(), error_code = 'X', error_message = 'x' where host_id = $1`, hs[0])
	b.exec(`update job_host set state = 'cancelled', finished_at = now(), cancel_requested_at = now() where host_id = any($1)`, hs[1:3])
	_, err = b.s.rollUp(t.Context())
	require.NoError(t, err)
	require.Equal(t, StateRunning, b.as(b.admin, j.ID).State)
	mine := b.as(one, j.ID)
	require.Equal(t, StateFailed, mine.State)
	require.NotNil(t, mine.FinishedAt)
	require.Nil(t, mine.CancelRequestedAt)
	require.Equal(t, StateCancelled, b.as(two, j.ID).State)
	require.Nil(t, b.as(two, j.ID).StartedAt, "it started elsewhere")
	require.NotNil(t, b.as(two, j.ID).CancelRequestedAt)

	// nothing can be found out by searching and filtering
	for f, want := range map[*Filter]int{
		{Text: "4 hosts"}: 0, {Text: "2 hosts"}: 1, {Text: "security"}: 1, {HostID: hs[0]}: 0, {HostID: hs[1]}: 1,
		{States: []State{StateRunning}}: 0, {States: []State{StateFailed}}: 0, {States: []State{StateCancelled}}: 1,
	} {
		f.Limit = 10
		items, total, err := b.s.List(t.Context(), hosts.ScopeOf(two), *f)
		require.NoError(t, err)
		require.Equal(t, want, total, "%+v", *f)
		require.Len(t, items, want)
	}
	items, _, err := b.s.List(t.Context(), hosts.ScopeOf(two), Filter{Limit: 10})
	require.NoError(t, err)
	sums, err := b.s.Summaries(t.Context(), hosts.ScopeOf(two), []ids.ID{j.ID})
	require.NoError(t, err)
	rows, total, err := b.s.Hosts(t.Context(), hosts.ScopeOf(two), j.ID, nil, 10, 0)
	require.NoError(t, err)
	require.Equal(t, 2, total)
	for _, shown := range []any{items, sums, rows, b.as(two, j.ID)} {
		for _, hidden := range []string{hs[0].String(), hs[3].String(), "bare-000", "bare-003", "4 hosts", `"total":4`} {
			require.NotContains(t, text(t, shown), hidden)
		}
	}
}

func refused(t *testing.T, err error) apierr.Error {
	t.Helper()
	e, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	return *e
}

// TestActsOnASharedJobReachTheOwnHostsAlone cancels, runs again and takes back.
func TestActsOnASharedJobReachTheOwnHostsAlone(t *testing.T) {
	b := newBed(t)
	hs := b.bareHosts(3)
	op := b.operator("op", hs[0], hs[1])
	j := b.patchAll(hs...)
	got, err := b.s.Cancel(t.Context(), op, j.ID)
	require.NoError(t, err)
	require.Equal(t, StateCancelled, got.State)
	require.Equal(t, 2, got.Counts.Cancelled)
	whole := b.as(b.admin, j.ID)
	require.Equal(t, 1, whole.Counts.Queued, "the third host goes on")
	require.Nil(t, whole.CancelRequestedAt)
	require.Equal(t, 1, b.count("select count(*) from audit_entry where action = 'job.cancel' and actor_name = 'op'"))
	_, err = b.s.Cancel(t.Context(), op, j.ID)
	require.Equal(t, "job_ended", refused(t, err).Code)

	_, err = b.s.Rerun(t.Context(), op, j.ID, []ids.ID{hs[0], hs[2]})
	out := refused(t, err)
	_, err = b.s.Rerun(t.Context(), op, j.ID, []ids.ID{hs[0], ids.New()})
	unknown := refused(t, err)
	require.Equal(t, "host_ids[1]", out.Details[0].Field)
	require.Equal(t, unknown.Details[0].Message, out.Details[0].Message)
	_, err = b.s.Rollback(t.Context(), op, j.ID, []ids.ID{hs[2]})
	require.Equal(t, "host_ids[0]", refused(t, err).Details[0].Field)

	b.exec(`update job_host set state = 'failed', finished_at = now(), error_code = 'X', error_message = 'x' where job_id = $1`, j.ID)
	again, err := b.s.Rerun(t.Context(), op, j.ID, nil)
	require.NoError(t, err)
	require.Equal(t, 2, again.Counts.Total)
	require.Equal(t, 2, b.as(b.admin, again.ID).Counts.Total, "the third one failed too and is not the operator's")
	require.Len(t, b.as(op, j.ID).Children, 1)
	stranger := b.operator("stranger", hs[2])
	require.Empty(t, b.as(stranger, j.ID).Children, "a run without the own host is none of theirs")
}

// TestOrdersAndPreviewsTakeOwnHostsAlone: what is not in scope is refused in the
// same words as what does not exist.
func TestOrdersAndPreviewsTakeOwnHostsAlone(t *testing.T) {
	b := newBed(t)
	hs := b.bareHosts(2)
	op := b.operator("op", hs[0])
	order := func(id ids.ID) apierr.Error {
		_, err := b.s.Create(t.Context(), op, JobInput{Kind: KindRefresh, HostIDs: []ids.ID{hs[0], id}})
		return refused(t, err)
	}
	preview := func(id ids.ID) apierr.Error {
		_, err := b.s.CreatePlan(t.Context(), op, PlanInput{HostIDs: []ids.ID{hs[0], id}, Selection: Selection{Mode: ModeAll}})
		return refused(t, err)
	}
	for _, ask := range []func(ids.ID) apierr.Error{order, preview} {
		none := ids.New()
		foreign, unknown := ask(hs[1]), ask(none)
		foreign.Details[0].Value = none.String()
		require.Equal(t, unknown, foreign)
	}
	p, err := b.s.CreatePlan(t.Context(), b.admin, PlanInput{HostIDs: hs, Selection: Selection{Mode: ModeAll}})
	require.NoError(t, err)
	shown, err := b.s.GetPlan(t.Context(), hosts.ScopeOf(op), p.ID)
	require.NoError(t, err)
	require.Equal(t, 1, shown.Counts.Hosts)
	require.NotContains(t, text(t, shown), hs[1].String())
	other := b.operator("other", hs[1])
	mine, err := b.s.CreatePlan(t.Context(), op, PlanInput{HostIDs: hs[:1], Selection: Selection{Mode: ModeAll}})
	require.NoError(t, err)
	_, err = b.s.GetPlan(t.Context(), hosts.ScopeOf(other), mine.ID)
	foreign := refused(t, err)
	_, err = b.s.GetPlan(t.Context(), hosts.ScopeOf(other), ids.New())
	require.Equal(t, refused(t, err), foreign)
}

// TestThePartialStateIsTheStateOfTheVisibleHosts compares the SQL with stateOf
// for every combination of three states, beside a host that is not visible.
func TestThePartialStateIsTheStateOfTheVisibleHosts(t *testing.T) {
	b := newBed(t)
	b.exec(`insert into host (id, name, machine_id, address, port, enrolled_at, state_since)
		select gen_random_uuid(), 'h' || n, n, 'x', 1, now(), now() from generate_series(1, 700) n`)
	op := b.operator("op")
	group := b.groupOf(op)
	b.exec("insert into host_group_host select $1, id, now() from host where no % 4 <> 0", group)
	want := map[ids.ID]Counts{}
	n := 0
	for i := range HostStates {
		for k := i; k < len(HostStates); k++ {
			for l := k; l < len(HostStates); l++ {
				job := ids.New()
				b.exec(`insert into job (id, kind, title, reboot, allow_removals, created_at, created_by, deadline_at)
					values ($1, 'refresh', 'Refresh on 4 hosts', 'never', false, now(), 'a', now() + interval '1 d')`, job)
				states := []HostState{HostStates[i], HostStates[k], HostStates[l], HostRunning}
				b.exec(`insert into job_host (id, job_id, host_id, state, due_at, deadline_at, claim_id, lease_until, finished_at, agent_job, error_code, error_message)
					select gen_random_uuid(), $1, h.id, s.state::job_host_state, now(), now(), case when s.held then gen_random_uuid() end, case when s.held then now() end,
						case when s.ended then now() end, 'a', case when s.state = 'failed' then 'X' end, case when s.state = 'failed' then 'x' end
					from (select u.state, u.n, u.state in ('claimed', 'running', 'lost') as held, u.state in ('succeeded', 'failed', 'cancelled', 'expired') as ended
						from unnest($2::text[]) with ordinality u (state, n)) s
					join (select id, row_number() over (order by (no % 4 = 0), no) as n from host where no > $3 and no <= $3 + 4) h on h.n = s.n`,
					job, texts(states), n*4)
				n++
				want[job] = countsOf(states[:3])
			}
		}
	}
	items, total, err := b.s.List(t.Context(), hosts.ScopeOf(op), Filter{Limit: 500})
	require.NoError(t, err)
	require.Equal(t, len(want), total)
	for _, j := range items {
		require.Equal(t, want[j.ID], j.Counts)
		require.Equal(t, stateOf(j.Counts), j.State, "%+v", j.Counts)
		require.Equal(t, j.State.isFinal(), j.FinishedAt != nil, "%+v", j.Counts)
		require.Equal(t, "Refresh on 3 hosts", j.Title)
	}
}

func (b *bed) groupOf(a auth.Actor) (group ids.ID) {
	b.t.Helper()
	require.NoError(b.t, b.db.QueryRow(b.t.Context(), "select group_id from auth_user_group where user_id = $1", a.UserID).Scan(&group))
	return group
}

func countsOf(states []HostState) Counts {
	c := Counts{Total: len(states)}
	for _, s := range states {
		*map[HostState]*int{HostWaiting: &c.Waiting, HostQueued: &c.Queued, HostClaimed: &c.Claimed, HostRunning: &c.Running, HostLost: &c.Lost,
			HostSucceeded: &c.Succeeded, HostFailed: &c.Failed, HostCancelled: &c.Cancelled, HostExpired: &c.Expired}[s]++
	}
	return c
}

// TestATitleThatWasCutTellsNoNumber: titleOf cuts at 300 bytes, wherever that is.
func TestATitleThatWasCutTellsNoNumber(t *testing.T) {
	b := newBed(t)
	hs := b.bareHosts(12)
	op := b.operator("op", hs[:2]...)
	for length := 270; length <= 300; length++ {
		name := strings.Repeat("a", length-len("Updates of "))
		title := titleOf(KindPatch, &Selection{Mode: ModeNamed, Packages: []string{name}}, 0, make([]string, 12))
		j := b.patchAll(hs...)
		b.exec("update job set title = $2 where id = $1", j.ID, title)
		got := b.as(op, j.ID).Title
		require.Regexp(t, `^Updates of a+…? on 2 hosts$`, got, fmt.Sprint(length))
		require.NotContains(t, got, "1")
	}
}
