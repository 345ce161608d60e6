package jobs

import (
	"context"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

// rollUp brings the state of every unfinished job to what its hosts add up to.
// Hosts that end do not touch their job's row: thousands of them would wait for
// it. Any number of workers may do this; the first one writes.
func (s *Service) rollUp(ctx context.Context) (bool, error) {
	tallies, err := unfinishedTallies(ctx, s.db)
	if err != nil {
		return false, err
	}
	for _, t := range tallies {
		if to := stateOf(t.Counts); to != t.State {
			if err := s.moveJob(ctx, t, to); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

func (s *Service) moveJob(ctx context.Context, t tally, to State) error {
	return s.inTx(ctx, "roll-up", func(tx db.Tx) error {
		moved, err := setJobState(ctx, tx, t, to, s.clock.Now())
		if err != nil || !moved {
			return err
		}
		if to.isFinal() {
			if err := s.auditEnd(ctx, tx, t, to); err != nil {
				return err
			}
		}
		return notifyJob(ctx, tx, t.ID)
	})
}

func (s *Service) auditEnd(ctx context.Context, tx db.Tx, t tally, to State) error {
	c := t.Counts
	target := audit.Target{Kind: "job", ID: t.ID.String(), Name: t.Title}
	return audit.Append(ctx, tx, worksAs.Entry("job.finish", target, map[string]any{"number": t.Number, "state": string(to),
		"succeeded": c.Succeeded, "failed": c.Failed, "cancelled": c.Cancelled, "expired": c.Expired}))
}
