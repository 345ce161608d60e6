package auth

import (
	"context"
	"fmt"
	"strings"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// UserChange is what an administrator changes of a user; what is left out stays.
type UserChange struct {
	DisplayName *string   `json:"display_name,omitempty" maxLength:"200"`
	Email       *string   `json:"email,omitempty" maxLength:"254"`
	Role        *Role     `json:"role,omitempty" enum:"admin,operator,auditor"`
	GroupIDs    *[]ids.ID `json:"group_ids,omitempty" maxItems:"1000"`
	Disabled    *bool     `json:"disabled,omitempty"`
}

func (c *UserChange) check() error {
	var details [][]apierr.Detail
	if c.DisplayName != nil {
		*c.DisplayName = strings.TrimSpace(*c.DisplayName)
		details = append(details, checkDisplayName(*c.DisplayName))
	}
	if c.Email != nil {
		*c.Email = strings.TrimSpace(*c.Email)
		details = append(details, checkEmail(*c.Email))
	}
	if c.Role != nil {
		details = append(details, checkRole(*c.Role))
	}
	return refuseInvalid(details...)
}

// takesPowerFrom reports whether the change would leave an administrator without
// the means of one.
func (c UserChange) takesPowerFrom(u account) bool {
	demotes := c.Role != nil && *c.Role != RoleAdmin && u.Role == RoleAdmin
	disables := c.Disabled != nil && *c.Disabled && u.disabledAt == nil
	return demotes || disables
}

// UpdateUser changes a user. Role, groups and being disabled are in force with
// the next request of the user, and within seconds for open connections.
func (s *Service) UpdateUser(ctx context.Context, actor Actor, id ids.ID, c UserChange) (UserRow, error) {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return UserRow{}, err
	}
	if err := c.check(); err != nil {
		return UserRow{}, err
	}
	err := s.changeUser(ctx, actor, id, func(tx db.Tx, u account) error {
		weakens := c.takesPowerFrom(u)
		if weakens && u.ID == actor.UserID {
			return errOwnAccount("disable or demote yourself")
		}
		acts, err := s.applyChange(ctx, tx, u, c)
		if err != nil {
			return err
		}
		if weakens {
			if err := s.requireAdmin(ctx, tx); err != nil {
				return err
			}
		}
		return appendActs(ctx, tx, actor, u.User, acts)
	})
	if err != nil {
		return UserRow{}, fmt.Errorf("update user: %w", err)
	}
	return s.userRow(ctx, id)
}

// changeUser runs change on a user whom nobody else changes meanwhile.
func (s *Service) changeUser(ctx context.Context, actor Actor, id ids.ID, change func(tx db.Tx, u account) error) error {
	return s.db.InTx(ctx, func(tx db.Tx) error {
		if err := s.lockUsers(ctx, tx, actor); err != nil {
			return err
		}
		u, found, err := lockStored(ctx, tx, id)
		if err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("user")
		}
		return change(tx, u)
	})
}

// act is one thing that was done, for the audit trail.
type act struct {
	action  string
	details map[string]any
}

func appendActs(ctx context.Context, tx db.Tx, actor Actor, u User, acts []act) error {
	for _, a := range acts {
		if err := audit.Append(ctx, tx, actor.Entry(a.action, u.target(), a.details)); err != nil {
			return err
		}
	}
	return nil
}

// applyChange writes what differs, and says what it was.
func (s *Service) applyChange(ctx context.Context, tx db.Tx, u account, c UserChange) (acts []act, err error) {
	for _, apply := range []func(context.Context, db.Tx, account, UserChange) (*act, error){
		s.applyProfile, s.applyRole, s.applyGroups, s.applyDisabled,
	} {
		a, err := apply(ctx, tx, u, c)
		if err != nil {
			return nil, err
		}
		if a != nil {
			acts = append(acts, *a)
		}
	}
	return acts, nil
}

func (s *Service) applyProfile(ctx context.Context, tx db.Tx, u account, c UserChange) (*act, error) {
	changed := map[string]any{}
	name := replaced(changed, "display_name", u.DisplayName, c.DisplayName)
	email := replaced(changed, "email", u.Email, c.Email)
	if len(changed) == 0 {
		return nil, nil
	}
	return &act{"user.update", changed}, setProfile(ctx, tx, u.ID, name, email)
}

// replaced is the new value of a field, noted when it differs from the old one.
func replaced(changed map[string]any, field, before string, after *string) string {
	if after == nil || *after == before {
		return before
	}
	changed[field] = map[string]any{"from": before, "to": *after}
	return *after
}

func (s *Service) applyRole(ctx context.Context, tx db.Tx, u account, c UserChange) (*act, error) {
	if c.Role == nil || *c.Role == u.Role {
		return nil, nil
	}
	details := map[string]any{"from": string(u.Role), "to": string(*c.Role)}
	return &act{"user.role_change", details}, setRole(ctx, tx, u.ID, *c.Role)
}

func (s *Service) applyGroups(ctx context.Context, tx db.Tx, u account, c UserChange) (*act, error) {
	if c.GroupIDs == nil {
		return nil, nil
	}
	added, removed, err := setGroups(ctx, tx, u.ID, *c.GroupIDs)
	if err != nil || len(added)+len(removed) == 0 {
		return nil, err
	}
	return &act{"user.groups_change", membershipDetails(added, removed)}, nil
}

// applyDisabled ends the sessions of whoever is disabled. API tokens stay, and
// are refused until the user is enabled again.
func (s *Service) applyDisabled(ctx context.Context, tx db.Tx, u account, c UserChange) (*act, error) {
	if c.Disabled == nil || *c.Disabled == (u.disabledAt != nil) {
		return nil, nil
	}
	now := s.clock.Now()
	if !*c.Disabled {
		return &act{action: "user.enable"}, setDisabled(ctx, tx, u.ID, nil)
	}
	if err := setDisabled(ctx, tx, u.ID, &now); err != nil {
		return nil, err
	}
	ended, err := endSessionsBut(ctx, tx, u.ID, ids.ID{}, endDisabled, now)
	return &act{"user.disable", map[string]any{"sessions_ended": ended}}, err
}
