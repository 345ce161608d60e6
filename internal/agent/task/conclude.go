package task

import (
	"errors"

	"patchmanager/internal/agentapi"
)

// conclude writes down how the job ended: first the record, then the event, so
// that the event is never told twice; load tells it when a crash came between.
func (r *run) conclude(err error) error {
	status, failure := ending(err)
	rec := r.rec()
	rollback := rec.Job.Rollback
	if len(rec.Job.Packages) > 0 {
		rollback = r.e.readiness(r.ctx, rec)
	}
	if err := r.e.update(r.j, func(rec *record) error {
		now := r.now()
		rec.Step, rec.Open, rec.Job.Status, rec.Job.CompletedAt = stepDone, false, status, &now
		rec.Job.Error, rec.Job.Rollback, rec.Job.Phase = failure, rollback, r.phase
		if failure != nil {
			rec.Job.Message = failure.Message
		} else {
			rec.Job.Progress = 100
		}
		return nil
	}); err != nil {
		r.e.opts.Log.ErrorContext(r.ctx, "record the end of a job", "job_id", rec.Job.JobID, "error", err)
	}
	r.tell(r.statusEntry())
	return r.close()
}

// ending translates the error a job ended with.
func ending(err error) (agentapi.JobStatus, *agentapi.Error) {
	var failure *agentapi.Error
	switch {
	case err == nil:
		return agentapi.JobCompleted, nil
	case errors.Is(err, errCancelled):
		return agentapi.JobCancelled, agentapi.NewError(agentapi.CodeCancelled, "cancelled at a safe point, before anything more was changed")
	case errors.As(err, &failure):
		if failure.Code == agentapi.CodeTimedOut {
			return agentapi.JobTimedOut, maskError(failure)
		}
		return agentapi.JobFailed, maskError(failure)
	default:
		return agentapi.JobFailed, maskError(agentapi.NewError(agentapi.CodePackageManagerError, "%v", err))
	}
}

func (r *run) close() error {
	if err := r.log.close(); err != nil {
		r.e.opts.Log.ErrorContext(r.ctx, "close events", "job_id", r.rec().Job.JobID, "error", err)
	}
	err := r.e.update(r.j, func(rec *record) error {
		rec.Told, rec.Job.LastSeq = true, r.log.lastSeq()
		r.j.log, r.j.cancel = nil, nil
		return nil
	})
	if err != nil { // load tells what is missing
		r.e.opts.Log.ErrorContext(r.ctx, "record the end of a job", "job_id", r.rec().Job.JobID, "error", err)
	}
	return nil
}
