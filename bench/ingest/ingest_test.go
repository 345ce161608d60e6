package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/patches"
	"patchmanager/internal/pgserver"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/pgtest"
)

const (
	senders      = 8
	packageCount = 1500
	patchCount   = 40
	changes      = 20 // packages that an update changes
	systems      = 4  // distributions in the fleet
	variants     = 16 // selections of packages in each
	poolSize     = 3000
)

// bed is one fleet on one server.
type bed struct {
	db    *db.DB
	svc   *patches.Service
	hosts []ids.ID
}

func newBed(b *testing.B) *bed {
	b.Helper()
	s, err := pgserver.Start(b.Context(), pgserver.Config{Dir: pgtest.Dir(b), Clock: clock.System()})
	require.NoError(b, err)
	d, err := db.Open(b.Context(), s.DSN("patch_manager"), db.Options{})
	require.NoError(b, err)
	require.NoError(b, db.Migrate(b.Context(), d))
	b.Cleanup(func() {
		d.Close()
		if err := s.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	f := &bed{db: d, svc: patches.New(patches.Deps{DB: d, Clock: clock.System()})}
	for i := range b.N {
		f.attach(b, i)
	}
	return f
}

func (f *bed) attach(b *testing.B, i int) {
	b.Helper()
	name := fmt.Sprintf("host%05d", i)
	require.NoError(b, f.db.InTx(b.Context(), func(tx db.Tx) error {
		id, err := hosts.Attach(b.Context(), tx, nil, hosts.Enrolled{Name: name, MachineID: name, Address: "192.0.2.1", Port: 12443}, clock.System().Now())
		f.hosts = append(f.hosts, id)
		return err
	}))
}

// report is the text of the two answers of an agent.
type report struct{ packages, patches []byte }

// reports are what the fleet looks like: each host has one of them. version is
// the version of the first packages of each.
func reports(b *testing.B, version string) []report {
	b.Helper()
	var list []report
	for system := range systems {
		for v := range variants {
			r := rand.New(rand.NewPCG(uint64(system), uint64(v)))
			list = append(list, makeReport(b, r, system, version))
		}
	}
	return list
}

func makeReport(b *testing.B, r *rand.Rand, system int, version string) report {
	b.Helper()
	var pkgs agentapi.PackageList
	var pend agentapi.PatchList
	for i, n := range r.Perm(poolSize)[:packageCount] {
		p := agentapi.Package{Name: fmt.Sprintf("lib-package-name-%04d", n), Arch: "amd64", Version: fmt.Sprintf("1.%d.2-3+deb%du1", n, system),
			Source: fmt.Sprintf("package-name-%04d", n/3), SourceVersion: fmt.Sprintf("1.%d.2-3+deb%du1", n, system),
			Origin: "Debian", SizeBytes: int64(1000 * n), Auto: r.IntN(5) != 0}
		if i < changes {
			p.Version += version
		}
		pkgs.Packages = append(pkgs.Packages, p)
		if i < patchCount {
			pend.Patches = append(pend.Patches, agentapi.Patch{Name: p.Name, Arch: p.Arch, Source: p.Source, CurrentVersion: p.Version,
				AvailableVersion: p.Version + "+next", Origin: "Debian-Security", Suite: "stable-security", Security: i%2 == 0,
				Severity: agentapi.SeverityHigh, SizeBytes: p.SizeBytes, CVEIDs: []string{fmt.Sprintf("CVE-2026-%d", n)}})
		}
	}
	return report{envelope(b, pkgs), envelope(b, pend)}
}

func envelope(b *testing.B, v any) []byte {
	b.Helper()
	data, err := json.Marshal(v)
	require.NoError(b, err)
	text, err := json.Marshal(agentapi.Envelope{Success: true, Data: data})
	require.NoError(b, err)
	return text
}

// decode is what agentclient does with an answer.
func decode[T any](text []byte) (T, error) {
	var e struct {
		Success bool
		Data    T
	}
	err := json.Unmarshal(text, &e)
	return e.Data, err
}

// send decodes and stores the report of one host.
func (f *bed) send(ctx context.Context, host ids.ID, r report, tag string) error {
	pkgs, err := decode[agentapi.PackageList](r.packages)
	if err != nil {
		return err
	}
	if err := f.svc.StorePackages(ctx, host, pkgs, tag); err != nil {
		return err
	}
	pend, err := decode[agentapi.PatchList](r.patches)
	if err != nil {
		return err
	}
	return f.svc.StorePatches(ctx, host, pend, tag)
}

// spread runs fn for every number below n, by the senders.
func spread(b *testing.B, n int, fn func(sender, i int) error) {
	b.Helper()
	var at atomic.Int64
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := int(at.Add(1)) - 1; i < n; i = int(at.Add(1)) - 1 {
				if err := fn(s, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func (f *bed) all(b *testing.B, list []report, tag string) {
	spread(b, len(f.hosts), func(_, i int) error { return f.send(b.Context(), f.hosts[i], list[i%len(list)], tag) })
}

func rate(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s") }

// storage reports the size of everything that grows with the fleet.
func (f *bed) storage(b *testing.B, unit string) {
	b.Helper()
	var bytes int64
	require.NoError(b, f.db.QueryRow(b.Context(), `select sum(pg_total_relation_size(c))::bigint from unnest(array['host', 'host_detail',
		'host_poll', 'host_state_change', 'host_inventory', 'host_package', 'host_patch', 'package_version', 'patch_offer']::regclass[]) c`).Scan(&bytes))
	b.ReportMetric(float64(bytes)/1024/float64(len(f.hosts)), unit)
	b.Log(f.breakdown(b))
}

// breakdown says which table and index the bytes are in.
func (f *bed) breakdown(b *testing.B) (list string) {
	b.Helper()
	require.NoError(b, f.db.QueryRow(b.Context(), `select string_agg(relname || ' ' || round(pg_relation_size(oid) / 1024.0 / $1, 1) || ' KiB', ', '
		order by pg_relation_size(oid) desc) from pg_class where relname ~ '^(host|patch|package)_?' and pg_relation_size(oid) > 100 * $1`,
		len(f.hosts)).Scan(&list))
	return list
}

// BenchmarkFirstReports stores 1,500 new rows a host.
func BenchmarkFirstReports(b *testing.B) {
	f := newBed(b)
	list := reports(b, "")
	b.ResetTimer()
	f.all(b, list, "1")
	b.StopTimer()
	rate(b)
	f.storage(b, "KiB/host")
}

// BenchmarkChangedReports sends full reports in which 20 packages and their
// updates differ, three times over.
func BenchmarkChangedReports(b *testing.B) {
	f := newBed(b)
	f.all(b, reports(b, ""), "1")
	b.ResetTimer()
	for round := range 3 {
		b.StopTimer()
		list := reports(b, fmt.Sprintf("+u%d", round))
		b.StartTimer()
		f.all(b, list, fmt.Sprint(round))
	}
	b.StopTimer()
	b.ReportMetric(float64(3*b.N)/b.Elapsed().Seconds(), "reports/s")
	f.storage(b, "KiB/host-after-3-updates")
}

// BenchmarkUnchangedReports asks agents over mutual TLS, in this process too,
// for reports that have not changed.
func BenchmarkUnchangedReports(b *testing.B) {
	f := newBed(b)
	ca := agenttest.NewCA(b)
	client := agentclient.New(agentclient.Config{TLS: ca.ClientTLS})
	defer client.Close()
	var agents [senders]*agentclient.Agent
	for i := range agents {
		f.attach(b, b.N+i)
		agents[i] = client.For(agenttest.Start(b, agenttest.Options{CA: ca, HostID: f.hosts[b.N+i]}).Target())
		require.NoError(b, f.svc.Collect(b.Context(), agents[i], f.hosts[b.N+i]))
	}
	b.ResetTimer()
	spread(b, b.N, func(s, _ int) error { return f.svc.Collect(b.Context(), agents[s], f.hosts[b.N+s]) })
	b.StopTimer()
	rate(b)
}
