package jobs

import (
	"context"
	"errors"
	"log/slog"

	"patchmanager/internal/agentclient"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// expireBatch bounds one transaction that expires job hosts.
const expireBatch = 500

// dispatch is one turn of the dispatcher: end what waited too long, tell agents
// of cancellations, claim what is due and start a run for each. It asks for
// another turn while there may be more.
func (w *worker) dispatch(ctx context.Context) (bool, error) {
	moreExpired, err := w.expire(ctx)
	if err != nil {
		return false, err
	}
	if err := w.tellCancelled(ctx); err != nil {
		return false, err
	}
	free := w.free()
	if free == 0 {
		return moreExpired, nil // the end of a send wakes the loop
	}
	claims, err := w.claim(ctx, free)
	if err != nil {
		return false, err
	}
	for _, c := range claims {
		w.start(ctx, c)
	}
	return moreExpired || len(claims) == free, nil
}

func (w *worker) claim(ctx context.Context, limit int) (claims []*claim, err error) {
	err = w.s.inTx(ctx, "claim", func(tx db.Tx) error {
		claims, err = claimHosts(ctx, tx, w.s.clock.Now(), limit)
		return err
	})
	return claims, err
}

func (w *worker) free() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maxSends - w.sending
}

// start begins a host run. Only runs that give an order count as sends.
func (w *worker) start(ctx context.Context, c *claim) {
	runCtx, drop := context.WithCancel(ctx)
	h := &hold{claim: c, drop: drop}
	if c.AgentJob != "" {
		h.agentJob.Store(&c.AgentJob)
	}
	w.add(h)
	sends := c.State == HostClaimed
	if sends {
		w.countSend(1)
	}
	go func() {
		defer w.letGo(ctx, h)
		if sends && !w.send(runCtx, h) {
			return
		}
		w.follow(runCtx, h)
	}()
}

func (w *worker) countSend(n int) {
	w.mu.Lock()
	w.sending += n
	w.mu.Unlock()
	if n < 0 {
		w.wake()
	}
}

// send gives the order and reports whether the host is to be followed.
func (w *worker) send(ctx context.Context, h *hold) bool {
	defer w.countSend(-1)
	followed, err := w.give(ctx, h)
	w.report(ctx, h.claim, err)
	return followed && err == nil
}

// report logs what ended a host run before its time. A stale claim is no
// trouble: somebody else goes on. Everything else is taken up again when the
// lease ends.
func (w *worker) report(ctx context.Context, c *claim, err error) {
	if err == nil || errors.Is(err, errStale) || ctx.Err() != nil {
		return
	}
	slog.ErrorContext(ctx, "host run interrupted; it goes on when its lease ends", "error", err,
		"job", c.JobID, "host", c.HostID, "state", c.State)
}

// expire ends what waited past its deadline.
func (w *worker) expire(ctx context.Context) (more bool, err error) {
	now := w.s.clock.Now()
	err = w.s.inTx(ctx, "expire", func(tx db.Tx) error {
		rows, err := expireDue(ctx, tx, now, expireBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		more = len(rows) == expireBatch
		return w.s.announce(ctx, tx, rows, HostExpired, "It did not start before its deadline.", now)
	})
	return more, err
}

// tellCancelled tells the agents of cancelled hosts.
func (w *worker) tellCancelled(ctx context.Context) error {
	mine := w.stamps()
	if len(mine) == 0 {
		return nil
	}
	stamps, err := cancelledClaims(ctx, w.s.db, mine)
	if err != nil {
		return err
	}
	for _, s := range stamps {
		w.tellOne(ctx, s)
	}
	return nil
}

func (w *worker) tellOne(ctx context.Context, stamp ids.ID) {
	h := w.byStamp(stamp)
	if h == nil || h.agentJob.Load() == nil || !h.telling.CompareAndSwap(false, true) {
		return // not accepted yet, or being told
	}
	w.runs.Go(func() {
		defer h.telling.Store(false)
		if err := w.tell(ctx, h); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "agent not told to stop; it is tried again", "error", err, "host", h.claim.HostID)
		}
	})
}

// tell asks the agent to stop at its next safe point. It looks first, because
// an old agent takes a job that has ended out of its history when asked.
func (w *worker) tell(ctx context.Context, h *hold) error {
	a, id := w.s.agentOf(h.claim), *h.agentJob.Load()
	job, err := a.Job(ctx, id)
	if err != nil {
		return err
	}
	if !job.Status.Final() {
		w.s.crash("before cancel")
		if job, err = a.Cancel(ctx, id); err != nil {
			return err
		}
		w.s.crash("after cancel")
		if job.Status.Final() {
			h.ended.Store(&job)
		}
	}
	return toldCancel(ctx, w.s.db, h.claim, w.s.clock.Now())
}

func (s *Service) agentOf(c *claim) Agent {
	return s.agents(agentclient.Target{HostID: c.HostID, Address: c.Address, Port: c.Port})
}
