package auth

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const tokenColumns = `t.id, t.name, t.role, t.read_only, t.group_ids, t.created_at, t.expires_at, t.last_used_at, t.last_used_address, t.revoked_at`

func (t *ApiToken) fields() []any {
	return []any{&t.ID, &t.Name, &t.Role, &t.ReadOnly, &t.GroupIDs, &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt, &t.LastUsedAddress, &t.RevokedAt}
}

// ownerColumns follow accountColumns: whoever signs in through a provider only
// has the factors of the provider.
const ownerColumns = `u.password_hash is null
	or exists (select from auth_totp f where f.user_id = u.id and f.confirmed_at is not null)
	or exists (select from auth_passkey f where f.user_id = u.id)`

func (o *tokenOwner) fields() []any { return append(o.account.fields(), &o.hasFactor) }

func tokenAndOwner(ctx context.Context, q db.Querier, hash []byte) (t ApiToken, o tokenOwner, found bool, err error) {
	err = q.QueryRow(ctx, `
		select `+tokenColumns+`, `+accountColumns+`, `+ownerColumns+`
		from auth_api_token t join auth_user u on u.id = t.user_id where t.token_hash = $1`, hash).
		Scan(slices.Concat(t.fields(), o.fields())...)
	if db.IsNoRows(err) {
		return t, o, false, nil
	}
	if err != nil {
		return t, o, false, fmt.Errorf("read API token: %w", err)
	}
	return t, o, true, nil
}

// lockTokenOwner reads a user whose tokens nobody else makes until tx ends.
func lockTokenOwner(ctx context.Context, tx db.Tx, id ids.ID) (o tokenOwner, err error) {
	err = tx.QueryRow(ctx, `select `+accountColumns+`, `+ownerColumns+` from auth_user u where u.id = $1 for no key update of u`, id).Scan(o.fields()...)
	if err != nil {
		return o, fmt.Errorf("lock user: %w", err)
	}
	return o, nil
}

func listTokens(ctx context.Context, q db.Querier, user ids.ID) ([]ApiToken, error) {
	rows, err := q.Query(ctx, `select `+tokenColumns+` from auth_api_token t where t.user_id = $1 order by t.created_at desc, t.id desc`, user)
	if err != nil {
		return nil, fmt.Errorf("list API tokens: %w", err)
	}
	items, err := pgx.AppendRows([]ApiToken{}, rows, func(row pgx.CollectableRow) (t ApiToken, err error) {
		err = row.Scan(t.fields()...)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("list API tokens: %w", err)
	}
	return items, nil
}

func countActiveTokens(ctx context.Context, q db.Querier, user ids.ID, now time.Time) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*) from auth_api_token where user_id = $1 and revoked_at is null and expires_at > $2`, user, now).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count API tokens: %w", err)
	}
	return n, nil
}

func insertToken(ctx context.Context, tx db.Tx, user ids.ID, t ApiToken, hash []byte) error {
	_, err := tx.Exec(ctx, `
		insert into auth_api_token (id, token_hash, user_id, name, role, read_only, group_ids, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.ID, hash, user, t.Name, t.Role, t.ReadOnly, t.GroupIDs, t.CreatedAt, t.ExpiresAt)
	if err != nil {
		return fmt.Errorf("insert API token: %w", err)
	}
	return nil
}

// revokeToken ends a token of a user; false when there is none that works.
func revokeToken(ctx context.Context, tx db.Tx, user, id ids.ID, now time.Time) (t ApiToken, found bool, err error) {
	err = tx.QueryRow(ctx, `
		update auth_api_token t set revoked_at = $3 where t.id = $2 and t.user_id = $1 and t.revoked_at is null
		returning `+tokenColumns, user, id, now).Scan(t.fields()...)
	if db.IsNoRows(err) {
		return t, false, nil
	}
	if err != nil {
		return t, false, fmt.Errorf("revoke API token: %w", err)
	}
	return t, true, nil
}

// noteTokenUse writes the use down unless another process did so since.
func noteTokenUse(ctx context.Context, q db.Querier, id ids.ID, address string, now, since time.Time) error {
	_, err := q.Exec(ctx, `
		update auth_api_token set last_used_at = $3, last_used_address = $2
		where id = $1 and (last_used_at is null or last_used_at <= $4)`, id, address, now, since)
	if err != nil {
		return fmt.Errorf("note use of API token: %w", err)
	}
	return nil
}

// purgeTokens forgets what has been over since a moment.
func purgeTokens(ctx context.Context, q db.Querier, before time.Time) error {
	if _, err := q.Exec(ctx, `delete from auth_api_token where least(revoked_at, expires_at) < $1`, before); err != nil {
		return fmt.Errorf("purge API tokens: %w", err)
	}
	return nil
}
