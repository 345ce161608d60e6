package fakeclock_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/clock"
	"patchmanager/internal/testkit/fakeclock"
)

var start = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func TestAdvanceWakesWhoeverIsDue(t *testing.T) {
	c := fakeclock.New(start)
	soon, later := c.After(time.Second), c.After(time.Minute)
	c.Advance(time.Second)
	require.Equal(t, start.Add(time.Second), <-soon)
	require.Empty(t, later)
	c.Advance(time.Hour)
	require.Len(t, later, 1)
}

func TestSleepEndsWithItsContext(t *testing.T) {
	c := fakeclock.New(start)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- clock.Sleep(ctx, c, time.Hour) }()
	c.BlockUntil(1)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}
