package patches_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/patches"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

var (
	start      = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	everything = hosts.ScopeOf(auth.System("test"))
	all        = patches.Filter{PageSize: 500}
)

func attach(tb testing.TB, d *db.DB, name string) ids.ID {
	tb.Helper()
	var id ids.ID
	require.NoError(tb, d.InTx(context.Background(), func(tx db.Tx) (err error) {
		id, err = hosts.Attach(context.Background(), tx, nil, hosts.Enrolled{Name: name, MachineID: name, Address: "192.0.2.1", Port: 12443}, start)
		return err
	}))
	return id
}

func newService(tb testing.TB) (*patches.Service, *db.DB) {
	d := pgtest.New(tb)
	return patches.New(patches.Deps{DB: d, Clock: fakeclock.New(start)}), d
}

var packageGen = rapid.Custom(func(t *rapid.T) agentapi.Package {
	n := rapid.IntRange(0, 12).Draw(t, "n")
	v := rapid.IntRange(1, 3).Draw(t, "v")
	return agentapi.Package{Name: fmt.Sprintf("p%d", n), Arch: rapid.SampledFrom([]string{"amd64", "i386"}).Draw(t, "arch"),
		Version: fmt.Sprintf("1.%d", v), Source: "src", SourceVersion: "1", SizeBytes: int64(v),
		Held: rapid.Bool().Draw(t, "held"), Auto: rapid.Bool().Draw(t, "auto")}
})

var patchGen = rapid.Custom(func(t *rapid.T) agentapi.Patch {
	n := rapid.IntRange(0, 12).Draw(t, "n")
	return agentapi.Patch{Name: fmt.Sprintf("p%d", n), Arch: "amd64", CurrentVersion: "1", AvailableVersion: "2",
		Security: rapid.Bool().Draw(t, "security"), Held: rapid.Bool().Draw(t, "held"), Phased: rapid.Bool().Draw(t, "phased"),
		Severity: rapid.SampledFrom([]agentapi.Severity{"critical", "high", "medium", "low", "unknown"}).Draw(t, "severity"),
		KeptBack: rapid.SampledFrom([]string{"", "needs a removal"}).Draw(t, "kept"),
		CVEIDs:   rapid.SliceOfN(rapid.SampledFrom([]string{"CVE-2026-1", "CVE-2026-2"}), 0, 2).Draw(t, "cves")}
})

// What is stored after any sequence of reports of two hosts is their last
// report, whatever was there before, and the counters count it.
func TestStoredIsTheLastReport(t *testing.T) {
	s, d := newService(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		hostIDs := []ids.ID{attach(t, d, fmt.Sprintf("a%d", n)), attach(t, d, fmt.Sprintf("b%d", n))}
		for step := range rapid.IntRange(1, 6).Draw(rt, "steps") {
			host := hostIDs[rapid.IntRange(0, 1).Draw(rt, "host")]
			pkgs := rapid.SliceOfNDistinct(packageGen, 0, 20, func(p agentapi.Package) string { return p.Name + p.Arch + p.Version }).Draw(rt, "packages")
			pend := rapid.SliceOfNDistinct(patchGen, 0, 10, func(p agentapi.Patch) string { return p.Name }).Draw(rt, "patches")
			tag := fmt.Sprint(step)
			require.NoError(rt, s.StorePackages(t.Context(), host, agentapi.PackageList{Packages: pkgs}, tag))
			require.NoError(rt, s.StorePatches(t.Context(), host, agentapi.PatchList{Patches: pend}, tag))
			compare(rt, s, d, host, pkgs, pend)
		}
	})
}

func compare(rt require.TestingT, s *patches.Service, d *db.DB, host ids.ID, pkgs []agentapi.Package, pend []agentapi.Patch) {
	ctx := context.Background()
	gotPkgs, err := s.PackagesOf(ctx, everything, host, all)
	require.NoError(rt, err)
	var want, got []string
	for _, p := range pkgs {
		want = append(want, fmt.Sprint(p.Name, p.Arch, p.Version, p.SizeBytes, p.Held, p.Auto))
	}
	for _, p := range gotPkgs.Items {
		got = append(got, fmt.Sprint(p.Name, p.Arch, p.Version, p.SizeBytes, p.Held, p.Auto))
	}
	require.ElementsMatch(rt, want, got)

	gotPatches, err := s.PatchesOf(ctx, everything, host, all)
	require.NoError(rt, err)
	want, got = nil, nil
	counted := map[string]int{}
	for _, p := range pend {
		want = append(want, fmt.Sprint(p.Name, p.Security, p.Severity, p.Held, p.Phased, p.KeptBack, p.CVEIDs))
		counted[string(p.Severity)]++
		if p.Security {
			counted["security"]++
		}
		if p.Held {
			counted["held"]++
		}
	}
	for _, p := range gotPatches.Items {
		got = append(got, fmt.Sprint(p.Name, p.Security, p.Severity, p.Held, p.Phased, p.KeptBack, p.CVEIDs))
	}
	require.ElementsMatch(rt, want, got)
	var total, security, held, critical, high, medium, low, unknown int
	require.NoError(rt, d.QueryRow(ctx, `select total, security, held, critical, high, medium, low, unknown
		from host_patch_summary_v where host_id = $1`, host).Scan(&total, &security, &held, &critical, &high, &medium, &low, &unknown))
	require.Equal(rt, []int{len(pend), counted["security"], counted["held"], counted["critical"], counted["high"], counted["medium"],
		counted["low"], counted["unknown"]}, []int{total, security, held, critical, high, medium, low, unknown})
}

