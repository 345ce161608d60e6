package jobs

import (
	"context"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// Cancel stops a job: hosts that no agent can have heard of end at once, the
// others at the next safe point of their agent. Who sees only some of the job's
// hosts stops those, and the job goes on with the others. Asking twice changes
// nothing.
func (s *Service) Cancel(ctx context.Context, actor auth.Actor, id ids.ID) (Job, error) {
	if err := mayOrder(actor); err != nil {
		return Job{}, err
	}
	var job Job
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		if err := s.cancel(ctx, tx, actor, id); err != nil {
			return err
		}
		var err error
		job, err = getJob(ctx, tx, hosts.ScopeOf(actor), id)
		return err
	})
	return job, err
}

func (s *Service) cancel(ctx context.Context, tx db.Tx, actor auth.Actor, id ids.ID) error {
	scope := hosts.ScopeOf(actor)
	job, err := getJob(ctx, tx, scope, id)
	if err != nil {
		return missing(err, "job")
	}
	if job.State.isFinal() {
		return apierr.Conflict("job_ended", "Job %d has already ended.", job.Number)
	}
	now := s.clock.Now()
	ended, err := cancelQueued(ctx, tx, scope, id, now)
	if err != nil {
		return err
	}
	asked, err := cancelHeld(ctx, tx, scope, id, now)
	if err != nil || len(ended)+len(asked) == 0 {
		return err
	}
	if err := markAsked(ctx, tx, job, now); err != nil {
		return err
	}
	target := audit.Target{Kind: "job", ID: id.String(), Name: job.Title}
	details := map[string]any{"number": job.Number, "ended": len(ended), "asked": len(asked)}
	if err := audit.Append(ctx, tx, actor.Entry("job.cancel", target, details)); err != nil {
		return err
	}
	if err := notifyJob(ctx, tx, id); err != nil {
		return err
	}
	return s.announce(ctx, tx, ended, HostCancelled, "Cancelled before it started.", now)
}

// markAsked notes on the job itself that it was asked to stop, when that is true
// of all its hosts.
func markAsked(ctx context.Context, tx db.Tx, seen Job, now time.Time) error {
	all, err := countAllHosts(ctx, tx, seen.ID)
	if err != nil || all != seen.Counts.Total {
		return err
	}
	return markCancelled(ctx, tx, seen.ID, now)
}

// missing turns "no rows" into the answer for what does not exist.
func missing(err error, what string) error {
	if db.IsNoRows(err) {
		return apierr.NotFound(what)
	}
	return err
}
