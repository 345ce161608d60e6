package auth

import (
	"context"
	"encoding/base32"
	"fmt"
	"strings"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// AdminName is the user of the first start.
const AdminName = "admin"

// oneTimePassword is 100 random bits in four groups, easy to read and to type.
func oneTimePassword() string {
	s := strings.ToLower(base32.StdEncoding.EncodeToString(randomBytes(13)))[:20]
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:]
}

// EnsureAdmin makes the first administrator when there is no user at all.
// deliver gets the one-time password before the user is committed: when the
// process dies in between, the next start makes another password and delivers
// that, and nobody is left with a user whose password is lost.
func (s *Service) EnsureAdmin(ctx context.Context, deliver func(password string) error) (created bool, err error) {
	password := oneTimePassword()
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		empty, err := lockFirstUser(ctx, tx)
		if err != nil || !empty {
			return err
		}
		created = true
		if err := s.createAdmin(ctx, tx, password); err != nil {
			return err
		}
		return deliver(password)
	})
	if err != nil {
		return false, fmt.Errorf("create the first administrator: %w", err)
	}
	return created, nil
}

func (s *Service) createAdmin(ctx context.Context, tx db.Tx, password string) error {
	phc, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	id, err := ids.NewAt(now)
	if err != nil {
		return err
	}
	u := User{ID: id, Username: AdminName, DisplayName: "Administrator", Role: RoleAdmin, MustChangePassword: true}
	if err := insertUser(ctx, tx, u, phc, now); err != nil {
		return err
	}
	return audit.Append(ctx, tx, System("first start").Entry("user.create", u.target(), map[string]any{"role": string(u.Role)}))
}

// ResetPassword gives the user a one-time password, ends all of their sessions
// and lifts the lock of the account. It is what whoever has the console does
// when nobody can sign in any more.
func (s *Service) ResetPassword(ctx context.Context, username string) (password string, err error) {
	username = normalUsername(username)
	password = oneTimePassword()
	phc, err := s.hasher.hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("reset password: %w", err)
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		acc, found, err := accountByName(ctx, tx, username)
		if err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("user")
		}
		return s.writeReset(ctx, tx, System("console"), acc.User, phc)
	})
	if err != nil {
		return "", fmt.Errorf("reset password of %q: %w", username, err)
	}
	return password, nil
}

func (s *Service) writeReset(ctx context.Context, tx db.Tx, actor Actor, u User, phc string) error {
	now := s.clock.Now()
	if err := setPassword(ctx, tx, u.ID, phc, true, now); err != nil {
		return err
	}
	if err := forgetFailures(ctx, tx, u.Username); err != nil {
		return err
	}
	if err := forgetDevices(ctx, tx, u.ID); err != nil {
		return err
	}
	ended, err := endSessions(ctx, tx, u.ID, endPasswordReset, now)
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("user.password_reset", u.target(), map[string]any{"sessions_ended": ended}))
}
