package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const passkeyColumns = `id, name, created_at, last_used_at, credential`

func scanPasskey(row pgx.CollectableRow) (storedPasskey, error) {
	var k storedPasskey
	var credential []byte
	err := row.Scan(&k.ID, &k.Name, &k.CreatedAt, &k.LastUsedAt, &credential)
	if err == nil {
		err = json.Unmarshal(credential, &k.credential)
	}
	k.BackedUp = k.credential.Flags.BackupState
	return k, err
}

// passkeysOf lists a user's passkeys, the oldest first.
func passkeysOf(ctx context.Context, q db.Querier, user ids.ID) ([]storedPasskey, error) {
	rows, err := q.Query(ctx, `select `+passkeyColumns+` from auth_passkey where user_id = $1 order by created_at, id`, user)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanPasskey)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return list, nil
}

func insertPasskey(ctx context.Context, tx db.Tx, user ids.ID, k storedPasskey) error {
	credential, err := json.Marshal(k.credential)
	if err != nil {
		return fmt.Errorf("encode passkey: %w", err)
	}
	_, err = tx.Exec(ctx, `
		insert into auth_passkey (id, user_id, credential_id, credential, name, created_at) values ($1, $2, $3, $4, $5, $6)`,
		k.ID, user, k.credential.ID, credential, k.Name, k.CreatedAt)
	if err != nil {
		return fmt.Errorf("insert passkey: %w", err)
	}
	return nil
}

// usePasskey keeps what the use has changed: counter and backup state. It holds
// the row, so that of two uses of one counter the second sees the first.
func usePasskey(ctx context.Context, tx db.Tx, id ids.ID, c webauthn.Credential, now time.Time) error {
	credential, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode passkey: %w", err)
	}
	_, err = tx.Exec(ctx, `update auth_passkey set credential = $2, last_used_at = $3 where id = $1`, id, credential, now)
	if err != nil {
		return fmt.Errorf("note use of passkey: %w", err)
	}
	return nil
}

func renamePasskey(ctx context.Context, tx db.Tx, user, id ids.ID, name string) (k storedPasskey, found bool, err error) {
	rows, err := tx.Query(ctx, `update auth_passkey set name = $3 where id = $1 and user_id = $2 returning `+passkeyColumns, id, user, name)
	return onePasskey(rows, err)
}

func deletePasskey(ctx context.Context, tx db.Tx, user, id ids.ID) (k storedPasskey, found bool, err error) {
	rows, err := tx.Query(ctx, `delete from auth_passkey where id = $1 and user_id = $2 returning `+passkeyColumns, id, user)
	return onePasskey(rows, err)
}

func onePasskey(rows pgx.Rows, err error) (k storedPasskey, found bool, _ error) {
	if err != nil {
		return k, false, fmt.Errorf("change passkey: %w", err)
	}
	k, err = pgx.CollectExactlyOneRow(rows, scanPasskey)
	if db.IsNoRows(err) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fmt.Errorf("change passkey: %w", err)
	}
	return k, true, nil
}
