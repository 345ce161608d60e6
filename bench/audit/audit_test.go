package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/pgserver"
	"patchmanager/internal/queue"
	"patchmanager/internal/testkit/pgtest"
)

// bed is one trail on one server.
type bed struct {
	db    *db.DB
	trail *audit.Service
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
	key, err := audit.OpenKey(b.TempDir())
	require.NoError(b, err)
	q, err := queue.NewInserter(d, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	return &bed{db: d, trail: audit.New(audit.Deps{DB: d, Clock: clock.System(), Queue: q, Key: key})}
}

var actions = []string{"session.login", "session.logout", "job.create", "job_host.finish", "host.refresh", "enrollment.approve", "job.finish", "host.remove"}

func entry(n int) audit.Entry {
	return audit.Entry{
		Actor:     audit.Actor{Kind: audit.KindUser, ID: fmt.Sprintf("01J%023d", n%200), Name: fmt.Sprintf("operator-%d", n%200)},
		Action:    actions[n%len(actions)],
		Target:    audit.Target{Kind: "host", ID: fmt.Sprintf("01H%023d", n%10_000), Name: fmt.Sprintf("web-%05d.prod.example.com", n%10_000)},
		Details:   map[string]any{"number": n, "state": "succeeded", "packages": []string{"libssl3", "openssl"}, "attempt": 1},
		Address:   fmt.Sprintf("192.0.2.%d", n%250),
		RequestID: ids.New().String(),
	}
}

func (f *bed) append(ctx context.Context, n int) error {
	return f.db.InTx(ctx, func(tx db.Tx) error { return audit.Append(ctx, tx, entry(n)) })
}

// fill appends n rows in large transactions and signs them.
func (f *bed) fill(b *testing.B, n int) {
	b.Helper()
	const part = 10_000
	for from := 0; from < n; from += part {
		require.NoError(b, f.db.InTx(b.Context(), func(tx db.Tx) error {
			for i := from; i < min(from+part, n); i++ {
				if err := audit.Append(b.Context(), tx, entry(i)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	_, _, err := f.trail.Checkpoint(b.Context())
	require.NoError(b, err)
	_, err = f.db.Exec(b.Context(), "vacuum analyze audit_entry")
	require.NoError(b, err)
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 8} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			f := newBed(b)
			loops := f.trail.Loops()
			ctx, cancel := context.WithCancel(b.Context())
			var signer, wg sync.WaitGroup
			signer.Go(func() { // as beside every writer of the product
				for ctx.Err() == nil {
					_, _ = loops[0].Once(ctx)
					select {
					case <-ctx.Done():
					case <-clock.System().After(loops[0].Interval):
					}
				}
			})
			var next atomic.Int64
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := f.append(b.Context(), int(n)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			cancel()
			signer.Wait()
		})
	}
}

// BenchmarkVerify walks over b.N rows: chain, tree, checkpoints.
func BenchmarkVerify(b *testing.B) {
	f := newBed(b)
	f.fill(b, b.N)
	workers := river.NewWorkers()
	f.trail.AddWorkers(workers)
	q, err := queue.NewWorker(f.db, slog.New(slog.DiscardHandler), workers, nil)
	require.NoError(b, err)
	require.NoError(b, q.Start(b.Context()))
	defer func() { require.NoError(b, q.Stop(context.Background())) }()
	b.ResetTimer()
	v, err := f.trail.StartVerification(b.Context(), audit.TriggerPeriodic, audit.Entry{})
	for err == nil && v.State == audit.VerificationRunning {
		<-clock.System().After(5 * time.Millisecond)
		v, err = f.trail.Verification(b.Context(), v.ID)
	}
	b.StopTimer()
	require.NoError(b, err)
	require.Equal(b, audit.VerificationIntact, v.State)
	b.ReportMetric(float64(v.Checked)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkExport writes b.N rows out, and verifies the file.
func BenchmarkExport(b *testing.B) {
	f := newBed(b)
	f.fill(b, b.N)
	for _, format := range []audit.ExportFormat{audit.FormatJSONL, audit.FormatCSV} {
		b.Run(string(format), func(b *testing.B) {
			n := int64(0)
			for range b.N {
				e, err := f.trail.BeginExport(b.Context(), format, audit.Filter{}, audit.Entry{Actor: audit.Actor{Kind: audit.KindSystem}})
				require.NoError(b, err)
				n += e.Count()
				require.NoError(b, e.WriteTo(b.Context(), io.Discard))
				if n > 50_000 {
					break
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	known, err := audit.ParseVerifierKeys(f.trail.Key().VerifierKey())
	require.NoError(b, err)
	b.Run("offline verification", func(b *testing.B) {
		e, err := f.trail.BeginExport(b.Context(), audit.FormatJSONL, audit.Filter{}, audit.Entry{Actor: audit.Actor{Kind: audit.KindSystem}})
		require.NoError(b, err)
		r, w := io.Pipe()
		go func() { w.CloseWithError(e.WriteTo(b.Context(), w)) }()
		text, err := io.ReadAll(r)
		require.NoError(b, err)
		b.ResetTimer()
		rep, err := audit.VerifyExport(&reader{text: text}, known)
		b.StopTimer()
		require.NoError(b, err)
		require.Nil(b, rep.Break)
		b.ReportMetric(float64(rep.Entries)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(len(text))/float64(rep.Entries), "bytes/row")
	})
}

type reader struct{ text []byte }

func (r *reader) Read(b []byte) (int, error) {
	if len(r.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.text)
	r.text = r.text[n:]
	return n, nil
}

// flood makes rows that look right to a list, without a chain.
func (f *bed) flood(b *testing.B, n int) {
	b.Helper()
	began, zero := clock.System().Now().Add(-183*24*time.Hour), make([]byte, 32)
	columns := []string{"id", "at", "actor_kind", "actor_id", "actor_name", "action", "target_kind", "target_id", "target_name",
		"details", "address", "request_id", "prev_hash", "row_hash"}
	_, err := f.db.CopyFrom(b.Context(), pgx.Identifier{"audit_entry"}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
		e := entry(i)
		details, err := json.Marshal(e.Details)
		return []any{i + 1, began.Add(time.Duration(i) * 15 * time.Second), string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.Action, e.Target.Kind,
			e.Target.ID, e.Target.Name, string(details), e.Address, e.RequestID, zero, zero}, err
	}))
	require.NoError(b, err)
	_, err = f.db.Exec(b.Context(), "vacuum analyze audit_entry")
	require.NoError(b, err)
}

// million is how many rows the lists are measured on: half of what six months
// of a busy fleet of 10,000 hosts leave.
const million = 1_000_000

func BenchmarkList(b *testing.B) {
	f := newBed(b)
	f.flood(b, million)
	var size string
	require.NoError(b, f.db.QueryRow(b.Context(), `select pg_size_pretty(pg_table_size('audit_entry')) || ' rows, ' ||
		pg_size_pretty(pg_indexes_size('audit_entry')) || ' indexes, ' || pg_size_pretty(pg_total_relation_size('audit_hash')) || ' tree'`).Scan(&size))
	b.Log(size)
	var first time.Time
	require.NoError(b, f.db.QueryRow(b.Context(), `select at from audit_entry where id = $1`, million/3).Scan(&first))
	for _, c := range []struct {
		name string
		f    audit.Filter
	}{
		{"all", audit.Filter{}},
		{"page 1000", audit.Filter{Offset: 50_000}},
		{"actor", audit.Filter{ActorID: entry(7).Actor.ID}},
		{"action", audit.Filter{Action: "job.create"}},
		{"action prefix", audit.Filter{Action: "session."}},
		{"target", audit.Filter{TargetKind: "host", TargetID: entry(4711).Target.ID}},
		{"address", audit.Filter{Address: "192.0.2.77"}},
		{"time", audit.Filter{From: first, To: first.Add(24 * time.Hour)}},
		{"search rare", audit.Filter{Query: "web-04711"}},
		{"search common", audit.Filter{Query: "example libssl"}},
		{"search nothing", audit.Filter{Query: "nosuchword"}},
		{"actor and action", audit.Filter{ActorID: entry(7).Actor.ID, Action: "job_host."}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var times []time.Duration
			for range b.N {
				began := clock.System().Now()
				_, _, err := audit.List(b.Context(), f.db, c.f)
				require.NoError(b, err)
				times = append(times, clock.System().Now().Sub(began))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
	b.Run("facets", func(b *testing.B) {
		for range b.N {
			_, _, err := audit.Facets(b.Context(), f.db)
			require.NoError(b, err)
		}
	})
}
