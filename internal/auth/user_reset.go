package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// NewPassword carries the only copy of a one-time password.
type NewPassword struct {
	OneTimePassword string `json:"one_time_password" doc:"Shown this once. It must be changed at the next sign-in."`
}

// ResetUserPassword gives a user a one-time password, ends their sessions and
// lifts the lock of the account. A user of single sign-on becomes one with a
// password, too.
func (s *Service) ResetUserPassword(ctx context.Context, actor Actor, id ids.ID) (NewPassword, error) {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return NewPassword{}, err
	}
	if id == actor.UserID {
		return NewPassword{}, errOwnAccount("reset your own password; change it in your profile")
	}
	password := oneTimePassword()
	phc, err := s.hasher.hash(ctx, password)
	if err != nil {
		return NewPassword{}, fmt.Errorf("reset password: %w", err)
	}
	err = s.changeUser(ctx, actor, id, func(tx db.Tx, u account) error { return s.writeReset(ctx, tx, actor, u.User, phc) })
	if err != nil {
		return NewPassword{}, fmt.Errorf("reset password: %w", err)
	}
	return NewPassword{OneTimePassword: password}, nil
}

// ResetMFA takes all second factors, recovery codes and known browsers of a user
// away and ends their sessions: the next sign-in sets up a new factor.
func (s *Service) ResetMFA(ctx context.Context, actor Actor, id ids.ID) error {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return err
	}
	if id == actor.UserID {
		return errOwnAccount("reset your own second factors; change them in your profile")
	}
	err := s.changeUser(ctx, actor, id, func(tx db.Tx, u account) error {
		taken, err := takeFactors(ctx, tx, id)
		if err != nil {
			return err
		}
		ended, err := endSessionsBut(ctx, tx, id, ids.ID{}, endMFAReset, s.clock.Now())
		if err != nil {
			return err
		}
		taken["sessions_ended"] = ended
		return audit.Append(ctx, tx, actor.Entry("user.mfa_reset", u.target(), taken))
	})
	if err != nil {
		return fmt.Errorf("reset second factors: %w", err)
	}
	return nil
}

// UnlockUser forgets the failed attempts on an account.
func (s *Service) UnlockUser(ctx context.Context, actor Actor, id ids.ID) error {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return err
	}
	err := s.changeUser(ctx, actor, id, func(tx db.Tx, u account) error {
		if err := forgetFailures(ctx, tx, u.Username); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("user.unlock", u.target(), nil))
	})
	if err != nil {
		return fmt.Errorf("unlock user: %w", err)
	}
	return nil
}
