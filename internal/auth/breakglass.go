package auth

import (
	"context"

	"patchmanager/internal/db"
)

// IsLocalAdmin reports whether a user of this name is an enabled admin with a
// password: one who can come in when single sign-on does not work.
func IsLocalAdmin(ctx context.Context, q db.Querier, username string) (bool, error) {
	_, yes, err := localAdmins(ctx, q, normalUsername(username))
	return yes, err
}
