package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
)

func readFailures(ctx context.Context, q db.Querier, key string) (failures, error) {
	var f failures
	err := q.QueryRow(ctx, `select failures, last_at, locked_until from auth_failure where subject = $1`, key).
		Scan(&f.count, &f.lastAt, &f.lockedUntil)
	if err != nil && !db.IsNoRows(err) {
		return f, fmt.Errorf("read failures: %w", err)
	}
	return f, nil
}

// lockFailures holds the subject's row until the end of tx, and makes it when
// there is none; a fresh row counts as no failure yet.
func lockFailures(ctx context.Context, tx db.Tx, key string, now time.Time) (failures, error) {
	var f failures
	var fresh bool
	err := tx.QueryRow(ctx, `
		insert into auth_failure as f (subject, failures, last_at) values ($1, 1, $2)
		on conflict (subject) do update set failures = f.failures
		returning failures, last_at, locked_until, xmax = 0`, key, now).
		Scan(&f.count, &f.lastAt, &f.lockedUntil, &fresh)
	if err != nil {
		return f, fmt.Errorf("lock failures: %w", err)
	}
	if fresh {
		f.count = 0
	}
	return f, nil
}

func updateFailures(ctx context.Context, tx db.Tx, key string, f failures) error {
	_, err := tx.Exec(ctx, `update auth_failure set failures = $2, last_at = $3, locked_until = $4 where subject = $1`,
		key, f.count, f.lastAt, f.lockedUntil)
	if err != nil {
		return fmt.Errorf("update failures: %w", err)
	}
	return nil
}

// refundFailure takes one failure back, and the lock that it caused, unless
// somebody else has failed since.
func refundFailure(ctx context.Context, tx db.Tx, key string, caused *time.Time) error {
	_, err := tx.Exec(ctx, `delete from auth_failure where subject = $1 and failures = 1`, key)
	if err != nil {
		return fmt.Errorf("take failure back: %w", err)
	}
	_, err = tx.Exec(ctx, `
		update auth_failure set failures = failures - 1,
			locked_until = nullif(locked_until, $2)
		where subject = $1 and failures > 1`, key, caused)
	if err != nil {
		return fmt.Errorf("take failure back: %w", err)
	}
	return nil
}

func deleteFailures(ctx context.Context, q db.Querier, key string) error {
	if _, err := q.Exec(ctx, `delete from auth_failure where subject = $1`, key); err != nil {
		return fmt.Errorf("forget failures: %w", err)
	}
	return nil
}

// purgeFailures passes over rows that a sign-in holds at this moment.
func purgeFailures(ctx context.Context, q db.Querier, before, now time.Time) error {
	_, err := q.Exec(ctx, `
		delete from auth_failure where subject in (
			select subject from auth_failure where last_at < $1 and (locked_until is null or locked_until < $2)
			for update skip locked)`, before, now)
	if err != nil {
		return fmt.Errorf("purge failures: %w", err)
	}
	return nil
}
