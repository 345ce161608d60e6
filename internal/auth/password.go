package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

// changePassword replaces the actor's password, ends all of their sessions and
// begins a new one. The current password is guessable like that of a sign-in,
// by whoever holds a stolen access token, and is counted like one.
func (s *Service) changePassword(ctx context.Context, actor Actor, current, chosen string, c Caller) (grant, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return grant{}, err
	}
	acc, found, err := accountByID(ctx, s.db, actor.UserID)
	if err != nil || !found {
		return grant{}, orEnded(err)
	}
	if !acc.Local {
		return grant{}, apierr.Conflict("no_password", "You sign in through your organisation and have no password here.")
	}
	if err := refuseWeak(chosen, current, acc.Username); err != nil {
		return grant{}, err
	}
	a, err := s.begin(ctx, passwordOf(acc.Username), c)
	if err != nil {
		return grant{}, err
	}
	ok, _, err := s.hasher.verify(ctx, acc.passwordHash, current)
	if err != nil {
		return grant{}, err
	}
	if !ok {
		return grant{}, s.failChange(ctx, actor, acc.User, a.lockedUntil)
	}
	return s.replacePassword(ctx, actor, acc, chosen, a, c)
}

// orEnded is the answer when the user is gone: the session went with it.
func orEnded(err error) error {
	if err != nil {
		return err
	}
	return errSessionEnded()
}

func refuseWeak(chosen, current, username string) error {
	why := weakness(chosen, username)
	if why == "" && chosen == current {
		why = "The new password must not be the old one."
	}
	if why == "" {
		return nil
	}
	return apierr.Invalid(apierr.Detail{Field: "new_password", Message: why})
}

func (s *Service) failChange(ctx context.Context, actor Actor, u User, lockedUntil *time.Time) error {
	details := failDetails(failPassword, lockedUntil)
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		return audit.Append(ctx, tx, actor.Entry("user.password_change_failed", u.target(), details))
	})
	if err != nil {
		return fmt.Errorf("record failed password change: %w", err)
	}
	return apierr.Invalid(apierr.Detail{Field: "current_password", Message: "This is not the current password."})
}

func (s *Service) replacePassword(ctx context.Context, actor Actor, acc account, chosen string, a attempt, c Caller) (grant, error) {
	phc, err := s.hasher.hash(ctx, chosen)
	if err != nil {
		return grant{}, err
	}
	var g grant
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		still, err := lockAccount(ctx, tx, acc.ID, acc.passwordHash)
		if err != nil {
			return err
		}
		if !still {
			return apierr.Conflict("password_changed_meanwhile", "The password was changed by another request. Sign in again.")
		}
		if err := a.succeed(ctx, tx); err != nil {
			return err
		}
		g, err = s.writePassword(ctx, tx, actor, acc.User, phc, c)
		return err
	})
	if err != nil {
		return grant{}, fmt.Errorf("change password: %w", err)
	}
	s.changed(acc.Username)
	return s.sign(ctx, g)
}

func (s *Service) writePassword(ctx context.Context, tx db.Tx, actor Actor, u User, phc string, c Caller) (grant, error) {
	now := s.clock.Now()
	if err := setPassword(ctx, tx, u.ID, phc, false, now); err != nil {
		return grant{}, err
	}
	ses, _, found, err := sessionAccount(ctx, tx, actor.SessionID)
	if err != nil || !found || !ses.isActive(now) {
		return grant{}, orEnded(err)
	}
	ended, err := endSessions(ctx, tx, u.ID, endPasswordChanged, now)
	if err != nil {
		return grant{}, err
	}
	u.MustChangePassword = false
	g, err := s.openSession(ctx, tx, u, ses.proof, c) // what was shown is still so
	if err != nil {
		return grant{}, err
	}
	details := map[string]any{"sessions_ended": ended, "new_session": g.session.String()}
	return g, audit.Append(ctx, tx, actor.Entry("user.password_change", u.target(), details))
}
