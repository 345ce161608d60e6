package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func readTOTP(ctx context.Context, q db.Querier, user ids.ID) (t totp, found bool, err error) {
	err = q.QueryRow(ctx, `
		select sealed_key, confirmed_at, last_step, pending_key, pending_at from auth_totp where user_id = $1`, user).
		Scan(&t.sealed, &t.confirmedAt, &t.lastStep, &t.pending, &t.pendingAt)
	if db.IsNoRows(err) {
		return totp{}, false, nil
	}
	if err != nil {
		return totp{}, false, fmt.Errorf("read authenticator: %w", err)
	}
	return t, true, nil
}

// advanceTOTP uses a step up; false when it, or a later one, was used before.
func advanceTOTP(ctx context.Context, tx db.Tx, user ids.ID, step int64) (bool, error) {
	tag, err := tx.Exec(ctx, `
		update auth_totp set last_step = $2 where user_id = $1 and last_step < $2 and confirmed_at is not null`, user, step)
	if err != nil {
		return false, fmt.Errorf("use code: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func setPendingTOTP(ctx context.Context, tx db.Tx, user ids.ID, sealed []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into auth_totp (user_id, pending_key, pending_at, created_at) values ($1, $2, $3, $3)
		on conflict (user_id) do update set pending_key = excluded.pending_key, pending_at = excluded.pending_at`, user, sealed, now)
	if err != nil {
		return fmt.Errorf("keep pending authenticator: %w", err)
	}
	return nil
}

func confirmPendingTOTP(ctx context.Context, tx db.Tx, user ids.ID, step int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		update auth_totp set sealed_key = pending_key, created_at = pending_at, confirmed_at = $3, last_step = $2,
			pending_key = null, pending_at = null
		where user_id = $1 and pending_key is not null`, user, step, now)
	if err != nil {
		return fmt.Errorf("confirm authenticator: %w", err)
	}
	return nil
}

func deleteTOTP(ctx context.Context, tx db.Tx, user ids.ID) error {
	if _, err := tx.Exec(ctx, `delete from auth_totp where user_id = $1`, user); err != nil {
		return fmt.Errorf("remove authenticator: %w", err)
	}
	return nil
}

// purgePendingTOTP forgets keys that were shown and never confirmed.
func purgePendingTOTP(ctx context.Context, q db.Querier, before time.Time) error {
	if _, err := q.Exec(ctx, `delete from auth_totp where confirmed_at is null and pending_at <= $1`, before); err != nil {
		return fmt.Errorf("purge pending authenticators: %w", err)
	}
	if _, err := q.Exec(ctx, `update auth_totp set pending_key = null, pending_at = null where pending_at <= $1`, before); err != nil {
		return fmt.Errorf("purge pending authenticators: %w", err)
	}
	return nil
}
