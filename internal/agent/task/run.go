package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchmanager/internal/agentapi"
)

// run is one job being carried out.
type run struct {
	e   *Engine
	j   *job
	log *eventLog
	ctx context.Context // ends when the agent stops; the job then goes on later
	// work ends with ctx and when the job is cancelled: for all that may stop.
	work  context.Context
	phase agentapi.Phase
	rest  bool // the job goes on after a restart of the agent, in the step of its record
}

type stepFunc func(*run) (step, error)

// steps carry out one step each and say which is next.
var steps map[step]stepFunc

func init() { // the functions refer to each other through this table
	steps = map[step]stepFunc{
		stepStart: (*run).start, stepRefresh: (*run).refresh, stepPlan: (*run).plan, stepSave: (*run).save,
		stepDownload: (*run).download, stepInstall: (*run).install, stepFinish: (*run).finish, stepCheck: (*run).check,
		stepReboot: (*run).reboot, stepAwait: (*run).await, stepVerify: (*run).verify,
	}
}

// carryOut takes one job to its end, or to where ctx ends.
func (e *Engine) carryOut(ctx context.Context, j *job) error {
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	e.mu.Lock()
	j.cancel = cancel
	r := &run{e: e, j: j, log: j.log, ctx: ctx, work: work, phase: j.rec.Job.Phase, rest: j.rec.Step != stepPending}
	if j.rec.Cancel && j.rec.Step.cancellable() {
		cancel()
	}
	e.mu.Unlock()
	err := r.loop(r.entry())
	if err != nil && ctx.Err() != nil {
		return nil // the agent stops; the journal knows where to go on
	}
	return r.conclude(err)
}

// entry is the step a job begins or goes on with.
func (r *run) entry() step {
	s := r.rec().Step
	switch {
	case s == stepPending:
		return stepStart
	case s.repeatable():
		r.say("the agent was restarted during %s; it begins again, nothing was changed so far", s)
		r.phase = agentapi.PhasePreflight
		return stepStart
	default:
		r.say("the agent was restarted during %s; it goes on", s)
		return s
	}
}

func (r *run) loop(s step) error {
	if err := r.settleOld(s); err != nil {
		return err
	}
	for s != stepDone {
		if err := r.begin(s); err != nil {
			return err
		}
		next, err := steps[s](r)
		if err != nil {
			return r.cause(err)
		}
		s, r.rest = next, false
	}
	return nil
}

// settleOld waits for the end of a tool that an earlier agent started for a
// step that is now repeated: two package tools would lock each other out.
func (r *run) settleOld(s step) error {
	rec := r.rec()
	if s != stepStart || !rec.Open {
		return nil
	}
	_, err := r.follow(r.toolOf(rec.Tool, true))
	return r.cause(err)
}

// cause tells a cancelled job from everything else that ended a context.
func (r *run) cause(err error) error {
	if err != nil && r.ctx.Err() == nil && r.work.Err() != nil && r.rec().Cancel {
		return errCancelled
	}
	return err
}

// phases by step; a phase never goes back within one run.
var phaseOf = map[step]agentapi.Phase{
	stepStart: agentapi.PhasePreflight, stepRefresh: agentapi.PhaseRefresh, stepSave: agentapi.PhaseSave,
	stepDownload: agentapi.PhaseDownload, stepInstall: agentapi.PhaseUnpack, stepFinish: agentapi.PhaseConfigure,
	stepReboot: agentapi.PhaseReboot, stepAwait: agentapi.PhaseReboot, stepVerify: agentapi.PhaseVerify,
}

var phaseOrder = []agentapi.Phase{
	agentapi.PhasePreflight, agentapi.PhaseRefresh, agentapi.PhaseSave, agentapi.PhaseDownload,
	agentapi.PhaseUnpack, agentapi.PhaseConfigure, agentapi.PhaseReboot, agentapi.PhaseVerify,
}

// enter moves on to a phase unless it lies behind.
func (r *run) enter(p agentapi.Phase) {
	if slices.Index(phaseOrder, p) > slices.Index(phaseOrder, r.phase) {
		r.phase = p
	}
}

// begin records a step before it is taken. Leaving the steps that may be
// cancelled and asking for the cancellation are decided under one lock: only
// one of them comes first.
func (r *run) begin(s step) error {
	r.enter(phaseOf[s])
	err := r.e.update(r.j, func(rec *record) error {
		if rec.Cancel && (rec.Step.cancellable() || s.cancellable()) {
			return errCancelled
		}
		if rec.Job.StartedAt == nil {
			now := r.now()
			rec.Job.StartedAt = &now
		}
		if !r.rest || s.repeatable() { // the tool of a step that goes on stays its tool
			rec.Open = false
		}
		rec.Step, rec.Job.Status, rec.Job.Phase = s, agentapi.JobRunning, r.phase
		rec.Job.Message = sentences[s]
		rec.Job.Progress = max(rec.Job.Progress, spanOf(rec.Job.Operation, s).from)
		return nil
	})
	if err != nil && !errors.Is(err, errCancelled) {
		return agentapi.NewError(agentapi.CodeDiskFull, "the journal cannot be written: %v", err)
	}
	if err == nil {
		r.tell(r.statusEntry())
	}
	return err
}

var sentences = map[step]string{
	stepStart: "checks the host", stepRefresh: "fetches the package lists", stepPlan: "computes what to change",
	stepSave: "keeps the old packages for a rollback", stepDownload: "downloads the new packages",
	stepInstall: "changes packages", stepFinish: "tidies up", stepCheck: "looks at what is installed now",
	stepReboot: "reboots", stepAwait: "waits for the host to come back", stepVerify: "compares the host with the plan",
}

// rec is a copy of the record.
func (r *run) rec() record {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return r.j.rec
}

func (r *run) now() time.Time { return r.e.opts.Clock.Now() }

// tell writes events. What cannot be written is lost to the reader but not to
// the job: a full disk must not stop a transaction in the middle.
func (r *run) tell(entries ...entry) {
	if err := r.log.append(entries); err != nil {
		r.e.opts.Log.ErrorContext(r.ctx, "tell events", "job_id", r.rec().Job.JobID, "error", err)
	}
}

// say writes a log line of the agent's own.
func (r *run) say(format string, args ...any) { r.tell(r.line("agent", fmt.Sprintf(format, args...))) }

func (r *run) line(stream, text string) entry {
	return entry{Event: agentapi.Event{
		Kind: agentapi.EventLog, JobID: r.rec().Job.JobID, At: r.now(), Phase: r.phase, Stream: stream, Line: cut(mask(text)),
	}}
}

func (r *run) statusEntry() entry { return entry{Event: statusEvent(r.rec().Job, r.now())} }

func statusEvent(j agentapi.Job, now time.Time) agentapi.Event {
	return agentapi.Event{
		Kind: agentapi.EventStatus, JobID: j.JobID, At: now, Phase: j.Phase,
		Status: j.Status, Progress: j.Progress, Message: j.Message,
	}
}
