package hosts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/hosts"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

// BenchmarkListOfTenThousand reads the pages that people open most, of a fleet
// of 10,000 hosts.
//
//	go test -run '^$' -bench ListOfTenThousand ./internal/hosts
func BenchmarkListOfTenThousand(b *testing.B) {
	d := pgtest.New(b)
	for _, sql := range []string{
		`insert into host (id, name, machine_id, address, port, enrolled_at, state, state_since, os, reboot_needed, last_seen_at)
			select gen_random_uuid(), 'host' || n, n::text, '192.0.2.1', 12443, now(),
				(array['healthy','healthy','healthy','degraded','unreachable'])[1 + n % 5]::host_state, now(), 'Debian ' || n % 4, n % 3 = 0, now()
			  from generate_series(1, 10000) n`,
		`insert into host_poll (host_id, kind, next_due) select id, k, now() from host, unnest(enum_range(null::host_poll_kind)) k`,
		`insert into host_inventory (host_id, host_no, patches_at, total, security, unknown)
			select id, no, now(), no % 50, no % 50 / 2, no % 50 from host`,
		`analyze host, host_poll, host_inventory`,
	} {
		_, err := d.Exec(b.Context(), sql)
		require.NoError(b, err)
	}
	s := hosts.New(hosts.Deps{DB: d, Clock: fakeclock.New(start)})
	for name, f := range map[string]hosts.Filter{
		"by name":           {Sort: "name"},
		"last page":         {Sort: "name", Page: 200},
		"by security":       {Sort: "security", Desc: true},
		"search and filter": {Query: "host99", States: []hosts.State{hosts.Unreachable, hosts.Degraded}, Pending: "any", Sort: "last_seen"},
	} {
		f.PageSize = 50
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p, err := s.List(b.Context(), everything, f)
				require.NoError(b, err)
				require.NotEmpty(b, p.Items)
			}
		})
	}
}
