package hosts_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentclient"
	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// fleet inserts five hosts that differ in everything that can be filtered.
func (b *bed) fleet() map[string]ids.ID {
	b.t.Helper()
	list := map[string]ids.ID{}
	for i, f := range []struct {
		name, state, os           string
		total, security, reported int
		reboot                    *bool
	}{
		{"alpha", "healthy", "Debian 12", 5, 2, 1, yes()},
		{"Beta", "degraded", "Debian 12", 3, 0, 1, no()},
		{"gamma_1", "unreachable", "Ubuntu 24.04", 0, 0, 1, no()},
		{"delta", "unknown", "", 0, 0, 0, nil},
		{"epsilon%", "healthy", "Ubuntu 24.04", 9, 9, 1, yes()},
	} {
		id := b.host(f.name, agentclient.Target{Address: fmt.Sprintf("192.0.2.%d", i+1), Port: 12443})
		list[f.name] = id
		b.exec("update host set state = $2::host_state, os = nullif($3, ''), reboot_needed = $4 where id = $1", id, f.state, f.os, f.reboot)
		if f.reported == 1 {
			b.exec(`insert into host_inventory (host_id, host_no, patches_at, total, security, unknown)
				select id, no, $2, $3, $4, $3 from host where id = $1`, id, start, f.total, f.security)
		}
	}
	return list
}

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

func (b *bed) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.db.Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

func (b *bed) names(f hosts.Filter) []string {
	b.t.Helper()
	if f.PageSize == 0 {
		f.PageSize = 50
	}
	p, err := b.svc.List(b.t.Context(), everything, f)
	require.NoError(b.t, err)
	names := []string{}
	for _, r := range p.Items {
		names = append(names, r.Name)
	}
	if f.Page <= 1 && len(names) < f.PageSize {
		require.Equal(b.t, len(names), p.Total)
	}
	return names
}

func TestListFiltersSortsAndPages(t *testing.T) {
	b := newBed(t)
	b.fleet()
	for _, c := range []struct {
		f    hosts.Filter
		want []string
	}{
		{hosts.Filter{}, []string{"alpha", "Beta", "delta", "epsilon%", "gamma_1"}},
		{hosts.Filter{Desc: true}, []string{"gamma_1", "epsilon%", "delta", "Beta", "alpha"}},
		{hosts.Filter{Query: "ALPHA"}, []string{"alpha"}},
		{hosts.Filter{Query: "%"}, []string{"epsilon%"}},
		{hosts.Filter{Query: "_"}, []string{"gamma_1"}},
		{hosts.Filter{Query: "192.0.2.2"}, []string{"Beta"}},
		{hosts.Filter{Query: "ubuntu"}, []string{"epsilon%", "gamma_1"}},
		{hosts.Filter{States: []hosts.State{hosts.Healthy, hosts.Unknown}}, []string{"alpha", "delta", "epsilon%"}},
		{hosts.Filter{OS: []string{""}}, []string{"delta"}},
		{hosts.Filter{Pending: "any"}, []string{"alpha", "Beta", "epsilon%"}},
		{hosts.Filter{Pending: "security"}, []string{"alpha", "epsilon%"}},
		{hosts.Filter{Pending: "none"}, []string{"gamma_1"}}, // never known is not none
		{hosts.Filter{Reboot: yes()}, []string{"alpha", "epsilon%"}},
		{hosts.Filter{Reboot: no()}, []string{"Beta", "gamma_1"}},
		{hosts.Filter{Sort: "pending", Desc: true}, []string{"epsilon%", "alpha", "Beta", "gamma_1", "delta"}},
		{hosts.Filter{Sort: "pending"}, []string{"gamma_1", "Beta", "alpha", "epsilon%", "delta"}},
		{hosts.Filter{Sort: "security", Desc: true, PageSize: 2}, []string{"epsilon%", "alpha"}},
		{hosts.Filter{Sort: "name", Page: 2, PageSize: 2}, []string{"delta", "epsilon%"}},
		{hosts.Filter{Sort: "name", Page: 9, PageSize: 2}, []string{}},
	} {
		require.Equal(t, c.want, b.names(c.f), "%+v", c.f)
	}
	require.Equal(t, "gamma_1", b.names(hosts.Filter{Sort: "state"})[0], "the worst first")
	require.Len(t, b.names(hosts.Filter{Sort: "os"}), 5)
	require.Len(t, b.names(hosts.Filter{Sort: "last_seen", Desc: true}), 5)
	f, err := b.svc.Facets(t.Context(), everything, hosts.Filter{})
	require.NoError(t, err)
	require.Equal(t, hosts.StateCounts{Healthy: 2, Degraded: 1, Unreachable: 1, Unknown: 1}, f.States)
	require.Equal(t, []hosts.ValueCount{{Value: "Debian 12", Count: 2}, {Value: "Ubuntu 24.04", Count: 2}, {Value: "", Count: 1}}, f.OS)
}

