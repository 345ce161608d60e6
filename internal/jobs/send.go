package jobs

import (
	"context"
	"errors"
	"net"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/db"
)

// give brings the order to the agent, or finds out what became of it. It reports
// whether the agent has it.
func (w *worker) give(ctx context.Context, h *hold) (bool, error) {
	c := h.claim
	if c.Removed {
		return false, w.settle(ctx, c, verdict{outcome: gotRefused, code: CodeHostRemoved, words: "The host is no longer managed."})
	}
	if w.mustNotStart(c) {
		known, err := w.lookUp(ctx, h)
		if known || err != nil {
			return known, err
		}
		return false, w.settle(ctx, c, verdict{outcome: gotUnknown})
	}
	w.s.crash("before send")
	job, err := w.order(ctx, c)
	w.s.crash("after send")
	if err != nil {
		return false, w.settle(ctx, c, refusal(err))
	}
	return true, w.accept(ctx, h, job.JobID)
}

// mustNotStart says that the order may only be looked for, not given.
func (w *worker) mustNotStart(c *claim) bool {
	return c.Cancel || !w.s.clock.Now().Before(c.Deadline)
}

// lookUp asks the agent whether it has the order. An agent that certainly never
// got it is not asked.
func (w *worker) lookUp(ctx context.Context, h *hold) (bool, error) {
	if !h.claim.Unsure {
		return false, nil
	}
	job, found, err := w.s.agentOf(h.claim).JobByKey(ctx, h.claim.key())
	switch {
	case err != nil:
		v := refusal(err)
		if v.outcome == gotNoContact || v.outcome == gotBusy || v.outcome == gotRefused {
			v.outcome = gotNoAnswer // the question was not answered, whatever the reason
		}
		if err := w.settle(ctx, h.claim, v); err != nil {
			return false, err
		}
		return false, errStale // the claim is given up
	case !found:
		return false, nil
	}
	return true, w.accept(ctx, h, job.JobID)
}

// order gives the order. The same key answers with the same job.
func (w *worker) order(ctx context.Context, c *claim) (agentapi.Job, error) {
	a, key := w.s.agentOf(c), c.key()
	switch c.Kind {
	case KindReboot:
		return a.Reboot(ctx, key, agentapi.RebootRequest{Reason: "ordered by job " + c.JobID.String()})
	case KindRefresh:
		return a.Refresh(ctx, key)
	case KindRollback:
		return a.Rollback(ctx, key, c.Undo)
	}
	r := c.Selection.request(c.Reboot, c.AllowRemovals)
	r.PlanHash, r.Deadline = c.PlanHash, &c.Deadline
	return a.Apply(ctx, key, r)
}

// accept notes the acceptance; from here on the agent is asked about its job.
func (w *worker) accept(ctx context.Context, h *hold, agentJob string) error {
	c, now := h.claim, w.s.clock.Now()
	err := w.s.inTx(ctx, "accept", func(tx db.Tx) error {
		if err := acceptHost(ctx, tx, c, agentJob, now); err != nil {
			return err
		}
		if err := db.Notify(ctx, tx, db.ChannelJobs, ""); err != nil {
			return err
		}
		return insertEvents(ctx, tx, []eventRow{c.event(HostRunning, "The host has the order.", now)})
	})
	if err != nil {
		return err
	}
	c.State, c.AgentJob, c.Unsure, c.HeardAt = HostRunning, agentJob, false, &now
	if c.StartedAt == nil {
		c.StartedAt = &now
	}
	h.agentJob.Store(&agentJob)
	return nil
}

// verdict is an outcome with what a person is told about it.
type verdict struct {
	outcome   outcome
	code      string
	words     string
	retryable bool
	job       *agentapi.Job
}

// refusal is what an error of a call means for an order.
func refusal(err error) verdict {
	var ae *agentclient.Error
	if !errors.As(err, &ae) {
		return verdict{outcome: gotNoAnswer, code: CodeUnreachable, words: err.Error(), retryable: true}
	}
	v := verdict{code: CodeUnreachable, words: ae.Reason(), retryable: true, outcome: gotNoAnswer}
	switch {
	case ae.Agent != nil:
		return agentRefusal(ae.Agent)
	case ae.Kind == agentclient.Refused:
		v.outcome, v.code = gotNoContact, CodeUntrusted // the handshake failed: nothing was sent
	case neverConnected(err):
		v.outcome = gotNoContact
	}
	return v
}

// agentRefusal is what the agent's own answer to an order means. Busy is said
// only of a key that is not in the agent's journal. After an internal error and
// before a rate limit the key was not looked at, so an order may be in there.
func agentRefusal(e *agentapi.Error) verdict {
	v := verdict{outcome: gotRefused, code: string(e.Code), words: e.Message, retryable: e.Retryable}
	switch {
	case e.Code == agentapi.CodeBusy:
		v.outcome = gotBusy
	case e.Code == agentapi.CodeInternal || e.Retryable:
		v.outcome, v.retryable = gotNoAnswer, true
	}
	return v
}

// neverConnected reports that no byte of the order left this machine.
func neverConnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
