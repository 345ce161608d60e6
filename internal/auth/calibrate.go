package auth

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/argon2"

	"patchmanager/internal/clock"
)

// Limits of the cost of a password check, as the configuration takes them. Less
// than the least is too cheap for whoever steals the table.
const (
	MinArgonMemory = 19 * 1024 // KiB; the least that OWASP recommends
	MaxArgonMemory = maxMemory // KiB, and four are computed at once
	MaxArgonPasses = 50
	MaxArgonLanes  = 16
)

// Check says what is wrong with the parameters, as a sentence; empty when
// nothing is.
func (p Params) Check() string {
	switch {
	case p.Memory < MinArgonMemory || p.Memory > MaxArgonMemory:
		return fmt.Sprintf("the memory is not from %d to %d KiB", MinArgonMemory, MaxArgonMemory)
	case p.Time < 1 || p.Time > MaxArgonPasses:
		return fmt.Sprintf("the passes are not from 1 to %d", MaxArgonPasses)
	case p.Lanes < 1 || p.Lanes > MaxArgonLanes:
		return fmt.Sprintf("the lanes are not from 1 to %d", MaxArgonLanes)
	}
	return ""
}

// What a password check should take: long enough to make guessing expensive,
// short enough that people do not notice.
const (
	CalibrateAtLeast = 250 * time.Millisecond
	CalibrateAtMost  = 500 * time.Millisecond
)

// Measured is what parameters cost on this machine.
type Measured struct {
	Params Params
	Took   time.Duration
}

// Calibrate looks for parameters that cost what they should. The memory stays at
// the default's, for which the documented need of the process holds, and the
// passes make up the time; only a machine that is too slow for one pass gets less
// memory. It returns the choice and everything that was measured on the way.
func Calibrate(measure func(Params) time.Duration) (Measured, []Measured) {
	var tried []Measured
	for _, memory := range []uint32{DefaultParams.Memory, 48 * 1024, 32 * 1024, MinArgonMemory} {
		one := try(measure, Params{Memory: memory, Time: 1, Lanes: DefaultParams.Lanes}, &tried)
		if one.Took <= CalibrateAtMost || memory == MinArgonMemory {
			return morePasses(measure, one, &tried), tried
		}
	}
	return Measured{Params: DefaultParams}, tried // not reached: the last memory always returns
}

func try(measure func(Params) time.Duration, p Params, tried *[]Measured) Measured {
	m := Measured{p, measure(p)}
	*tried = append(*tried, m)
	return m
}

// morePasses adds passes until the check takes long enough. What was measured
// last estimates the next step, so that a busy moment does not decide.
func morePasses(measure func(Params) time.Duration, m Measured, tried *[]Measured) Measured {
	for m.Took < CalibrateAtLeast && m.Params.Time < MaxArgonPasses {
		perPass := max(m.Took/time.Duration(m.Params.Time), time.Microsecond)
		next := m.Params
		next.Time = uint32(min(max(int64((CalibrateAtLeast+perPass-1)/perPass), int64(next.Time)+1), MaxArgonPasses))
		longer := try(measure, next, tried)
		if longer.Took > CalibrateAtMost && m.Params.Time+1 < next.Time { // a jump too far: one step
			next.Time = m.Params.Time + 1
			longer = try(measure, next, tried)
		}
		m = longer
	}
	return m
}

// MeasureArgon returns a function that measures parameters on this machine: the
// median of five, because the machine does other things too.
func MeasureArgon(c clock.Clock) func(Params) time.Duration {
	password, salt := randomBytes(sumSize), randomBytes(saltSize)
	return func(p Params) time.Duration {
		took := make([]time.Duration, 5)
		for i := range took {
			began := c.Now()
			argon2.IDKey(password, salt, p.Time, p.Memory, p.Lanes, sumSize)
			took[i] = c.Now().Sub(began)
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
}
