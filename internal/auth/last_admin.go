package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
)

// usersLock is the advisory lock under which users are changed: whether there is
// still an administrator is a question about all of them.
const usersLock int64 = 0x706d_6175_7468_7502

// lockUsers makes changes of users happen one after the other until tx ends, and
// refuses an actor who is no longer what the request was admitted with: of two
// administrators who demote each other at the same time, the second one has lost
// the right to do so.
func (s *Service) lockUsers(ctx context.Context, tx db.Tx, actor Actor) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, usersLock); err != nil {
		return fmt.Errorf("lock users: %w", err)
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
	var admins int
	var breakGlass bool
	r := s.rules()
	err := tx.QueryRow(ctx, `
		select count(*), coalesce(bool_or(username = $1), false) from auth_user
		where role = 'admin' and disabled_at is null and password_hash is not null`, r.BreakGlass).Scan(&admins, &breakGlass)
	switch {
	case err != nil:
		return fmt.Errorf("count administrators: %w", err)
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
