package auth

import (
	"context"
	"encoding/hex"
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
	free    int           // the free-th failure locks
	longest time.Duration // the lock doubles from a minute up to this
	forget  time.Duration // after so long without a failure all are forgotten
}

var (
	accountLimit = limit{free: 5, longest: 15 * time.Minute, forget: time.Hour}
	// a six-digit code is guessed by whoever knows the password already: about 30
	// guesses a day, each right with 3 in a million
	codeLimit    = limit{free: 5, longest: time.Hour, forget: 24 * time.Hour}
	addressLimit = limit{free: 20, longest: 15 * time.Minute, forget: time.Hour} // an office or a whole site behind one address
	// refresh tokens cannot be guessed; this keeps a flood of them from the database
	refreshLimit = limit{free: 60, longest: 15 * time.Minute, forget: time.Hour}
)

const (
	firstLock  = time.Minute
	mostDouble = 10 // further doubling is beyond every limit, and would overflow at last
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
	if now.Sub(f.lastAt) > l.forget {
		f.count = 0
	}
	f = failures{count: f.count + 1, lastAt: now}
	if f.count >= l.free {
		until := now.Add(l.lockFor(f.count - l.free))
		f.lockedUntil = &until
	}
	return f
}

func (l limit) lockFor(beyond int) time.Duration {
	return min(firstLock<<min(beyond, mostDouble), l.longest)
}

// guess is what somebody tries to be right about.
type guess struct {
	kind  guessKind
	user  string // normal form of the name; empty when a passkey is to tell
	limit limit  // of the account, and of each known device
}

type guessKind string

const (
	kindPassword guessKind = "user"
	kindCode     guessKind = "code"
)

// The passwords and the codes of an account are counted apart: the right
// password must not clear the wrong codes, or each sign-in would give five new
// guesses at the code.
func passwordOf(username string) guess { return guess{kindPassword, username, accountLimit} }

// codeOf is for TOTP and recovery codes, of sign-in and step-up together.
func codeOf(username string) guess { return guess{kindCode, username, codeLimit} }

// passkeyGuess is counted for the address only: a passkey cannot be guessed, and
// so strangers cannot keep it out.
var passkeyGuess = guess{}

// subject is what failures are counted for.
type subject struct {
	key    string
	limit  limit
	shared bool       // with others, whose failures stay when this caller was right
	locked *time.Time // the lock that this attempt has caused; nil: none
}

// subjectsOf are always in the same order, so that two attempts do not wait for
// each other's rows. A known device of the user has a count of its own, and no
// other: neither strangers who guess at the account nor neighbours behind the
// same address can lock it out.
func subjectsOf(g guess, addr netip.Addr, device deviceToken, owner string) []subject {
	if owner != "" && (g.user == owner || g.user == "") {
		return []subject{{key: deviceKey(g.kind, device), limit: g.limit.orAddress()}}
	}
	out := []subject{{key: addressKey("addr", addr), limit: addressLimit, shared: true}}
	if g.user != "" {
		out = append(out, subject{key: accountKey(g.kind, g.user), limit: g.limit})
	}
	return out
}

// orAddress is the limit of an address for what has none of its own.
func (l limit) orAddress() limit {
	if l.free == 0 {
		return addressLimit
	}
	return l
}

func accountKey(kind guessKind, username string) string { return string(kind) + ":" + username }

func deviceKey(kind guessKind, t deviceToken) string {
	return "device" + string(kind) + ":" + hex.EncodeToString(t.hash())
}

func addressKey(kind string, addr netip.Addr) string { return kind + ":" + household(addr) }

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

var errNoAddress = errors.New("the request carries no client address")

// begin counts an attempt as failed, in a transaction of its own that is
// committed before the guess is looked at: a crash in between counts, and so do
// a hundred guesses at once. A locked subject answers 429.
func (s *Service) begin(ctx context.Context, g guess, c Caller) (attempt, error) {
	if !c.Address.IsValid() {
		return attempt{}, errNoAddress
	}
	if g.kind == kindPassword && s.hasher.isBusy() {
		return attempt{}, errBusy()
	}
	now := s.clock.Now()
	owner, err := s.ownerOf(ctx, c.Device, now)
	if err != nil {
		return attempt{}, err
	}
	a := attempt{subjects: subjectsOf(g, c.Address, c.Device, owner)}
	if err := s.countAttempt(ctx, &a, now); err != nil {
		return attempt{}, err
	}
	return a, nil
}

// ownerOf is the name of the user who knows this browser; empty for none.
func (s *Service) ownerOf(ctx context.Context, t deviceToken, now time.Time) (string, error) {
	if t == "" {
		return "", nil
	}
	return deviceOwner(ctx, s.db, t.hash(), now.Add(-deviceLife))
}

func (s *Service) countAttempt(ctx context.Context, a *attempt, now time.Time) error {
	err := s.refuseLocked(ctx, a.subjects, now)
	if err == nil {
		err = s.db.InTx(ctx, func(tx db.Tx) error { return a.charge(ctx, tx, now) })
	}
	var locked *lockedError
	if errors.As(err, &locked) {
		return apierr.TooMany(locked.wait)
	}
	if err != nil {
		return fmt.Errorf("count sign-in attempt: %w", err)
	}
	return nil
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
	for i, sub := range a.subjects {
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
		a.subjects[i].locked = f.lockedUntil
		if f.lockedUntil != nil && (a.lockedUntil == nil || f.lockedUntil.After(*a.lockedUntil)) {
			a.lockedUntil = f.lockedUntil
		}
	}
	return nil
}

// succeed forgets the failures of the account, or of its device, and takes this
// attempt's own back from what others share.
func (a attempt) succeed(ctx context.Context, tx db.Tx) error {
	for _, sub := range a.subjects {
		if !sub.shared {
			if err := deleteFailures(ctx, tx, sub.key); err != nil {
				return err
			}
		} else if err := refundFailure(ctx, tx, sub.key, sub.locked); err != nil {
			return err
		}
	}
	return nil
}

// forgetFailures lifts the locks of an account. Counts of devices stay: each ends
// with its device's token, and a caller may bring a device that is not theirs.
func forgetFailures(ctx context.Context, tx db.Tx, username string) error {
	for _, kind := range []guessKind{kindPassword, kindCode} {
		if err := deleteFailures(ctx, tx, accountKey(kind, username)); err != nil {
			return err
		}
	}
	return nil
}
