// Package runner supervises the product's loops: each runs once, waits for its
// interval (with jitter, so that processes that start together drift apart) or
// for a nudge, and runs again. A loop that fails or panics is logged and goes
// on with its next turn; only the end of the context stops it.
package runner

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"patchmanager/internal/clock"
)

// Loop is one supervised loop.
type Loop struct {
	Name     string
	Interval time.Duration   // between turns that found nothing more to do
	Jitter   time.Duration   // up to this much is added to each wait
	Nudge    <-chan struct{} // wakes the loop early; may be nil
	// Once does one turn. again asks for the next turn at once, because there
	// is more of the same.
	Once func(ctx context.Context) (again bool, err error)
}

// Run runs the loops until ctx ends and all of them have returned.
func Run(ctx context.Context, c clock.Clock, loops ...Loop) {
	var wg sync.WaitGroup
	for _, l := range loops {
		wg.Go(func() { l.run(ctx, c) })
	}
	wg.Wait()
}

func (l Loop) run(ctx context.Context, c clock.Clock) {
	for ctx.Err() == nil {
		again, err := l.turn(ctx)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "loop turn failed", "loop", l.Name, "error", err)
			again = false
		}
		if again {
			continue
		}
		select {
		case <-ctx.Done():
		case <-l.Nudge:
		case <-c.After(l.wait()):
		}
	}
}

func (l Loop) wait() time.Duration {
	if l.Jitter <= 0 {
		return l.Interval
	}
	return l.Interval + rand.N(l.Jitter)
}

// turn makes a panic an error of this turn: one bad row must not end polling.
func (l Loop) turn(ctx context.Context) (again bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return l.Once(ctx)
}