func TestOutOfScopeLooksLikeMissing(t *testing.T) {
	b := newBed(t)
	id := b.fleet()["alpha"]
	for _, a := range []auth.Actor{{}, {UserID: ids.New(), Role: auth.RoleOperator}} {
		scope := hosts.ScopeOf(a)
		_, err := b.svc.Get(t.Context(), scope, id)
		known, ok := apierr.As(err)
		require.True(t, ok)
		require.Equal(t, 404, known.Status)
		p, err := b.svc.List(t.Context(), scope, hosts.Filter{PageSize: 10})
		require.NoError(t, err)
		require.Zero(t, p.Total)
		_, err = b.svc.Timeline(t.Context(), scope, id, 1, 10)
		require.Error(t, err)
		f, err := b.svc.Facets(t.Context(), scope, hosts.Filter{})
		require.NoError(t, err)
		require.Empty(t, f.OS)
		require.Error(t, b.svc.Remove(t.Context(), a, id))
		_, err = b.svc.Refresh(t.Context(), a, id)
		require.Error(t, err)
	}
}

func TestRemoveEndsAHostAndKeepsItsHistory(t *testing.T) {
	b := newBed(t)
	a, id := b.agentFor("web1")
	b.poll()
	require.NoError(t, b.svc.Remove(t.Context(), admin(), id))
	require.Equal(t, []ids.ID{id}, b.gone, "the certificate is revoked")
	_, err := b.svc.Get(t.Context(), everything, id)
	require.Error(t, err)
	require.Error(t, b.svc.Remove(t.Context(), admin(), id), "once")
	calls := a.Calls("GET /health")
	b.clock.Advance(100 * hosts.DefaultIntervals.Patches)
	b.poll()
	require.Equal(t, calls, a.Calls("GET /health"), "it is polled no more")
	var audited, changes int
	require.NoError(t, b.db.QueryRow(t.Context(), `select (select count(*) from audit_entry where action = 'host.remove' and target_id = $1),
		(select count(*) from host_state_change where host_id = $2)`, id.String(), id).Scan(&audited, &changes))
	require.Equal(t, 1, audited)
	require.Equal(t, 1, changes)

	require.NoError(t, b.db.InTx(t.Context(), func(tx db.Tx) error {
		again, err := hosts.Attach(t.Context(), tx, &id, hosts.Enrolled{Name: "web1", MachineID: "web1", Address: a.Target().Address, Port: a.Target().Port}, b.clock.Now())
		require.Equal(t, id, again)
		return err
	}))
	require.Equal(t, hosts.Unknown, b.get(id).State)
	b.poll()
	require.Equal(t, hosts.Healthy, b.get(id).State)
	line, err := b.svc.Timeline(t.Context(), everything, id, 1, 50)
	require.NoError(t, err)
	require.Equal(t, 4, line.Total, "%+v", line.Items)
}

func TestAHostWithARunningJobIsNotRemoved(t *testing.T) {
	b := newBed(t)
	_, id := b.agentFor("web1")
	job := ids.New()
	b.exec(`insert into job (id, kind, title, reboot, allow_removals, created_at, created_by, deadline_at)
		values ($1, 'refresh', 'Refresh', 'never', false, $2::timestamptz, 'admin', $2::timestamptz + interval '1 day')`, job, start)
	b.exec(`insert into job_host (id, job_id, host_id, state, due_at, deadline_at, claim_id, lease_until)
		values ($1, $2, $3, 'claimed', $4::timestamptz, $4::timestamptz + interval '1 day', $1, $4::timestamptz)`, ids.New(), job, id, start)
	err := b.svc.Remove(t.Context(), admin(), id)
	known, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "host_busy", known.Code)
	h := b.get(id)
	require.Equal(t, "claimed", h.CurrentJob.State)
	require.Contains(t, h.Next, "is under way")
	line, err := b.svc.Timeline(t.Context(), everything, id, 1, 50)
	require.NoError(t, err)
	require.Equal(t, job, *line.Items[0].JobID)
}
