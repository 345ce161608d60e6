package task

import (
	"context"
	"errors"
	"strings"

	"patchmanager/internal/agentapi"
)

// Submit takes an order. It returns once the order is in the journal, synced;
// created is false when the key was known and its job is the answer. Refusals
// are *agentapi.Error.
func (e *Engine) Submit(ctx context.Context, key string, o Order) (agentapi.Job, bool, error) {
	digest, err := o.digest()
	if err != nil {
		return agentapi.Job{}, false, err
	}
	if known, found, err := e.known(key, digest); found || err != nil {
		return known, false, err
	}
	if o.Operation == agentapi.OpRollback {
		if err := e.mayRollback(ctx, o.RollbackOf); err != nil {
			return agentapi.Job{}, false, err
		}
	}
	return e.accept(key, digest, o)
}

// known answers for a key that was used before.
func (e *Engine) known(key, digest string) (agentapi.Job, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.knownLocked(key, digest)
}

func (e *Engine) knownLocked(key, digest string) (agentapi.Job, bool, error) {
	id, ok := e.keys[key]
	if key == "" || !ok {
		return agentapi.Job{}, false, nil
	}
	if j := e.jobs[id]; j.rec.Digest == digest {
		return j.view(), true, nil
	}
	return agentapi.Job{}, false, agentapi.NewError(agentapi.CodeKeyReused,
		"the idempotency key was used for a different order, job %s", id)
}

// accept journals the order. The lock is held while it is written: a second
// order with the same key has to wait for the first to be certain.
func (e *Engine) accept(key, digest string, o Order) (agentapi.Job, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, found, err := e.knownLocked(key, digest); found || err != nil {
		return known, false, err
	}
	for id, j := range e.jobs {
		if !j.rec.Job.Status.Final() {
			return agentapi.Job{}, false, agentapi.NewError(agentapi.CodeBusy, "job %s (%s) is under way; one at a time", id, j.rec.Job.Operation)
		}
	}
	j := &job{rec: e.newRecord(key, digest, o)}
	if err := e.journal.create(j.rec); err != nil {
		return agentapi.Job{}, false, err
	}
	id := j.rec.Job.JobID
	log, err := openEvents(e.journal.path(id, "events.jsonl"))
	if err != nil {
		return agentapi.Job{}, false, errors.Join(err, e.journal.remove(id))
	}
	j.log = log
	e.jobs[id] = j
	if key != "" {
		e.keys[key] = id
	}
	select {
	case e.wake <- struct{}{}:
	default:
	}
	return j.view(), true, nil
}

func (e *Engine) newRecord(key, digest string, o Order) record {
	return record{
		Job: agentapi.Job{
			JobID: newID(), IdempotencyKey: key, Operation: o.Operation, Status: agentapi.JobPending,
			Phase: agentapi.PhasePreflight, Message: "accepted", CreatedAt: e.opts.Clock.Now(),
			Packages: []agentapi.JobChange{}, Conffiles: []string{}, BootID: e.boot, RollbackOf: o.RollbackOf,
			Rollback: agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{"the job has changed nothing"}},
		},
		Order: o, Digest: digest, Step: stepPending, Boot: e.boot,
	}
}

// mayRollback refuses a rollback that could not be carried out completely.
func (e *Engine) mayRollback(ctx context.Context, id string) error {
	if _, err := e.Job(id); err != nil {
		return err
	}
	e.mu.Lock()
	parent := e.jobs[id].rec
	e.mu.Unlock()
	if !parent.Job.Status.Final() {
		return agentapi.NewError(agentapi.CodeBusy, "job %s has not ended yet", id)
	}
	ready := e.readiness(ctx, parent)
	if ready.State == agentapi.RollbackReady {
		return nil
	}
	refusal := agentapi.NewError(agentapi.CodeRollbackImpossible, "job %s cannot be taken back: %s", id, strings.Join(ready.Reasons, "; "))
	for _, reason := range ready.Reasons {
		refusal.Details = append(refusal.Details, agentapi.Detail{Message: reason})
	}
	return refusal
}

// readiness says whether a job that has ended can be taken back now.
func (e *Engine) readiness(ctx context.Context, r record) agentapi.Rollback {
	impossible := func(reason string) agentapi.Rollback {
		return agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{reason}}
	}
	switch changes := r.happened(); {
	case r.Job.Operation == agentapi.OpRollback:
		return impossible("it is a rollback itself; order the updates again instead")
	case r.Job.Operation != agentapi.OpPatchApply:
		return impossible("a " + string(r.Job.Operation) + " changes no packages")
	case len(changes) == 0:
		return impossible("the job has changed nothing")
	default:
		return e.opts.Manager.Saved(ctx, agentapi.Plan{Changes: changes}, e.journal.path(r.Job.JobID, "saved"))
	}
}
