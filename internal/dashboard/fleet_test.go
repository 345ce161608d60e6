package dashboard_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/dashboard"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

type rig struct {
	t     *testing.T
	db    *db.DB
	clock *fakeclock.Clock
	s     *dashboard.Service
	hosts *hosts.Service
	admin auth.Actor
}

func newRig(t *testing.T) *rig {
	d, c := pgtest.New(t), fakeclock.New(clock.System().Now())
	return &rig{t: t, db: d, clock: c, admin: auth.Actor{UserID: ids.New(), Name: "admin", Role: auth.RoleAdmin},
		s:     dashboard.New(dashboard.Deps{DB: d, Clock: c, Jobs: jobs.New(jobs.Deps{DB: d, Clock: c})}),
		hosts: hosts.New(hosts.Deps{DB: d, Clock: c})}
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.db.Exec(r.t.Context(), sql, args...)
	require.NoError(r.t, err)
}

// host adds a host; security below zero means that its updates were never told.
func (r *rig) host(n int, state string, reboot any, security, other int, age time.Duration) {
	r.t.Helper()
	id := ids.New()
	at := r.clock.Now().Add(-age)
	r.exec(`insert into host (id, name, machine_id, address, port, enrolled_at, state, state_since, reboot_needed)
		values ($1, $2, $2, 'x', 1, $3, $4, $3, $5)`, id, fmt.Sprintf("host-%02d", n), at, state, reboot)
	if security < 0 {
		return
	}
	r.exec(`insert into host_inventory (host_id, host_no, patches_at, lists_at, total, security, high, unknown)
		values ($1, $2, $3, $3, $4, $5, $5, $6)`, id, n, at, security+other, security, other)
}

func (r *rig) fleet() dashboard.Fleet {
	r.t.Helper()
	f, err := r.s.Fleet(r.t.Context(), r.admin)
	require.NoError(r.t, err)
	return f
}

func TestNumbersEqualTheListsTheyLinkTo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.host(1, "healthy", false, 0, 0, time.Hour)
	r.host(2, "healthy", true, 2, 1, time.Hour)
	r.host(3, "degraded", true, 0, 4, time.Hour)
	r.host(4, "unreachable", nil, 3, 0, 48*time.Hour)
	r.host(5, "unknown", nil, -1, 0, 0)
	r.host(6, "healthy", true, 9, 9, time.Hour)
	r.exec("update host set removed_at = now() where name = 'host-06'")
	f := r.fleet()
	require.Equal(t, dashboard.FleetHosts{Total: 5, Healthy: 2, Degraded: 1, Unreachable: 1, Unknown: 1}, f.Hosts)
	require.Equal(t, 2, f.Compliance.Compliant)
	require.Equal(t, 1, f.Compliance.NotCompliant)
	require.Equal(t, 2, f.Compliance.Unknown, "old and never known are not good")
	require.Equal(t, dashboard.FleetPending{HostsWithPending: 3, HostsWithSecurity: 2, PatchesTotal: 10, PatchesSecurity: 5,
		BySeverity: dashboard.SeverityCounts{High: 5, Unknown: 5}, HostsBySeverity: dashboard.SeverityCounts{High: 2, Unknown: 2}}, f.Pending)

	yes := true
	for _, c := range []struct {
		want   int
		filter hosts.Filter
	}{
		{f.Hosts.Total, hosts.Filter{}},
		{f.Hosts.Healthy, hosts.Filter{States: []hosts.State{"healthy"}}},
		{f.Hosts.Degraded, hosts.Filter{States: []hosts.State{"degraded"}}},
		{f.Hosts.Unreachable, hosts.Filter{States: []hosts.State{"unreachable"}}},
		{f.Hosts.Unknown, hosts.Filter{States: []hosts.State{"unknown"}}},
		{f.Pending.HostsWithPending, hosts.Filter{Pending: "any"}},
		{f.Pending.HostsWithSecurity, hosts.Filter{Pending: "security"}},
		{f.RebootNeeded, hosts.Filter{Reboot: &yes}},
		{f.Pending.HostsBySeverity.High, hosts.Filter{Severities: []hosts.Severity{"high"}}},
		{f.Pending.HostsBySeverity.Unknown, hosts.Filter{Severities: []hosts.Severity{"unknown"}}},
		{f.Pending.HostsBySeverity.Critical, hosts.Filter{Severities: []hosts.Severity{"critical"}}},
		{f.Compliance.Compliant, hosts.Filter{Compliance: []hosts.Compliance{hosts.Compliant}}},
		{f.Compliance.NotCompliant, hosts.Filter{Compliance: []hosts.Compliance{hosts.NotCompliant}}},
		{f.Compliance.Unknown, hosts.Filter{Compliance: []hosts.Compliance{hosts.ComplianceUnknown}}},
	} {
		c.filter.PageSize = 10
		page, err := r.hosts.List(t.Context(), hosts.ScopeOf(r.admin), c.filter)
		require.NoError(t, err)
		require.Equal(t, c.want, page.Total, "%+v", c.filter)
	}
}

func TestAttentionSaysWhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := r.fleet()
	require.False(t, f.WorkerAlive)
	require.Equal(t, dashboard.AttentionNoWorker, f.Attention[0].Kind)
	r.exec("insert into worker_heartbeat values ($1, 'w', $2, $2)", ids.New(), r.clock.Now())
	require.Empty(t, r.fleet().Attention)
	r.clock.Advance(31 * time.Second)
	require.Len(t, r.fleet().Attention, 1)

	r.host(1, "unreachable", true, 0, 0, time.Hour)
	r.exec(`insert into job (id, kind, state, title, reboot, allow_removals, created_at, created_by, deadline_at, finished_at)
		values ($1, 'refresh', 'failed', 't', 'never', false, $2::timestamptz, 'admin', $2::timestamptz + interval '1 d', $2::timestamptz)`, ids.New(), r.clock.Now())
	r.exec(`insert into job_host (id, job_id, host_id, state, due_at, deadline_at, finished_at, error_code, error_message)
		select $1, j.id, h.id, 'failed', now(), now(), now(), 'X', 'x' from job j, host h`, ids.New())
	require.Equal(t, 1, r.failedJobs(), "as many as the link shows")
	var kinds []dashboard.AttentionKind
	for _, a := range r.fleet().Attention {
		kinds = append(kinds, a.Kind)
		require.NotEmpty(t, a.Link)
	}
	require.Equal(t, []dashboard.AttentionKind{"no_worker", "unreachable", "failed_job", "reboot"}, kinds)
	r.clock.Advance(25 * time.Hour)
	require.NotContains(t, fmt.Sprint(r.fleet().Attention), "failed in the last")
	require.Zero(t, r.failedJobs())
}

// failedJobs is the list that the dashboard's number of failed jobs leads to.
func (r *rig) failedJobs() int {
	r.t.Helper()
	_, total, err := jobs.New(jobs.Deps{DB: r.db, Clock: r.clock}).List(r.t.Context(), hosts.ScopeOf(r.admin),
		jobs.Filter{States: []jobs.State{jobs.StateFailed, jobs.StatePartiallyFailed}, Ended: r.clock.Now().Add(-24 * time.Hour), Limit: 10})
	require.NoError(r.t, err)
	return total
}

func TestAnonymousSeesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.host(1, "healthy", true, 2, 0, time.Hour)
	f, err := r.s.Fleet(t.Context(), auth.Actor{})
	require.NoError(t, err)
	require.Zero(t, f.Hosts.Total)
	require.Zero(t, f.Pending.PatchesTotal)
}
