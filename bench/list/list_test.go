package list

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fleet are 10,000 hosts with everything that can be filtered by: 3 labels each,
// 20 groups, 5 versions of agents. $1 is now.
var fleet = []string{
	`insert into host (id, name, machine_id, address, port, enrolled_at, state, state_since, os, agent_version, reboot_needed, last_seen_at, certificate_expires_at)
		select gen_random_uuid(), 'host' || n, n::text, '192.0.2.1', 12443, $1::timestamptz,
			(array['healthy','healthy','healthy','degraded','unreachable'])[1 + n % 5]::host_state, $1, 'Debian ' || n % 4, '1.' || n % 5 || '.0',
			(array[true, false, null])[1 + n % 3], $1::timestamptz - n * interval '1 minute', $1::timestamptz + n * interval '10 minutes'
		  from generate_series(1, 10000) n`,
	`insert into host_poll (host_id, kind, next_due, ok_at) select id, k, $1::timestamptz, $1::timestamptz - no % 40 * interval '1 hour'
		from host, unnest(enum_range(null::host_poll_kind)) k`,
	`insert into host_inventory (host_id, host_no, patches_at, total, security, critical, high, unknown)
		select id, no, $1::timestamptz, c + h + u, (c + h + u) / 2, c, h, u from (select id, no, (no % 7)::int c, (no % 3)::int h, (no % 40 * (no % 4))::int u from host) x`,
	`insert into host_label (host_id, key, value) select id, k, v from host, lateral (values ('env', (array['production','test','stage'])[1 + no % 3]),
		('site', 'site' || no % 40), ('owner', 'team' || no % 200)) l (k, v) where $1::timestamptz is not null`,
	`insert into host_group (id, name, description, created_at) select gen_random_uuid(), 'group' || n, '', $1 from generate_series(1, 20) n`,
	`insert into host_group_host (group_id, host_id, added_at) select g.id, h.id, $1 from host h join host_group g on g.name = 'group' || 1 + h.no % 25`,
}

func newFleet(b *testing.B) (s *hosts.Service, all, operator hosts.Scope) {
	b.Helper()
	d := pgtest.New(b)
	exec := func(sql string, args ...any) {
		_, err := d.Exec(b.Context(), sql, args...)
		require.NoError(b, err)
	}
	for _, sql := range fleet {
		exec(sql, now)
	}
	user := ids.New()
	exec("insert into auth_user (id, username, role, created_at, password_changed_at) values ($1, 'op', 'operator', $2, $2)", user, now)
	exec("insert into auth_user_group (user_id, group_id) select $1, id from host_group where name <= 'group19'", user)
	exec("analyze")
	return hosts.New(hosts.Deps{DB: d, Clock: fakeclock.New(now)}), hosts.ScopeOf(auth.System("bench")),
		hosts.ScopeOf(auth.Actor{UserID: user, Role: auth.RoleOperator})
}

var filters = []struct {
	name string
	spec hosts.FilterSpec
	sort string
	page int
}{
	{name: "all by name"},
	{name: "last page", page: 200},
	{name: "by security", sort: "security"},
	{name: "by version of the agent", sort: "agent_version"},
	{name: "one label", spec: hosts.FilterSpec{Label: []string{"env=production"}}},
	{name: "heaviest", sort: "critical", spec: hosts.FilterSpec{Query: "host", State: []hosts.State{"healthy", "degraded"}, OS: []string{"Debian 1", "Debian 2", "Debian 3"},
		Label: []string{"env=production,env=test", "site", "owner"}, AgentVersion: []string{"1.1.0", "1.2.0", "1.3.0"}, Pending: "any",
		Severity: []hosts.Severity{"critical", "high"}, Compliance: []hosts.Compliance{"not_compliant", "unknown"}, UnseenHours: 1, CertificateDays: 365, Enrolled: "true"}},
}

// BenchmarkList reads one page of 50 with the count of all that match.
func BenchmarkList(b *testing.B) {
	s, all, operator := newFleet(b)
	each(b, all, operator, func(ctx context.Context, scope hosts.Scope, f hosts.Filter) error {
		p, err := s.List(ctx, scope, f)
		if f.Page < 2 {
			require.NotEmpty(b, p.Items)
		}
		return err
	})
}

// BenchmarkFacets counts every value of every facet.
func BenchmarkFacets(b *testing.B) {
	s, all, operator := newFleet(b)
	each(b, all, operator, func(ctx context.Context, scope hosts.Scope, f hosts.Filter) error {
		facets, err := s.Facets(ctx, scope, f)
		require.NotZero(b, facets.Total)
		return err
	})
}

func each(b *testing.B, all, operator hosts.Scope, ask func(context.Context, hosts.Scope, hosts.Filter) error) {
	for _, c := range filters {
		for who, scope := range map[string]hosts.Scope{"admin": all, "operator": operator} {
			f, err := c.spec.Filter()
			require.NoError(b, err)
			f.Sort, f.Desc, f.Page, f.PageSize = c.sort, c.sort != "", c.page, 50
			b.Run(c.name+"/"+who, func(b *testing.B) { measure(b, func() error { return ask(b.Context(), scope, f) }) })
		}
	}
}

// measure reports the 50th and the 95th percentile.
func measure(b *testing.B, once func() error) {
	var took []time.Duration
	require.NoError(b, once()) // plans the statements
	for b.Loop() {
		began := time.Now()
		require.NoError(b, once())
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.95), "p95-ms")
}
