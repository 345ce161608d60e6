package runner_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/runner"
	"patchmanager/internal/testkit/fakeclock"
)

var start = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// run starts one loop and returns the channel its turns arrive on and a stop
// function that waits for it to end.
func run(t *testing.T, c *fakeclock.Clock, l runner.Loop, outcome func(turn int) (bool, error)) <-chan int {
	t.Helper()
	turns := make(chan int)
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	l.Name = "test"
	l.Once = func(context.Context) (bool, error) {
		n++
		select {
		case turns <- n:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		return outcome(n)
	}
	ended := make(chan struct{})
	go func() { runner.Run(ctx, c, l); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return turns
}

func TestRunsAtOnceAndThenEveryInterval(t *testing.T) {
	c := fakeclock.New(start)
	turns := run(t, c, runner.Loop{Interval: time.Minute}, func(int) (bool, error) { return false, nil })
	require.Equal(t, 1, <-turns)
	c.BlockUntil(1)
	c.Advance(time.Minute)
	require.Equal(t, 2, <-turns)
}

func TestRunsAgainWhileThereIsMore(t *testing.T) {
	c := fakeclock.New(start)
	turns := run(t, c, runner.Loop{Interval: time.Hour}, func(n int) (bool, error) { return n < 3, nil })
	for want := 1; want <= 3; want++ {
		require.Equal(t, want, <-turns)
	}
	c.BlockUntil(1)
}

func TestNudgeWakesEarly(t *testing.T) {
	c := fakeclock.New(start)
	nudge := make(chan struct{})
	turns := run(t, c, runner.Loop{Interval: time.Hour, Nudge: nudge}, func(int) (bool, error) { return false, nil })
	<-turns
	nudge <- struct{}{}
	require.Equal(t, 2, <-turns)
}

func TestGoesOnAfterErrorAndPanic(t *testing.T) {
	c := fakeclock.New(start)
	turns := run(t, c, runner.Loop{Interval: time.Minute}, func(n int) (bool, error) {
		if n == 1 {
			panic("one bad row")
		}
		return true, errors.New("database away")
	})
	for want := 1; want <= 3; want++ {
		require.Equal(t, want, <-turns)
		c.BlockUntil(1)
		c.Advance(time.Minute)
	}
}
