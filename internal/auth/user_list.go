package auth

import (
	"context"

	"patchmanager/internal/apierr"
	"patchmanager/internal/ids"
)

// UserFilter chooses and orders users. Empty members choose all.
type UserFilter struct {
	Query    string // part of the user name, the display name or the e-mail address
	Roles    []Role
	Statuses []UserStatus
	Group    ids.ID
	Sort     string // username, last_sign_in
	Desc     bool
	Page     int // from 1
	PageSize int
}

// Users returns one page of the users.
func (s *Service) Users(ctx context.Context, actor Actor, f UserFilter) (UserPage, error) {
	if err := actor.Require(SeeUsers); err != nil {
		return UserPage{}, err
	}
	return listUsers(ctx, s.db, f, s.clock.Now())
}

// UserByID returns one user.
func (s *Service) UserByID(ctx context.Context, actor Actor, id ids.ID) (UserRow, error) {
	if err := actor.Require(SeeUsers); err != nil {
		return UserRow{}, err
	}
	return s.userRow(ctx, id)
}

func (s *Service) userRow(ctx context.Context, id ids.ID) (UserRow, error) {
	u, found, err := readUserRow(ctx, s.db, id, s.clock.Now())
	if err == nil && !found {
		err = apierr.NotFound("user")
	}
	return u, err
}
