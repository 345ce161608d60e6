package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// deviceOwner is the name of the user whose known device this is; empty when it
// is not known, or no longer.
func deviceOwner(ctx context.Context, q db.Querier, hash []byte, since time.Time) (username string, err error) {
	err = q.QueryRow(ctx, `
		select u.username from auth_device d join auth_user u on u.id = d.user_id
		where d.token_hash = $1 and d.last_used_at > $2`, hash, since).Scan(&username)
	if err != nil && !db.IsNoRows(err) {
		return "", fmt.Errorf("read device: %w", err)
	}
	return username, nil
}

func insertDevice(ctx context.Context, tx db.Tx, hash []byte, user ids.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into auth_device (token_hash, user_id, created_at, last_used_at) values ($1, $2, $3, $3)`, hash, user, now)
	if err != nil {
		return fmt.Errorf("insert device: %w", err)
	}
	return nil
}

func deleteDevice(ctx context.Context, tx db.Tx, user ids.ID, hash []byte) error {
	if _, err := tx.Exec(ctx, `delete from auth_device where token_hash = $1 and user_id = $2`, hash, user); err != nil {
		return fmt.Errorf("replace device: %w", err)
	}
	return nil
}

// trimDevices forgets all but the newest devices of a user.
func trimDevices(ctx context.Context, tx db.Tx, user ids.ID) error {
	_, err := tx.Exec(ctx, `
		delete from auth_device where token_hash in (
			select token_hash from auth_device where user_id = $1 order by last_used_at desc, token_hash offset $2)`, user, maxDevices)
	if err != nil {
		return fmt.Errorf("forget old devices: %w", err)
	}
	return nil
}

// forgetDevices makes all browsers of a user unknown.
func forgetDevices(ctx context.Context, tx db.Tx, user ids.ID) error {
	if _, err := tx.Exec(ctx, `delete from auth_device where user_id = $1`, user); err != nil {
		return fmt.Errorf("forget devices: %w", err)
	}
	return nil
}

func purgeDevices(ctx context.Context, q db.Querier, before time.Time) error {
	if _, err := q.Exec(ctx, `delete from auth_device where last_used_at <= $1`, before); err != nil {
		return fmt.Errorf("purge devices: %w", err)
	}
	return nil
}
