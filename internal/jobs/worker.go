package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
	"patchmanager/internal/runner"
)

const (
	// leaseTime is how long a claim holds without being renewed: the time after
	// which another worker goes on when one dies.
	leaseTime = 30 * time.Second
	// renewEvery leaves two tries before a lease ends.
	renewEvery = 10 * time.Second
	// dispatchEvery finds what a lost notification would have told.
	dispatchEvery = time.Second
	// maxSends is how many orders one worker gives at once. A host that is
	// being followed costs no more than an open connection and does not count.
	maxSends = 64
)

// worker is the part of a process that carries job hosts forward.
type worker struct {
	s      *Service
	writer *writer
	nudge  chan struct{}
	batch  int // events of one host that are stored at once

	mu      sync.Mutex
	holds   map[ids.ID]*hold // by the stamp of the claim
	sending int
	runs    sync.WaitGroup
}

// hold is a claim that this worker holds.
type hold struct {
	claim    *claim // only touched by its own goroutine
	drop     context.CancelFunc
	agentJob atomic.Pointer[string]
	telling  atomic.Bool
	// ended is the agent's job as it was when it answered that it had ended
	// before it could be cancelled; it is out of the agent's history then.
	ended atomic.Pointer[agentapi.Job]
}

func newWorker(s *Service) *worker {
	w := &worker{s: s, holds: map[ids.ID]*hold{}, nudge: make(chan struct{}, 1), batch: batchEvents}
	w.writer = &writer{s: s}
	return w
}

// Loops are the loops of a worker process. ctx is the one they will run under.
func (s *Service) Loops(ctx context.Context) []runner.Loop {
	w := s.work
	var nudgeRollUp <-chan struct{}
	if s.listen != nil {
		go w.forward(ctx, s.listen.Nudge(ctx, "pm_jobs"))
		nudgeRollUp = s.listen.Nudge(ctx, "pm_jobs")
	}
	return []runner.Loop{
		{Name: "jobs dispatch", Interval: dispatchEvery, Jitter: dispatchEvery / 4, Nudge: w.nudge, Once: w.dispatch},
		{Name: "jobs leases", Interval: renewEvery, Once: w.renew},
		{Name: "jobs roll-up", Interval: dispatchEvery, Jitter: dispatchEvery / 4, Nudge: nudgeRollUp, Once: s.rollUp},
		{Name: "jobs stop", Interval: time.Hour, Once: w.untilStopped},
	}
}

func (w *worker) forward(ctx context.Context, in <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-in:
			w.wake()
		}
	}
}

// wake asks the dispatcher to look.
func (w *worker) wake() {
	select {
	case w.nudge <- struct{}{}:
	default:
	}
}

// stopTime is how long a stopping worker takes to give its claims back. Whoever
// does not manage is taken over when its leases end.
const stopTime = 5 * time.Second

// untilStopped keeps the process until every host run has let go, and then gives
// the claims back, so that a restart costs no lease time.
func (w *worker) untilStopped(ctx context.Context) (bool, error) {
	<-ctx.Done()
	w.runs.Wait()
	stamps := w.stamps()
	if len(stamps) == 0 {
		return false, nil
	}
	w.s.crash("before release")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := releaseClaims(ctx, w.s.db, stamps, w.s.clock.Now()); err != nil {
		slog.WarnContext(ctx, "claims were not given back; they end with their leases", "error", err, "claims", len(stamps))
	}
	return false, nil
}

func (w *worker) add(h *hold) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds[h.claim.Stamp] = h
	w.runs.Add(1)
}

// letGo ends a run. A claim that is given up is forgotten; one that is still
// held because the worker stops is kept for untilStopped.
func (w *worker) letGo(ctx context.Context, h *hold) {
	h.drop()
	w.mu.Lock()
	if ctx.Err() == nil {
		delete(w.holds, h.claim.Stamp)
	}
	w.mu.Unlock()
	w.runs.Done()
}

func (w *worker) stamps() []ids.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]ids.ID, 0, len(w.holds))
	for s := range w.holds {
		out = append(out, s)
	}
	return out
}

func (w *worker) byStamp(s ids.ID) *hold {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.holds[s]
}

// renew extends the leases of what this worker holds, and drops what another
// worker has taken over.
func (w *worker) renew(ctx context.Context) (bool, error) {
	mine := w.stamps()
	if len(mine) == 0 {
		return false, nil
	}
	held, err := renewClaims(ctx, w.s.db, mine, w.s.clock.Now())
	if err != nil {
		return false, err
	}
	keep := make(map[ids.ID]bool, len(held))
	for _, s := range held {
		keep[s] = true
	}
	for _, s := range mine {
		if h := w.byStamp(s); h != nil && !keep[s] {
			h.drop()
		}
	}
	return false, nil
}
