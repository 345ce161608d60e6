package discovery

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// maxRunning is how many scans run at once, over all workers.
	maxRunning = 2
	// leaseTime is how long a claim holds without being renewed. With scanTick it is
	// the time after which another worker goes on when one dies.
	leaseTime = 20 * time.Second
	// scanTick is the longest time after which a waiting scan is noticed without a nudge.
	scanTick = time.Second
	// maxAttempts is how often a scan is taken up without getting any further.
	maxAttempts = 5
)

// scanner is the part of a process that carries out scans. All of them share
// its prober and so its limits.
type scanner struct {
	s      *Service
	prober *prober
	freed  chan struct{} // a scan has ended
	group  sync.WaitGroup

	mu   sync.Mutex
	busy int
}

func newScanner(s *Service) *scanner {
	return &scanner{s: s, freed: make(chan struct{}, 1), prober: newProber(s.deps.Dial, s.deps.TLS, s.deps.Clock, s.deps.Resolve)}
}

// once claims what waits and starts it. It does not return to its supervisor
// before all its scans have ended: while they run it waits for one of them, a
// nudge or the tick, and asks to be called again.
func (sc *scanner) once(ctx context.Context) (again bool, err error) {
	list, err := sc.s.claim(ctx)
	if err != nil && sc.running() == 0 {
		return false, err
	}
	if err != nil {
		slog.ErrorContext(ctx, "claiming scans failed", "error", err)
	}
	for _, c := range list {
		sc.start(ctx, c)
	}
	if sc.running() == 0 {
		return false, nil
	}
	sc.wait(ctx)
	return true, nil
}

func (sc *scanner) wait(ctx context.Context) {
	select {
	case <-ctx.Done():
		sc.group.Wait()
	case <-sc.freed:
	case <-sc.s.deps.Nudge:
	case <-sc.s.deps.Clock.After(scanTick):
	}
}

func (sc *scanner) running() int {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.busy
}

func (sc *scanner) start(ctx context.Context, c claim) {
	sc.mu.Lock()
	sc.busy++
	sc.mu.Unlock()
	sc.group.Go(func() {
		defer sc.done()
		defer func() {
			if v := recover(); v != nil { // the lease ends and another attempt is made
				slog.ErrorContext(ctx, "scan failed", "scan_id", c.ID, "panic", v, "stack", string(debug.Stack()))
			}
		}()
		sc.prober.names.again()
		newRun(sc, c).carryOut(ctx)
	})
}

func (sc *scanner) done() {
	sc.mu.Lock()
	sc.busy--
	sc.mu.Unlock()
	select {
	case sc.freed <- struct{}{}:
	default:
	}
}
