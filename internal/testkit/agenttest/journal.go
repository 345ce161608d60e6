package agenttest

import (
	"slices"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
)

// Order is one order that was carried out.
type Order struct {
	Key        string
	JobID      string
	Operation  agentapi.Operation
	Apply      agentapi.ApplyRequest  // of OpPatchApply
	Reboot     agentapi.RebootRequest // of OpReboot
	RollbackOf string                 // of OpRollback
	At         time.Time
}

// same reports whether two orders ask for the same.
func (o Order) same(p Order) bool {
	return o.Operation == p.Operation && o.RollbackOf == p.RollbackOf && o.Reboot == p.Reboot && tag(o.Apply) == tag(p.Apply)
}

// job is one entry of the journal. Guarded by Agent.mu.
type job struct {
	api    agentapi.Job
	order  Order
	events []agentapi.Event
	cancel chan struct{} // closed when somebody asked to stop

	removed bool // out of the history; its key is still known
}

func (j *job) snapshot() agentapi.Job {
	s := j.api
	s.Packages = slices.Clone(s.Packages)
	s.LastSeq = int64(len(j.events))
	return s
}

// accept journals an order, or finds the job that its key already has. It is
// called with the lock held.
func (a *Agent) accept(o Order) (*job, *agentapi.Error) {
	running := false
	for _, j := range a.jobs {
		if o.Key != "" && j.order.Key == o.Key {
			if !j.order.same(o) {
				return nil, agentapi.NewError(agentapi.CodeKeyReused, "the key %s belongs to another order", o.Key)
			}
			return j, nil
		}
		running = running || !j.api.Status.Final()
	}
	if running {
		return nil, agentapi.NewError(agentapi.CodeBusy, "another job runs")
	}
	now := a.opts.Clock.Now()
	o.JobID, o.At = ids.New().String(), now
	j := &job{order: o, cancel: make(chan struct{}), api: agentapi.Job{JobID: o.JobID, IdempotencyKey: o.Key, Operation: o.Operation,
		Status: agentapi.JobPending, CreatedAt: now, Packages: []agentapi.JobChange{}, BootID: a.facts.health.BootID,
		Rollback: agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{"The job has not ended."}}, RollbackOf: o.RollbackOf,
		Conffiles: []string{}, Message: "Waits for its turn."}}
	a.jobs = append(a.jobs, j)
	a.orders = append(a.orders, o)
	a.facts.health.RunningJob = o.JobID
	script := a.run
	a.script.Go(func() { a.execute(j, script) })
	return j, nil
}

func (a *Agent) execute(j *job, script Script) {
	r := &Run{a: a, j: j}
	a.mu.Lock()
	now := a.opts.Clock.Now()
	j.api.StartedAt = &now
	j.api.Status = agentapi.JobRunning
	a.mu.Unlock()
	r.Status(agentapi.PhasePreflight, 0, "Looks whether the job can start.")
	r.finish(script(r))
}

// find returns the job of an id, with the lock held.
func (a *Agent) find(id string) (*job, *agentapi.Error) {
	for _, j := range a.jobs {
		if j.api.JobID == id && !j.removed {
			return j, nil
		}
	}
	return nil, agentapi.NewError(agentapi.CodeJobNotFound, "there is no job %s", id)
}

// emit appends an event, with the lock held.
func (a *Agent) emit(j *job, e agentapi.Event) {
	e.JobID, e.Seq, e.At, e.Phase = j.api.JobID, int64(len(j.events)+1), a.opts.Clock.Now(), j.api.Phase
	j.events = append(j.events, e)
	a.changed.Broadcast()
}
