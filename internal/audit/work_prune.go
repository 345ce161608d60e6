package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"patchmanager/internal/db"
)

// pruneArgs prunes what is older than the retention.
type pruneArgs struct{}

// Kind implements river.JobArgs.
func (pruneArgs) Kind() string { return "audit.prune" }

type pruneWorker struct {
	river.WorkerDefaults[pruneArgs]
	s *Service
}

// Work prunes until nothing is left to do, or until the next hour.
func (w *pruneWorker) Work(ctx context.Context, _ *river.Job[pruneArgs]) error {
	until := w.s.clock.Now().Add(sliceTime)
	for w.s.clock.Now().Before(until) {
		n, err := w.s.Prune(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// pruneBatch bounds how many rows one transaction removes, unless there is no
// checkpoint in between.
const pruneBatch = 20_000

// Prune removes the oldest rows, up to a checkpoint of which all rows are older
// than the retention, and returns how many. The checkpoint stays: it signs what
// the first kept row follows. Nothing is pruned while a verification runs, nor of
// a trail that was found broken, nor what was not exported where there is an
// export.
func (s *Service) Prune(ctx context.Context) (pruned int64, err error) {
	set := s.settings()
	if set.RetentionDays <= 0 {
		return 0, nil
	}
	before := s.now().AddDate(0, 0, -set.RetentionDays)
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := lockVerifications(ctx, tx); err != nil {
			return err
		}
		_, running, err := runningVerification(ctx, tx, s.now().Add(-runningFor))
		if err != nil || running {
			return err
		}
		finding, found, err := newestFinding(ctx, tx)
		if err != nil || (found && finding.Break != nil) {
			return err
		}
		if err := lockTree(ctx, tx); err != nil {
			return err
		}
		pruned, err = s.prune(ctx, tx, before)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("prune audit trail: %w", err)
	}
	return pruned, nil
}

func (s *Service) prune(ctx context.Context, tx db.Tx, before time.Time) (int64, error) {
	first, err := firstRow(ctx, tx)
	if err != nil {
		return 0, err
	}
	limit := int64(-1)
	if to := s.sink(); to != nil {
		if limit, err = exportedUpTo(ctx, tx, to.name()); err != nil {
			return 0, err
		}
	}
	c, found, err := pruneTo(ctx, tx, before, first, limit)
	if err != nil || !found {
		return 0, err
	}
	if _, broken := c.open(s.key.known); broken != nil {
		return 0, fmt.Errorf("not up to a forged checkpoint: %s", broken.Detail)
	}
	if err := removeUpTo(ctx, tx, c.Size); err != nil {
		return 0, err
	}
	n := c.Size - first + 1
	return n, Append(ctx, tx, Entry{Actor: system, Action: actionPrune, Target: Target{Kind: "audit"},
		Details: map[string]any{"up_to": c.Size, "rows": n, "older_than": before.Format(time.RFC3339), "root_hash": c.Root.String()}})
}
