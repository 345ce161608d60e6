package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// lockStored reads a user and holds the row until tx ends.
func lockStored(ctx context.Context, tx db.Tx, id ids.ID) (u stored, found bool, err error) {
	err = tx.QueryRow(ctx, `select `+accountColumns+`, u.email from auth_user u where u.id = $1 for update`, id).
		Scan(append(u.fields(), &u.email)...)
	if db.IsNoRows(err) {
		return stored{}, false, nil
	}
	if err != nil {
		return stored{}, false, fmt.Errorf("lock user: %w", err)
	}
	return u, true, nil
}

func setProfile(ctx context.Context, tx db.Tx, id ids.ID, displayName, email string) error {
	_, err := tx.Exec(ctx, `update auth_user set display_name = $2, email = $3 where id = $1`, id, displayName, email)
	if err != nil {
		return fmt.Errorf("set profile: %w", err)
	}
	return nil
}

func setRole(ctx context.Context, tx db.Tx, id ids.ID, role Role) error {
	if _, err := tx.Exec(ctx, `update auth_user set role = $2 where id = $1`, id, role); err != nil {
		return fmt.Errorf("set role: %w", err)
	}
	return nil
}

// setDisabled disables from a moment on; nil enables.
func setDisabled(ctx context.Context, tx db.Tx, id ids.ID, at *time.Time) error {
	if _, err := tx.Exec(ctx, `update auth_user set disabled_at = $2 where id = $1`, id, at); err != nil {
		return fmt.Errorf("disable user: %w", err)
	}
	return nil
}

// deleteUser removes a user; what hangs on the row goes with it.
func deleteUser(ctx context.Context, tx db.Tx, u User) error {
	if _, err := tx.Exec(ctx, `delete from auth_user where id = $1`, u.ID); err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return deleteFailures(ctx, tx, "user:"+u.Username)
}
