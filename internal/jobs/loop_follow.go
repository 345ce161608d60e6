package jobs

import (
	"context"
	"errors"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/clock"
)

const (
	// patience is how long a running host may be silent before it counts as lost.
	patience = 2 * time.Minute
	// rebootPatience is the same while it reboots; large servers test their
	// memory for ten minutes.
	rebootPatience = 15 * time.Minute
	// lostFor is how long a lost host is asked for, at least; the job's deadline
	// may be later. Then it fails: nobody knows what it did.
	lostFor = time.Hour
	// maxRun is when a run that never ends is no longer followed. The agent's own
	// limits are far below.
	maxRun = 24 * time.Hour
	// firstRetry and lastRetry are the pauses between looks at a host that does
	// not answer: short enough to see the end of a quick reboot at once.
	firstRetry = 500 * time.Millisecond
	lastRetry  = 15 * time.Second
	// batchEvents is how many events of one host are stored at once at most.
	batchEvents = 200
	// eventBuffer is how far the stream may be ahead of the database.
	eventBuffer = 2 * batchEvents
)

// follower follows one agent job to its end.
type follower struct {
	w     *worker
	h     *hold
	c     *claim
	agent Agent
	heard time.Time // the last word of the agent
	pause time.Duration
}

// follow stores what happens on the host until its run has ended, the claim is
// lost or the worker stops.
func (w *worker) follow(ctx context.Context, h *hold) {
	f := &follower{w: w, h: h, c: h.claim, agent: w.s.agentOf(h.claim), heard: w.s.clock.Now(), pause: firstRetry}
	if f.c.HeardAt != nil {
		f.heard = *f.c.HeardAt
	}
	for ended := false; !ended && ctx.Err() == nil; {
		var err error
		if ended, err = f.turn(ctx); err != nil {
			w.report(ctx, f.c, err)
			return
		}
	}
}

// turn reads the stream until it ends, for whatever reason, and then asks for
// the job: only the agent's own answer ends a run, never an event or a broken
// connection.
func (f *follower) turn(ctx context.Context) (ended bool, err error) {
	if err := f.stream(ctx); err != nil {
		return false, err
	}
	job, err := f.agent.Job(ctx, f.c.AgentJob)
	switch {
	case ctx.Err() != nil:
		return false, nil //nolint:nilerr // the stop of this process is no answer of the agent
	case agentclient.CodeOf(err) == agentapi.CodeJobNotFound:
		return true, f.unknown(ctx)
	case err != nil:
		return f.silent(ctx, err)
	case job.Status.Final():
		return f.final(ctx, job)
	}
	return f.alive(ctx)
}

