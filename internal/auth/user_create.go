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

// NewUser is what an administrator says of a user to be made.
type NewUser struct {
	Username    string   `json:"username" maxLength:"256" doc:"Letters from a to z, digits and . _ - @ +; capitals become small."`
	DisplayName string   `json:"display_name,omitempty" maxLength:"200"`
	Email       string   `json:"email,omitempty" maxLength:"254"`
	Role        Role     `json:"role" enum:"admin,operator,auditor"`
	GroupIDs    []ids.ID `json:"group_ids,omitempty" nullable:"false" maxItems:"1000" doc:"Whose hosts an operator sees."`
}

func (n *NewUser) normalise() {
	n.Username = strings.ToLower(strings.TrimSpace(n.Username))
	n.DisplayName, n.Email = strings.TrimSpace(n.DisplayName), strings.TrimSpace(n.Email)
}

// CreatedUser carries the only copy of the one-time password.
type CreatedUser struct {
	User            UserRow `json:"user"`
	OneTimePassword string  `json:"one_time_password" doc:"Shown this once. It must be changed at the first sign-in."`
}

// CreateUser makes a user with a one-time password.
func (s *Service) CreateUser(ctx context.Context, actor Actor, n NewUser) (CreatedUser, error) {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return CreatedUser{}, err
	}
	n.normalise()
	if err := refuseInvalid(checkUsername(n.Username), checkDisplayName(n.DisplayName), checkEmail(n.Email), checkRole(n.Role)); err != nil {
		return CreatedUser{}, err
	}
	password := oneTimePassword()
	phc, err := s.hasher.hash(ctx, password)
	if err != nil {
		return CreatedUser{}, fmt.Errorf("create user: %w", err)
	}
	id, err := ids.NewAt(s.clock.Now())
	if err != nil {
		return CreatedUser{}, err
	}
	if err := s.db.InTx(ctx, func(tx db.Tx) error { return s.writeNewUser(ctx, tx, actor, id, n, phc) }); err != nil {
		return CreatedUser{}, fmt.Errorf("create user: %w", err)
	}
	row, err := s.userRow(ctx, id)
	return CreatedUser{User: row, OneTimePassword: password}, err
}

func (s *Service) writeNewUser(ctx context.Context, tx db.Tx, actor Actor, id ids.ID, n NewUser, phc string) error {
	if err := s.lockUsers(ctx, tx, actor); err != nil {
		return err
	}
	u := User{ID: id, Username: n.Username, DisplayName: n.DisplayName, Role: n.Role, MustChangePassword: true}
	err := insertUser(ctx, tx, u, phc, s.clock.Now())
	if db.IsUnique(err, "auth_user_username_unique") {
		return apierr.Conflict("username_taken", "There is a user %s already.", n.Username)
	}
	if err != nil {
		return err
	}
	if err := setProfile(ctx, tx, id, n.DisplayName, n.Email); err != nil {
		return err
	}
	groups, _, err := setGroups(ctx, tx, id, n.GroupIDs)
	if err != nil {
		return err
	}
	// a failed guess at the name before it was given to anybody locks nobody
	if err := forgetFailures(ctx, tx, n.Username); err != nil {
		return err
	}
	details := map[string]any{"role": string(n.Role)}
	if len(groups) > 0 {
		details["groups"] = groups
	}
	return audit.Append(ctx, tx, actor.Entry("user.create", u.target(), details))
}
