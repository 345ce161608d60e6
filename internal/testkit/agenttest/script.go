package agenttest

import (
	"context"
	"fmt"
	"slices"

	"patchmanager/internal/agentapi"
)

// Script carries out one job: nil completes it, an error fails it (CANCELLED
// and TIMED_OUT end in the states of that name).
type Script func(r *Run) *agentapi.Error

// Run is a job while its script carries it out.
type Run struct {
	a *Agent
	j *job
}

// Order is what was ordered.
func (r *Run) Order() Order { return r.j.order }

// Context ends with the test; a script that waits for the test waits for this too.
func (r *Run) Context() context.Context { return r.a.ctx }

// Cancelled is closed when the manager asked to stop.
func (r *Run) Cancelled() <-chan struct{} { return r.j.cancel }

// Log emits one line of the package tool.
func (r *Run) Log(format string, args ...any) {
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	r.a.emit(r.j, agentapi.Event{Kind: agentapi.EventLog, Line: fmt.Sprintf(format, args...), Stream: "tool"})
}

// Status emits a change of the job's state.
func (r *Run) Status(phase agentapi.Phase, progress int, message string) {
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	r.j.api.Phase, r.j.api.Message = phase, message
	r.j.api.Progress = max(r.j.api.Progress, progress)
	r.emitStatus("")
}

func (r *Run) emitStatus(pkg string) {
	j := r.j.api
	r.a.emit(r.j, agentapi.Event{Kind: agentapi.EventStatus, Status: j.Status, Progress: j.Progress, Message: j.Message, Package: pkg})
}

// Change records one package as changed, on the job and on the host.
func (r *Run) Change(c agentapi.Change) {
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	r.j.api.Packages = append(r.j.api.Packages, agentapi.JobChange{Change: c, AfterVersion: c.ToVersion, Done: true})
	f := &r.a.facts
	for i := range f.packages {
		if f.packages[i].Name == c.Name && f.packages[i].Arch == c.Arch && c.ToVersion != "" {
			f.packages[i].Version = c.ToVersion
		}
	}
	f.patches.Patches = slices.DeleteFunc(f.patches.Patches, func(p agentapi.Patch) bool {
		return p.Name == c.Name && p.Arch == c.Arch && p.AvailableVersion == c.ToVersion
	})
}

// SetRollback says whether the job can be taken back once it has ended.
func (r *Run) SetRollback(rb agentapi.Rollback) {
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	r.j.api.Rollback = rb
}

// finish ends the job; its last event is the final status.
func (r *Run) finish(e *agentapi.Error) {
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	now := r.a.opts.Clock.Now()
	j := &r.j.api
	j.CompletedAt, j.Error = &now, e
	j.Status, j.Message = finalStatus(e), fmt.Sprintf("%d of %d packages as planned.", len(j.Packages), len(j.Packages))
	if e != nil {
		j.Message = e.Message
	} else {
		j.Progress = 100
	}
	if r.a.facts.health.RunningJob == j.JobID {
		r.a.facts.health.RunningJob = ""
	}
	r.emitStatus("")
}

func finalStatus(e *agentapi.Error) agentapi.JobStatus {
	switch {
	case e == nil:
		return agentapi.JobCompleted
	case e.Code == agentapi.CodeCancelled:
		return agentapi.JobCancelled
	case e.Code == agentapi.CodeTimedOut:
		return agentapi.JobTimedOut
	}
	return agentapi.JobFailed
}

// DefaultScript does what was ordered, at once and without trouble.
func DefaultScript(r *Run) *agentapi.Error {
	switch r.Order().Operation {
	case agentapi.OpPatchApply:
		return applyAll(r)
	case agentapi.OpRollback:
		return restore(r)
	case agentapi.OpReboot:
		r.Status(agentapi.PhaseReboot, 50, "Reboots.")
		r.NewBoot()
	case agentapi.OpRefresh:
		r.Log("Reading package lists...")
	}
	return nil
}

// NewBoot gives the host a new boot id, as a reboot does.
func (r *Run) NewBoot() {
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	boot := "boot-after-" + r.j.api.JobID
	r.a.facts.health.BootID, r.a.facts.info.BootID = boot, boot
}

func applyAll(r *Run) *agentapi.Error {
	o := r.Order().Apply
	r.a.mu.Lock()
	plan, e := r.a.makePlan(o)
	r.a.mu.Unlock()
	if e != nil {
		return e
	}
	if o.PlanHash != "" && o.PlanHash != plan.PlanHash {
		return agentapi.NewError(agentapi.CodePlanChanged, "the plan is no longer the one that was agreed")
	}
	if o.Deadline != nil && r.a.opts.Clock.Now().After(*o.Deadline) {
		return agentapi.NewError(agentapi.CodeDeadlinePassed, "the order came too late")
	}
	for i, c := range plan.Changes {
		r.Status(agentapi.PhaseUnpack, 100*i/len(plan.Changes), "Unpacks "+c.Name+".")
		r.Log("Unpacking %s:%s (%s) over (%s) ...", c.Name, c.Arch, c.ToVersion, c.FromVersion)
		r.Change(c)
	}
	r.SetRollback(agentapi.Rollback{State: agentapi.RollbackReady, Reasons: []string{}})
	return nil
}

func restore(r *Run) *agentapi.Error {
	r.a.mu.Lock()
	of, e := r.a.find(r.Order().RollbackOf)
	r.a.mu.Unlock()
	if e != nil {
		return e
	}
	for _, c := range of.snapshot().Packages {
		r.Log("Unpacking %s:%s (%s) over (%s) ...", c.Name, c.Arch, c.FromVersion, c.ToVersion)
		r.Change(agentapi.Change{Action: agentapi.ActionDowngrade, Name: c.Name, Arch: c.Arch, FromVersion: c.ToVersion, ToVersion: c.FromVersion})
	}
	return nil
}