// stream stores events while the connection lasts. Trouble with the agent is no
// error here; trouble with the database or the claim is.
func (f *follower) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan agentapi.Event, eventBuffer)
	stored := make(chan error, 1)
	go func() {
		defer close(stored)
		defer cancel() // a stream that cannot be stored is not read on
		stored <- f.storeAll(ctx, events)
	}()
	// Its error, if any, says why the stream ended; the job's state is asked for next.
	_ = f.agent.Events(ctx, f.c.AgentJob, f.c.Seq, func(e agentapi.Event) error {
		select {
		case events <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	close(events)
	if err := <-stored; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// storeAll stores what arrives, as much at a time as has arrived.
func (f *follower) storeAll(ctx context.Context, in <-chan agentapi.Event) error {
	for e := range in {
		batch := []agentapi.Event{e}
		for more := true; more && len(batch) < f.w.batch; {
			select {
			case e, more = <-in:
				if more {
					batch = append(batch, e)
				}
			default:
				more = false
			}
		}
		if err := f.keep(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// keep stores a batch and moves the cursor. Events of another job and events
// that are stored already are dropped.
func (f *follower) keep(ctx context.Context, batch []agentapi.Event) error {
	c := f.c
	p := progressRow{ID: c.ID, Stamp: c.Stamp, Seq: c.Seq, Phase: c.Phase}
	var rows []eventRow
	for _, e := range batch {
		if e.JobID != c.AgentJob || e.Seq <= p.Seq {
			continue
		}
		p.add(e)
		rows = append(rows, c.agentEvent(e))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := f.w.writer.store(ctx, p, rows); err != nil {
		return err
	}
	c.Seq, c.Phase = p.Seq, p.Phase
	f.heard, f.pause = f.w.s.clock.Now(), firstRetry
	return nil
}

func (p *progressRow) add(e agentapi.Event) {
	p.Seq = e.Seq
	if e.Phase != "" {
		p.Phase = short(string(e.Phase), 32)
	}
	if e.Kind == agentapi.EventLog {
		p.Lines++
		return
	}
	p.Progress, p.Message = min(max(e.Progress, 0), 100), short(e.Message, 4000)
}

// agentEvent is an agent's event as it is stored. Its state is running even when
// the agent says that it has ended: the end is the manager's own event.
func (c *claim) agentEvent(e agentapi.Event) eventRow {
	row := eventRow{JobHostID: c.ID, Run: c.Run, JobEvent: JobEvent{JobID: c.JobID, HostID: c.HostID, Kind: EventStatus, Seq: e.Seq,
		At: e.At, Phase: string(e.Phase), State: HostRunning, Stream: e.Stream,
		Progress: e.Progress, Message: e.Message, Package: e.Package}}
	if e.Kind == agentapi.EventLog {
		row.Kind, row.Line = EventLog, e.Line
	}
	return row
}

// final stores what the stream left out and ends the run.
func (f *follower) final(ctx context.Context, job agentapi.Job) (bool, error) {
	for f.c.Seq < job.LastSeq {
		page, err := f.agent.Log(ctx, f.c.AgentJob, f.c.Seq)
		if agentclient.KindOf(err) == agentclient.Unreachable && err != nil {
			return f.silent(ctx, err)
		}
		if err != nil || len(page.Events) == 0 {
			break // the agent has no more than that; how it ended counts more than its log
		}
		if err := f.keep(ctx, page.Events); err != nil {
			return false, err
		}
	}
	return true, f.w.settle(ctx, f.c, ending(job))
}

// unknown is an agent that has no such job any more.
func (f *follower) unknown(ctx context.Context) error {
	if job := f.h.ended.Load(); job != nil {
		return f.w.settle(ctx, f.c, ending(*job))
	}
	return f.w.settle(ctx, f.c, verdict{outcome: gotUnknown, words: "The agent does not know the job any more."})
}

// alive goes on following a host that answers.
func (f *follower) alive(ctx context.Context) (bool, error) {
	f.heard = f.w.s.clock.Now()
	if f.c.State == HostLost {
		if err := f.w.settle(ctx, f.c, verdict{outcome: gotAccepted, words: "The host answers again."}); err != nil {
			return false, err
		}
	}
	if f.c.StartedAt != nil && f.heard.Sub(*f.c.StartedAt) >= maxRun {
		return true, f.w.settle(ctx, f.c, verdict{outcome: gotDeadline})
	}
	return false, f.rest(ctx)
}

// silent waits for a host that does not answer: for a while it still runs, then
// it is lost, and in the end it fails.
func (f *follower) silent(ctx context.Context, cause error) (bool, error) {
	now := f.w.s.clock.Now()
	lostAt := f.heard.Add(f.patience())
	words := sentence(refusal(cause).words)
	switch {
	case f.c.State == HostLost && !now.Before(latest(f.c.Deadline, lostAt.Add(lostFor))):
		return true, f.w.settle(ctx, f.c, verdict{outcome: gotDeadline, words: words})
	case f.c.State == HostRunning && !now.Before(lostAt):
		err := f.w.settle(ctx, f.c, verdict{outcome: gotSilent, words: "The host has been silent since " +
			f.heard.Format(time.RFC3339) + ". " + words})
		if err != nil {
			return false, err
		}
	}
	return false, f.rest(ctx)
}

func (f *follower) patience() time.Duration {
	if f.c.Phase == string(agentapi.PhaseReboot) {
		return rebootPatience
	}
	return patience
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// rest waits before the host is asked again. The end of the context is no
// error: follow looks at it.
func (f *follower) rest(ctx context.Context) error {
	if clock.Sleep(ctx, f.w.s.clock, f.pause) == nil {
		f.pause = min(2*f.pause, lastRetry)
	}
	return nil
}

// ending is what the end of the agent's job means.
func ending(j agentapi.Job) verdict {
	v := verdict{outcome: gotCompleted, words: j.Message, job: &j}
	if j.Error != nil {
		v.code, v.words, v.retryable = string(j.Error.Code), j.Error.Message, j.Error.Retryable
	}
	switch {
	case j.Status == agentapi.JobCancelled:
		v.outcome = gotCancelled
	case j.Status == agentapi.JobCompleted:
	case v.retryable:
		v.outcome = gotFailedPassing
	default:
		v.outcome = gotFailed
	}
	if v.code == "" && (v.outcome == gotFailed || v.outcome == gotFailedPassing) {
		v.code = string(agentapi.CodePackageManagerError)
	}
	return v
}
