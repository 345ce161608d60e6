package auth

import (
	"context"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
)

// lockUsers makes changes of users happen one after the other until tx ends, and
// refuses an actor who is no longer what the request was admitted with: of two
// administrators who demote each other at the same time, the second one has lost
// the right to do so.
func (s *Service) lockUsers(ctx context.Context, tx db.Tx, actor Actor) error {
	if err := lockAllUsers(ctx, tx); err != nil {
		return err
	}
	if actor.system {
		return nil
	}
	acc, found, err := accountByID(ctx, tx, actor.UserID)
	if err != nil {
		return err
	}
	if !found || acc.disabledAt != nil {
		return errSessionEnded()
	}
	actor.Role = acc.Role
	return actor.Require(ManageUsers)
}

// requireAdmin refuses, at the end of a change under lockUsers, to leave nobody
// who could undo it: an enabled administrator who signs in with a password, and
// with single sign-on only the one whom its rules name.
func (s *Service) requireAdmin(ctx context.Context, tx db.Tx) error {
	r := s.rules()
	admins, breakGlass, err := localAdmins(ctx, tx, r.BreakGlass)
	switch {
	case err != nil:
		return err
	case admins == 0:
		return apierr.Conflict("last_admin", "At least one enabled administrator with a password must remain. Make another one first.")
	case r.PasswordOff && r.BreakGlass != "" && !breakGlass:
		return apierr.Conflict("last_admin", "While only single sign-on is allowed, %s must remain an enabled administrator with a password.", r.BreakGlass)
	}
	return nil
}

func errOwnAccount(what string) error {
	return apierr.Conflict("own_account", "You cannot %s. Another administrator can.", what)
}
