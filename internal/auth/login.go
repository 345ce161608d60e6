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
)

func errInvalidCredentials() error {
	return apierr.Unauthorized("invalid_credentials", "The user name or the password is wrong.")
}

// login checks name and password and begins a session.
func (s *Service) login(ctx context.Context, username, password string, c Caller) (grant, error) {
	username = normalUsername(username)
	a, err := s.begin(ctx, username, c.Address)
	if err != nil {
		return grant{}, err
	}
	acc, stale, reason, err := s.check(ctx, username, password)
	if err != nil {
		return grant{}, err
	}
	if reason != "" {
		return grant{}, s.failLogin(ctx, acc, reason, a.lockedUntil, c)
	}
	if stale {
		if err := s.rehash(ctx, &acc, password); err != nil {
			return grant{}, err
		}
	}
	return s.enter(ctx, acc, a, c)
}

// check compares name and password. It costs the same whether or not there is
// such a user, and whether or not the user is disabled.
func (s *Service) check(ctx context.Context, username, password string) (acc account, stale bool, reason failReason, err error) {
	acc, found, err := accountByName(ctx, s.db, username)
	if err != nil {
		return acc, false, "", err
	}
	phc := acc.passwordHash
	if !found {
		phc = s.hasher.nobody
	}
	ok, stale, err := s.hasher.verify(ctx, phc, password)
	switch {
	case err != nil:
		return acc, false, "", err
	case !found:
		return acc, false, failUnknown, nil
	case !ok:
		return acc, false, failPassword, nil
	case acc.disabledAt != nil:
		return acc, false, failDisabled, nil
	}
	return acc, stale, "", nil
}

// failLogin records a failed sign-in and returns the one answer to all of them.
func (s *Service) failLogin(ctx context.Context, acc account, reason failReason, lockedUntil *time.Time, c Caller) error {
	details := map[string]any{"reason": string(reason)}
	if lockedUntil != nil {
		details["locked_until"] = lockedUntil.Format(time.RFC3339)
	}
	target := audit.Target{Kind: "user"}
	if !acc.ID.IsZero() {
		target = acc.target()
	}
	anonymous := Actor{Address: c.Address, RequestID: c.RequestID}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		return audit.Append(ctx, tx, anonymous.Entry("session.login_failed", target, details))
	})
	if err != nil {
		return fmt.Errorf("record failed sign-in: %w", err)
	}
	return errInvalidCredentials()
}

// enter begins the session, unless the password was changed or the user
// disabled since it was checked.
func (s *Service) enter(ctx context.Context, acc account, a attempt, c Caller) (grant, error) {
	var g grant
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
		if g, err = s.openSession(ctx, tx, acc.User, proof{methods: []Method{MethodPassword}}, c); err != nil {
			return err
		}
		details := map[string]any{"user_agent": normalUserAgent(c.UserAgent)}
		target := sessionTarget(g.session, acc.User)
		return audit.Append(ctx, tx, c.as(acc.User, g.session).Entry("session.login", target, details))
	})
	if err != nil {
		return grant{}, fmt.Errorf("sign in: %w", err)
	}
	if raced {
		return grant{}, s.failLogin(ctx, acc, failRaced, nil, c)
	}
	return s.sign(ctx, g)
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
