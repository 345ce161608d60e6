package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// DeleteUser removes a user with sessions, tokens, factors and memberships. What
// they did stays: the audit trail and the jobs hold names, not references.
func (s *Service) DeleteUser(ctx context.Context, actor Actor, id ids.ID) error {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return err
	}
	err := s.changeUser(ctx, actor, id, func(tx db.Tx, u account) error {
		if u.ID == actor.UserID {
			return errOwnAccount("delete yourself")
		}
		groups, err := groupsOfUser(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := deleteUser(ctx, tx, u.User); err != nil {
			return err
		}
		if u.Role == RoleAdmin {
			if err := s.requireAdmin(ctx, tx); err != nil {
				return err
			}
		}
		details := map[string]any{"role": string(u.Role), "display_name": u.DisplayName, "was_disabled": u.disabledAt != nil}
		if len(groups) > 0 {
			details["groups"] = groups
		}
		return audit.Append(ctx, tx, actor.Entry("user.delete", u.target(), details))
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}
