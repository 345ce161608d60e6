package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
)

// failures is what is known about one subject.
type failures struct {
	count       int
	lastAt      time.Time
	lockedUntil *time.Time
}

// limit says how many failures are free and how long the others lock.
type limit struct {
	free int // the free-th failure locks
}

var (
	accountLimit = limit{free: 5}
	addressLimit = limit{free: 20} // an office or a whole site behind one address
)

const (
	firstLock   = time.Minute
	longestLock = 15 * time.Minute
	forgetAfter = time.Hour
)

// wait is how long the subject is still locked.
func (f failures) wait(now time.Time) time.Duration {
	if f.lockedUntil == nil {
		return 0
	}
	return max(0, f.lockedUntil.Sub(now))
}

// next counts one more failure.
func (l limit) next(f failures, now time.Time) failures {
	if now.Sub(f.lastAt) > forgetAfter {
		f.count = 0
	}
	f = failures{count: f.count + 1, lastAt: now}
	if f.count >= l.free {
		until := now.Add(lockFor(f.count - l.free))
		f.lockedUntil = &until
	}
	return f
}

// lockFor doubles from one minute up to fifteen.
func lockFor(beyond int) time.Duration {
	if beyond > 4 {
		return longestLock
	}
	return min(firstLock<<beyond, longestLock)
}

// subject is what failures are counted for.
type subject struct {
	key   string
	limit limit
}

// subjectsOf are always in the same order, so that two attempts do not wait for
// each other's rows.
func subjectsOf(username string, addr netip.Addr) []subject {
	return []subject{
		{"addr:" + household(addr), addressLimit},
		{"user:" + username, accountLimit},
	}
}

// household is the address, or the /64 that one IPv6 customer has at least.
func household(addr netip.Addr) string {
	if addr.Is6() && !addr.Is4In6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}

// attempt is one guess that was counted before it was looked at.
type attempt struct {
	subjects    []subject
	lockedUntil *time.Time // set when this attempt, if wrong, is what locks
}

// lockedError refuses an attempt unseen.
type lockedError struct{ wait time.Duration }

func (e *lockedError) Error() string { return "locked for " + e.wait.String() }

// begin counts an attempt as failed, in a transaction of its own that is
// committed before the password is looked at: a crash in between counts, and
// so do a hundred guesses at once. A locked subject answers 429.
func (s *Service) begin(ctx context.Context, username string, addr netip.Addr) (attempt, error) {
	if !addr.IsValid() {
		return attempt{}, errors.New("the request carries no client address")
	}
	if s.hasher.isBusy() {
		return attempt{}, errBusy()
	}
	a := attempt{subjects: subjectsOf(username, addr)}
	now := s.clock.Now()
	err := s.refuseLocked(ctx, a.subjects, now)
	if err == nil {
		err = s.db.InTx(ctx, func(tx db.Tx) error { return a.charge(ctx, tx, now) })
	}
	var locked *lockedError
	if errors.As(err, &locked) {
		return attempt{}, apierr.TooMany(locked.wait)
	}
	if err != nil {
		return attempt{}, fmt.Errorf("count sign-in attempt: %w", err)
	}
	return a, nil
}

// refuseLocked looks without writing, so that a flood against a lock costs one
// read each.
func (s *Service) refuseLocked(ctx context.Context, subjects []subject, now time.Time) error {
	for _, sub := range subjects {
		f, err := readFailures(ctx, s.db, sub.key)
		if err != nil {
			return err
		}
		if w := f.wait(now); w > 0 {
			return &lockedError{w}
		}
	}
	return nil
}

func (a *attempt) charge(ctx context.Context, tx db.Tx, now time.Time) error {
	for _, sub := range a.subjects {
		f, err := lockFailures(ctx, tx, sub.key, now)
		if err != nil {
			return err
		}
		if w := f.wait(now); w > 0 {
			return &lockedError{w}
		}
		f = sub.limit.next(f, now)
		if err := updateFailures(ctx, tx, sub.key, f); err != nil {
			return err
		}
		if f.lockedUntil != nil && (a.lockedUntil == nil || f.lockedUntil.After(*a.lockedUntil)) {
			a.lockedUntil = f.lockedUntil
		}
	}
	return nil
}

// succeed forgets the account's failures and takes this attempt's own back from
// the address.
func (a attempt) succeed(ctx context.Context, tx db.Tx) error {
	address, account := a.subjects[0], a.subjects[1]
	if err := refundFailure(ctx, tx, address.key, address.limit.free); err != nil {
		return err
	}
	return deleteFailures(ctx, tx, account.key)
}
