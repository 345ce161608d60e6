package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/db"
)

// IsLocalAdmin reports whether a user of this name is an enabled admin with a
// password: one who can come in when single sign-on does not work.
func IsLocalAdmin(ctx context.Context, q db.Querier, username string) (bool, error) {
	var yes bool
	err := q.QueryRow(ctx, `
		select exists (select from auth_user
			where username = $1 and role = 'admin' and disabled_at is null and password_hash is not null)`, normalUsername(username)).Scan(&yes)
	if err != nil {
		return false, fmt.Errorf("look for a local admin: %w", err)
	}
	return yes, nil
}
