package jobs

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
)

// worksAs is who acts in the audit trail when no person does.
var worksAs = auth.System("jobs")

// settle asks next what becomes of a job host and writes the answer down, in one
// transaction with its event, its audit row and what follows from it.
func (w *worker) settle(ctx context.Context, c *claim, v verdict) error {
	now := w.s.clock.Now()
	sit := c.situation(now)
	sit.changed = v.job != nil && changedCount(*v.job) > 0
	a := next(sit, v.outcome)
	switch {
	case a.ignored:
		return fmt.Errorf("settle job host: %q means nothing to a host that is %s", v.outcome, c.State)
	case a.state == HostQueued:
		return w.requeue(ctx, c, a, v, now)
	case a.state.IsFinal():
		return w.finish(ctx, c, resultOf(a, v), now)
	}
	return w.move(ctx, c, a.state, v.words, now)
}

// move goes between running and lost.
func (w *worker) move(ctx context.Context, c *claim, to HostState, words string, now time.Time) error {
	if to == c.State {
		return nil
	}
	err := w.s.inTx(ctx, "move", func(tx db.Tx) error {
		if err := setHeldState(ctx, tx, c, to, words, now); err != nil {
			return err
		}
		if err := db.Notify(ctx, tx, db.ChannelJobs, ""); err != nil {
			return err
		}
		return insertEvents(ctx, tx, []eventRow{c.event(to, words, now)})
	})
	if err == nil {
		c.State = to
	}
	return err
}

func (w *worker) requeue(ctx context.Context, c *claim, a answer, v verdict, now time.Time) error {
	why := v.error(a)
	words := fmt.Sprintf("%s It is tried again in %s.", sentence(why.Message), a.wait)
	return w.s.inTx(ctx, "requeue", func(tx db.Tx) error {
		if err := requeueHost(ctx, tx, c, a, &JobHostError{Code: why.Code, Message: words, Retryable: true}, now); err != nil {
			return err
		}
		if err := db.Notify(ctx, tx, db.ChannelJobs, ""); err != nil {
			return err
		}
		return insertEvents(ctx, tx, []eventRow{c.event(HostQueued, words, now)})
	})
}

func (w *worker) finish(ctx context.Context, c *claim, r result, now time.Time) error {
	return w.s.inTx(ctx, "finish", func(tx db.Tx) error {
		if err := finishHost(ctx, tx, c, r, now); err != nil {
			return err
		}
		w.s.crash("in finish")
		if err := w.s.afterwards(ctx, tx, c, r, now); err != nil {
			return err
		}
		w.s.crash("in finish")
		return insertEvents(ctx, tx, []eventRow{c.event(r.State, r.Message, now)})
	})
}

// afterwards is what follows from an end, beside its own row: fresh facts, the
// audit row, and a look for what the host was in the way of.
func (s *Service) afterwards(ctx context.Context, tx db.Tx, c *claim, r result, now time.Time) error {
	if r.Job != nil {
		if err := hosts.RequestRefresh(ctx, tx, c.HostID, now); err != nil {
			return err
		}
	}
	details := map[string]any{"job": c.JobID.String(), "number": c.Number, "kind": string(c.Kind),
		"state": string(r.State), "run": c.Run, "changed": r.Changed}
	if r.Error != nil {
		details["code"] = r.Error.Code
	}
	target := audit.Target{Kind: "host", ID: c.HostID.String(), Name: c.HostName}
	if err := audit.Append(ctx, tx, worksAs.Entry("job_host.finish", target, details)); err != nil {
		return err
	}
	return db.Notify(ctx, tx, db.ChannelJobs, "")
}

// resultOf turns an answer into what is stored and shown.
func resultOf(a answer, v verdict) result {
	r := result{State: a.state, Message: v.words, Job: v.job}
	if v.job != nil {
		r.Changed = changedCount(*v.job)
	}
	switch a.state {
	case HostFailed, HostExpired:
		r.Error = v.error(a)
		r.Message = r.Error.Message
	case HostCancelled:
		if r.Message == "" {
			r.Message = "Cancelled before it started."
		}
	}
	return r
}

// error is the error of a job host: the state machine's own judgement, where it
// has one, before what the agent or the connection said.
func (v verdict) error(a answer) *JobHostError {
	e := &JobHostError{Code: v.code, Message: short(v.words, 3000), Retryable: v.retryable}
	if a.code != "" && !(a.code == CodeUnreachable && v.code == CodeUntrusted) {
		e.Code = a.code
		e.Message = short(explain(a.code, v.words), 3000)
	}
	if e.Code == "" {
		e.Code = string(agentapi.CodeInternal)
	}
	return e
}

// explain says what the manager's own codes mean, and what to do.
func explain(code, cause string) string {
	text := map[string]string{
		CodeUnreachable:               "The host could not be reached; nothing was done.",
		CodeStateUnknown:              "The host may have carried out the order, and it cannot tell. Look at the host before ordering again.",
		CodeExpired:                   "It did not start before its deadline.",
		string(agentapi.CodeTimedOut): "The run took longer than allowed and is no longer followed. Look at the host before ordering again.",
	}[code]
	if cause == "" {
		return text
	}
	return text + " " + sentence(cause)
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	switch s[len(s)-1] {
	case '.', '!', '?':
		return s
	}
	return s + "."
}

// changedCount is how many packages differ from before.
func changedCount(j agentapi.Job) int {
	n := 0
	for _, p := range j.Packages {
		if p.AfterVersion != p.FromVersion {
			n++
		}
	}
	return n
}

// event is the manager's own event about a job host.
func (c *claim) event(state HostState, words string, now time.Time) eventRow {
	return eventRow{JobHostID: c.ID, Run: c.Run, JobEvent: JobEvent{JobID: c.JobID, HostID: c.HostID, Kind: EventStatus,
		At: now, Phase: c.Phase, Stream: StreamManager, State: state, Message: words}}
}

// announce writes events and audit rows about hosts that one statement ended,
// and wakes whoever waits for them.
func (s *Service) announce(ctx context.Context, tx db.Tx, rows []changedRow, state HostState, words string, now time.Time) error {
	events := make([]eventRow, len(rows))
	for i, r := range rows {
		events[i] = eventRow{JobHostID: r.ID, Run: 1, JobEvent: JobEvent{JobID: r.JobID, HostID: r.HostID,
			Kind: EventStatus, At: now, Stream: StreamManager, State: state, Message: words}}
	}
	if err := db.Notify(ctx, tx, db.ChannelJobs, ""); err != nil {
		return err
	}
	return insertEvents(ctx, tx, events)
}
