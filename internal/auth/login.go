package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// failReason is why an attempt failed; for the audit trail only.
type failReason string

const (
	failUnknown  failReason = "unknown_user"
	failDisabled failReason = "user_disabled"
	failPassword failReason = "wrong_password"
	failRaced    failReason = "password_changed_meanwhile"
	failNoPass   failReason = "no_password"   // signs in through a provider only
	failOff      failReason = "passwords_off" // single sign-on only
	failCode     failReason = "wrong_code"
	failReplay   failReason = "code_used_before"
	failRecovery failReason = "wrong_recovery_code"
)

// entry is what a right password leads to: the restricted session of somebody
// who has no second factor yet, or the question for one.
type entry struct {
	grant     *grant
	challenge *Challenge
}

func errInvalidCredentials() error {
	return apierr.Unauthorized("invalid_credentials", "The user name or the password is wrong.")
}

// login checks name and password. That alone signs nobody in: it gets a session
// in which a second factor can be set up, or a challenge.
func (s *Service) login(ctx context.Context, username, password string, c Caller) (entry, error) {
	username = normalUsername(username)
	a, err := s.begin(ctx, passwordOf(username), c)
	if err != nil {
		return entry{}, err
	}
	acc, stale, reason, err := s.check(ctx, username, password)
	if err != nil {
		return entry{}, err
	}
	if reason != "" {
		return entry{}, s.failLogin(ctx, acc, reason, a.lockedUntil, c)
	}
	if stale {
		if err := s.rehash(ctx, &acc, password); err != nil {
			return entry{}, err
		}
	}
	return s.enter(ctx, acc, a, c)
}

// check compares name and password. It costs the same whether or not there is
// such a user, with or without a password, and whether or not the user is disabled.
func (s *Service) check(ctx context.Context, username, password string) (acc account, stale bool, reason failReason, err error) {
	acc, found, err := accountByName(ctx, s.db, username)
	if err != nil {
		return acc, false, "", err
	}
	phc := acc.passwordHash
	if phc == "" {
		phc = s.hasher.nobody
	}
	ok, stale, err := s.hasher.verify(ctx, phc, password)
	switch {
	case err != nil:
		return acc, false, "", err
	case !found:
		return acc, false, failUnknown, nil
	case !acc.Local:
		return acc, false, failNoPass, nil
	case !ok:
		return acc, false, failPassword, nil
	case acc.disabledAt != nil:
		return acc, false, failDisabled, nil
	case s.localOff(username):
		return acc, false, failOff, nil
	}
	return acc, stale, "", nil
}

// localOff reports that this user may only come in through a provider: single
// sign-on is all that is allowed, and this is not the break-glass account.
func (s *Service) localOff(username string) bool {
	r := s.rules()
	return r.PasswordOff && username != normalUsername(r.BreakGlass)
}

// refuseLocal is localOff for whoever has shown a factor already and may know.
func (s *Service) refuseLocal(acc account) error {
	if s.localOff(acc.Username) {
		return apierr.Forbidden("single_sign_on_only", "Sign in through your organisation: signing in here is switched off.")
	}
	return nil
}

// failLogin records a failed sign-in and returns the one answer to all of them.
func (s *Service) failLogin(ctx context.Context, acc account, reason failReason, lockedUntil *time.Time, c Caller) error {
	if err := s.recordFailure(ctx, acc, reason, lockedUntil, c); err != nil {
		return err
	}
	return errInvalidCredentials()
}

func (s *Service) recordFailure(ctx context.Context, acc account, reason failReason, lockedUntil *time.Time, c Caller) error {
	target := audit.Target{Kind: "user"}
	if !acc.ID.IsZero() {
		target = acc.target()
	}
	anonymous := Actor{Address: c.Address, RequestID: c.RequestID}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		return audit.Append(ctx, tx, anonymous.Entry("session.login_failed", target, failDetails(reason, lockedUntil)))
	})
	if err != nil {
		return fmt.Errorf("record failed sign-in: %w", err)
	}
	return nil
}

func failDetails(reason failReason, lockedUntil *time.Time) map[string]any {
	details := map[string]any{"reason": string(reason)}
	if lockedUntil != nil {
		details["locked_until"] = lockedUntil.Format(time.RFC3339)
	}
	return details
}

// enter goes on after the right password, unless it was changed or the user
// disabled since it was checked.
func (s *Service) enter(ctx context.Context, acc account, a attempt, c Caller) (entry, error) {
	var e entry
	var raced bool
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		still, err := lockAccount(ctx, tx, acc.ID, acc.passwordHash)
		if err != nil || !still {
			raced = err == nil
			return err
		}
		if err := a.succeed(ctx, tx); err != nil {
			return err
		}
		e, err = s.admitPassword(ctx, tx, acc.User, c)
		return err
	})
	if err != nil {
		return entry{}, fmt.Errorf("sign in: %w", err)
	}
	if raced {
		return entry{}, s.failLogin(ctx, acc, failRaced, nil, c)
	}
	if e.grant == nil {
		return e, nil
	}
	g, err := s.sign(ctx, *e.grant)
	return entry{grant: &g}, err
}

// admitPassword asks for the second factor, or lets in to set one up.
func (s *Service) admitPassword(ctx context.Context, tx db.Tx, u User, c Caller) (entry, error) {
	f, err := readFactors(ctx, tx, u.ID)
	if err != nil {
		return entry{}, err
	}
	if f.any() {
		ch, err := s.askFactor(ctx, tx, u, f, []Method{MethodPassword}, c)
		return entry{challenge: &ch}, err
	}
	g, err := s.openSession(ctx, tx, u, proof{methods: []Method{MethodPassword}}, c)
	if err != nil {
		return entry{}, err
	}
	if err := noteSignIn(ctx, tx, u.ID, s.clock.Now()); err != nil {
		return entry{}, err
	}
	return entry{grant: &g}, appendSignIn(ctx, tx, u, g, c)
}

// rehash stores the password, which is known right now, at today's cost.
func (s *Service) rehash(ctx context.Context, acc *account, password string) error {
	phc, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("renew password hash: %w", err)
	}
	replaced, err := replaceHash(ctx, s.db, acc.ID, acc.passwordHash, phc)
	if err != nil {
		return fmt.Errorf("renew password hash: %w", err)
	}
	if replaced { // otherwise somebody else was first, and enter finds out
		acc.passwordHash = phc
	}
	return nil
}

// sessionTarget names a session in the audit trail.
func sessionTarget(id ids.ID, u User) audit.Target {
	return audit.Target{Kind: "session", ID: id.String(), Name: u.Username}
}
