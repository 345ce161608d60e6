package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func insertRecoveryCode(ctx context.Context, tx db.Tx, user ids.ID, hash []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into auth_recovery_code (user_id, code_hash, created_at) values ($1, $2, $3)`, user, hash, now)
	if err != nil {
		return fmt.Errorf("insert recovery code: %w", err)
	}
	return nil
}

// spendRecoveryCode uses a code up; false when there is none like it, or it was
// used before.
func spendRecoveryCode(ctx context.Context, tx db.Tx, user ids.ID, hash []byte, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		update auth_recovery_code set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null`, user, hash, now)
	if err != nil {
		return false, fmt.Errorf("use recovery code: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func deleteRecoveryCodes(ctx context.Context, tx db.Tx, user ids.ID) error {
	if _, err := tx.Exec(ctx, `delete from auth_recovery_code where user_id = $1`, user); err != nil {
		return fmt.Errorf("remove recovery codes: %w", err)
	}
	return nil
}
