package discovery

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

const (
	// keepFor is how long a scan is kept once it has ended: what it saw is old by then.
	keepFor = 30 * 24 * time.Hour
	// keepScans is how many ended scans are kept: with a /16 each full of results,
	// about half a gigabyte.
	keepScans  = 50
	pruneEvery = time.Hour
)

// pruneArgs removes old scans.
type pruneArgs struct{}

// Kind implements river.JobArgs.
func (pruneArgs) Kind() string { return "discovery.prune" }

type pruneWorker struct {
	river.WorkerDefaults[pruneArgs]
	s *Service
}

// Work implements river.Worker.
func (w *pruneWorker) Work(ctx context.Context, _ *river.Job[pruneArgs]) error { return w.s.Prune(ctx) }

// AddWorkers tells the queue what to carry out.
func (s *Service) AddWorkers(w *river.Workers) { river.AddWorker(w, &pruneWorker{s: s}) }

// Periodic is what the queue does by itself.
func (s *Service) Periodic() []*river.PeriodicJob {
	hourly := func() (river.JobArgs, *river.InsertOpts) { return pruneArgs{}, nil }
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(pruneEvery), hourly, &river.PeriodicJobOpts{ID: "discovery_prune"})}
}

// Prune removes scans that ended long ago, and the oldest of too many. The audit
// trail keeps that they were made, and by whom.
func (s *Service) Prune(ctx context.Context) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		gone, err := deleteOld(ctx, tx, s.now().Add(-keepFor), keepScans)
		if err != nil || gone == 0 {
			return err
		}
		return audit.Append(ctx, tx, worksAs.Entry("discovery.prune", audit.Target{Kind: "discovery_scan"},
			map[string]any{"scans": gone, "days": int(keepFor.Hours() / 24), "keep": keepScans}))
	})
	if err != nil {
		return fmt.Errorf("remove old scans: %w", err)
	}
	return nil
}
