package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// lockStored reads a user and holds the row until tx ends.
func lockStored(ctx context.Context, tx db.Tx, id ids.ID) (u account, found bool, err error) {
	err = tx.QueryRow(ctx, `select `+accountColumns+` from auth_user u where u.id = $1 for update`, id).
		Scan(u.fields()...)
	if db.IsNoRows(err) {
		return account{}, false, nil
	}
	if err != nil {
		return account{}, false, fmt.Errorf("lock user: %w", err)
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
	return forgetFailures(ctx, tx, u.Username)
}

// takeFactors removes all second factors, recovery codes and known browsers of a
// user, and says how many of each there were.
func takeFactors(ctx context.Context, tx db.Tx, user ids.ID) (map[string]any, error) {
	taken := map[string]any{}
	for table, name := range map[string]string{"auth_totp": "totp", "auth_passkey": "passkeys",
		"auth_recovery_code": "recovery_codes", "auth_device": "devices", "auth_challenge": "ceremonies"} {
		tag, err := tx.Exec(ctx, `delete from `+table+` where user_id = $1`, user)
		if err != nil {
			return nil, fmt.Errorf("remove %s: %w", name, err)
		}
		taken[name] = tag.RowsAffected()
	}
	return taken, nil
}
