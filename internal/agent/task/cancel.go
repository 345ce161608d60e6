package task

import (
	"context"
	"errors"

	"patchmanager/internal/agentapi"
)

// errCancelled ends a job at a safe point because somebody asked.
var errCancelled = errors.New("cancelled")

// Cancel stops a job at its next safe point. A transaction that changes the host
// is not stopped: the job that is returned says so and runs on. A job that has
// ended is returned as it is.
func (e *Engine) Cancel(id string) (agentapi.Job, error) {
	j, _, err := e.inHistory(id)
	if err != nil {
		return agentapi.Job{}, err
	}
	return e.askToStop(j)
}

// Remove takes a job that has ended out of the history, and stops one that has
// not like Cancel.
func (e *Engine) Remove(id string) (agentapi.Job, error) {
	j, now, err := e.inHistory(id)
	if err != nil {
		return agentapi.Job{}, err
	}
	if now.Status.Final() {
		return now, e.forget(id, j)
	}
	return e.askToStop(j)
}

// askToStop answers with the job as it was at that moment: a tool that is at
// work replaces the message a moment later.
func (e *Engine) askToStop(j *job) (told agentapi.Job, _ error) {
	var stop context.CancelFunc
	err := e.update(j, func(r *record) error {
		switch {
		case r.Job.Status.Final():
		case r.Step.cancellable():
			r.Cancel = true
			r.Job.Message = "stops at the next safe point"
			stop = j.cancel
		default:
			r.Job.Message = "cannot be stopped now: packages are being changed; the job runs to its end"
		}
		told = r.Job
		if j.log != nil {
			told.LastSeq = j.log.lastSeq()
		}
		return nil
	})
	if stop != nil {
		stop()
	}
	return told, err
}

// forget removes a job's files except the record, which keeps its key from
// being used for a second run.
func (e *Engine) forget(id string, j *job) error {
	if err := e.update(j, func(r *record) error { r.Removed = true; return nil }); err != nil {
		return err
	}
	return e.journal.strip(id)
}
