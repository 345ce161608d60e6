package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// signingKeyLock is the advisory lock under which keys are made.
const signingKeyLock int64 = 0x706d_6175_7468_6b01

const keyColumns = `kid, public_key, sealed_key, sign_until, verify_until`

func scanKey(row pgx.CollectableRow) (signingKey, error) {
	var k signingKey
	err := row.Scan(&k.kid, (*[]byte)(&k.public), &k.sealed, &k.signUntil, &k.verifyUntil)
	return k, err
}

// lockSigningKeys keeps other processes from making or retiring keys until tx
// ends.
func lockSigningKeys(ctx context.Context, tx db.Tx) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, signingKeyLock); err != nil {
		return fmt.Errorf("lock signing keys: %w", err)
	}
	return nil
}

// readSigningKeys returns the keys that sign now, newest first.
func readSigningKeys(ctx context.Context, q db.Querier, now time.Time) ([]signingKey, error) {
	rows, err := q.Query(ctx, `
		select `+keyColumns+` from auth_signing_key where sign_until > $1 order by created_at desc, kid desc`, now)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	keys, err := pgx.CollectRows(rows, scanKey)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	return keys, nil
}

// retireSigningKeys lets no key sign any more, and each verify until a moment at
// the latest.
func retireSigningKeys(ctx context.Context, tx db.Tx, now, verifyUntil time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `
		update auth_signing_key set sign_until = least(sign_until, $1), verify_until = least(verify_until, $2)
		where verify_until > $2 or sign_until > $1 returning kid`, now, verifyUntil)
	if err != nil {
		return nil, fmt.Errorf("retire signing keys: %w", err)
	}
	kids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("retire signing keys: %w", err)
	}
	return kids, nil
}

func readSigningKey(ctx context.Context, q db.Querier, kid string) (signingKey, bool, error) {
	rows, err := q.Query(ctx, `select `+keyColumns+` from auth_signing_key where kid = $1`, kid)
	if err != nil {
		return signingKey{}, false, fmt.Errorf("read signing key: %w", err)
	}
	key, err := pgx.CollectExactlyOneRow(rows, scanKey)
	if db.IsNoRows(err) {
		return signingKey{}, false, nil
	}
	if err != nil {
		return signingKey{}, false, fmt.Errorf("read signing key: %w", err)
	}
	return key, true, nil
}

func insertSigningKey(ctx context.Context, tx db.Tx, k signingKey, now time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into auth_signing_key (kid, public_key, sealed_key, created_at, sign_until, verify_until)
		values ($1, $2, $3, $4, $5, $6)`, k.kid, []byte(k.public), k.sealed, now, k.signUntil, k.verifyUntil)
	if err != nil {
		return fmt.Errorf("insert signing key: %w", err)
	}
	return nil
}

func purgeSigningKeys(ctx context.Context, q db.Querier, now time.Time) error {
	if _, err := q.Exec(ctx, `delete from auth_signing_key where verify_until <= $1`, now); err != nil {
		return fmt.Errorf("purge signing keys: %w", err)
	}
	return nil
}