func list(from, to int) agentapi.PackageList {
	var l agentapi.PackageList
	for i := from; i < to; i++ {
		l.Packages = append(l.Packages, agentapi.Package{Name: fmt.Sprintf("pkg%04d", i), Arch: "amd64", Version: "1", Auto: true})
	}
	return l
}

// Two processes with empty caches that meet the same new versions in opposite
// orders neither dead-lock nor store one twice.
func TestReportsOfManyHostsAtOnceShareTheirRows(t *testing.T) {
	_, d := newService(t)
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for i := range 8 {
		s := patches.New(patches.Deps{DB: d, Clock: fakeclock.New(start)})
		host := attach(t, d, fmt.Sprintf("h%d", i))
		wg.Go(func() {
			l := list(0, 800)
			if i%2 == 1 {
				slices.Reverse(l.Packages)
			}
			errs <- s.StorePackages(t.Context(), host, l, "1")
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	var versions, rows int
	require.NoError(t, d.QueryRow(t.Context(), "select (select count(*) from package_version), (select count(*) from host_package)").Scan(&versions, &rows))
	require.Equal(t, 800, versions)
	require.Equal(t, 8*800, rows)
}

func TestReportsOfOneHostAtOnceEndAsOneOfThem(t *testing.T) {
	s, d := newService(t)
	host := attach(t, d, "web1")
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			assert.NoError(t, s.StorePackages(t.Context(), host, list(0, 100+i), "1"))
		})
	}
	wg.Wait()
	var rows, distinct, counted int
	require.NoError(t, d.QueryRow(t.Context(), `select count(*), count(distinct version_id),
		(select package_count from host_inventory) from host_package`).Scan(&rows, &distinct, &counted))
	require.Equal(t, distinct, rows)
	require.Equal(t, counted, rows)
}

func TestASmallChangeWritesOnlyItself(t *testing.T) {
	s, d := newService(t)
	host := attach(t, d, "web1")
	require.NoError(t, s.StorePackages(t.Context(), host, list(0, 500), "1"))
	before := rowVersions(t, d)
	changed := list(0, 500)
	changed.Packages[7].Version = "2"
	changed.Packages[9].Held = true
	require.NoError(t, s.StorePackages(t.Context(), host, changed, "2"))
	after := rowVersions(t, d)
	same := 0
	for k := range after {
		if before[k] {
			same++
		}
	}
	require.Equal(t, 498, same, "the other rows were not touched")
	require.Len(t, after, 500)
}

// rowVersions names each row by its place and the transaction that wrote it.
func rowVersions(t *testing.T, d *db.DB) map[string]bool {
	t.Helper()
	var all string
	require.NoError(t, d.QueryRow(t.Context(), "select string_agg(ctid::text || xmin::text, ' ') from host_package").Scan(&all))
	m := map[string]bool{}
	for _, f := range strings.Fields(all) {
		m[f] = true
	}
	return m
}

func TestCollectAsksWithTagsAndAnUnchangedHostWritesNothing(t *testing.T) {
	s, d := newService(t)
	host := attach(t, d, "web1")
	ca := agenttest.NewCA(t)
	a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: host})
	a.SetPackages(agentapi.Package{Name: "openssl", Arch: "amd64", Version: "3.0.1", Source: "openssl"})
	a.SetPatches(agentapi.Patch{Name: "openssl", Arch: "amd64", CurrentVersion: "3.0.1", AvailableVersion: "3.0.2", Security: true,
		Severity: "brand-new-word", CVEIDs: []string{"CVE-2026-1"}})
	client := agentclient.New(agentclient.Config{TLS: ca.ClientTLS})
	defer client.Close()
	agent := client.For(a.Target())
	require.NoError(t, s.Collect(t.Context(), agent, host))
	p, err := s.PatchesOf(t.Context(), everything, host, patches.Filter{Query: "cve-2026-1", PageSize: 10})
	require.NoError(t, err)
	require.Len(t, p.Items, 1)
	require.Equal(t, agentapi.SeverityUnknown, p.Items[0].Severity)
	written := func() (n int64) {
		require.NoError(t, d.QueryRow(t.Context(), "select pg_current_xact_id()::text::bigint").Scan(&n))
		return n
	}
	before := written()
	require.NoError(t, s.Collect(t.Context(), agent, host))
	require.Equal(t, before+1, written(), "no transaction has written in between")
	a.SetPatches()
	require.NoError(t, s.Collect(t.Context(), agent, host))
	p, err = s.PatchesOf(t.Context(), everything, host, all)
	require.NoError(t, err)
	require.Empty(t, p.Items)
	require.NotNil(t, p.CheckedAt)
	a.Stop()
	require.Error(t, s.Collect(t.Context(), agent, host))
	k, err := s.PackagesOf(t.Context(), everything, host, all)
	require.NoError(t, err)
	require.Len(t, k.Items, 1, "a failed call changes nothing")
}

func TestUnknownOrForeignHostsAreNotFound(t *testing.T) {
	s, d := newService(t)
	host := attach(t, d, "web1")
	_, err := s.PatchesOf(t.Context(), everything, ids.New(), all)
	require.ErrorContains(t, err, "no such host")
	_, err = s.PackagesOf(t.Context(), hosts.Scope{}, host, all)
	require.ErrorContains(t, err, "no such host")
	p, err := s.PatchesOf(t.Context(), everything, host, all)
	require.NoError(t, err)
	require.Nil(t, p.CheckedAt, "never known is not known to be none")
}
