package audit

import (
	"time"

	"patchmanager/internal/testkit/fakeclock"
)

// slowClock goes on by more than a slice with each look at it.
type slowClock struct{ *fakeclock.Clock }

func (c *slowClock) Now() time.Time {
	c.Advance(2 * sliceTime)
	return c.Clock.Now()
}
