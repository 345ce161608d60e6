// Package fakeclock is a clock that moves only when a test says so.
package fakeclock

import (
	"sort"
	"sync"
	"time"
)

// Clock implements clock.Clock.
type Clock struct {
	mu      sync.Mutex
	cond    *sync.Cond
	now     time.Time
	waiters []waiter
}

type waiter struct {
	at time.Time
	ch chan time.Time
}

// New starts a clock at t.
func New(t time.Time) *Clock {
	c := &Clock{now: t.UTC()}
	c.cond = sync.NewCond(&c.mu)
	return c
}

// Now implements clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After implements clock.Clock.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- c.now
		return ch
	}
	c.waiters = append(c.waiters, waiter{c.now.Add(d), ch})
	c.cond.Broadcast()
	return ch
}

// Advance moves the clock and wakes everyone whose time has come, in order.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	sort.SliceStable(c.waiters, func(i, j int) bool { return c.waiters[i].at.Before(c.waiters[j].at) })
	for len(c.waiters) > 0 && !c.waiters[0].at.After(c.now) {
		c.waiters[0].ch <- c.now
		c.waiters = c.waiters[1:]
	}
}

// BlockUntil waits until n callers wait for the clock, so that a test moves
// time only when the code under test has gone to sleep.
func (c *Clock) BlockUntil(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiters) < n {
		c.cond.Wait()
	}
}
