package jobs

import (
	"context"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// Cancel stops a job: hosts that no agent can have heard of end at once, the
// others at the next safe point of their agent. Asking twice changes nothing.
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
	job, err := s.wholeJob(ctx, tx, actor, id)
	if err != nil {
		return err
	}
	if job.State.isFinal() {
		return apierr.Conflict("job_ended", "Job %d has already ended.", job.Number)
	}
	now := s.clock.Now()
	fresh, err := markCancelled(ctx, tx, id, now)
	if err != nil || !fresh {
		return err
	}
	ended, err := cancelQueued(ctx, tx, id, now)
	if err != nil {
		return err
	}
	asked, err := cancelHeld(ctx, tx, id, now)
	if err != nil {
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

// wholeJob reads a job for a use case that acts on all of it. Who sees only some
// of its hosts may not: the others would be touched too.
func (s *Service) wholeJob(ctx context.Context, tx db.Tx, actor auth.Actor, id ids.ID) (Job, error) {
	job, err := getJob(ctx, tx, hosts.ScopeOf(actor), id)
	if err != nil {
		return Job{}, missing(err, "job")
	}
	all, err := countAllHosts(ctx, tx, id)
	if err != nil {
		return Job{}, err
	}
	if all != job.Counts.Total {
		return Job{}, apierr.Forbidden("job_partly_visible", "The job has hosts that you may not change.")
	}
	return job, nil
}

// missing turns "no rows" into the answer for what does not exist.
func missing(err error, what string) error {
	if db.IsNoRows(err) {
		return apierr.NotFound(what)
	}
	return err
}
