package auth

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// passkeysOf lists a user's passkeys, the oldest first.
func passkeysOf(ctx context.Context, q db.Querier, user ids.ID) ([]storedPasskey, error) {
	rows, err := q.Query(ctx, `
		select id, name, created_at, last_used_at, coalesce((credential->'flags'->>'backupState')::bool, false)
		from auth_passkey where user_id = $1 order by created_at, id`, user)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k storedPasskey, err error) {
		return k, row.Scan(&k.ID, &k.Name, &k.CreatedAt, &k.LastUsedAt, &k.BackedUp)
	})
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return list, nil
}
