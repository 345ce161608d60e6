package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const challengeColumns = `kind, user_id, session_id, data, expires_at, attempts`

func insertChallenge(ctx context.Context, tx db.Tx, hash []byte, c challenge, now time.Time) error {
	if c.data == nil {
		c.data = []byte{}
	}
	_, err := tx.Exec(ctx, `
		insert into auth_challenge (token_hash, kind, user_id, session_id, data, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7)`,
		hash, c.kind, orNull(c.user), orNull(c.session), c.data, now, c.expiresAt)
	if err != nil {
		return fmt.Errorf("insert challenge: %w", err)
	}
	return nil
}

// orNull is the identifier as a column takes it that may be null.
func orNull(id ids.ID) *ids.ID {
	if id.IsZero() {
		return nil
	}
	return &id
}

func scanChallenge(row pgx.Row) (c challenge, found bool, err error) {
	var user, session *ids.ID
	err = row.Scan(&c.kind, &user, &session, &c.data, &c.expiresAt, &c.attempts)
	if db.IsNoRows(err) {
		return challenge{}, false, nil
	}
	if err != nil {
		return challenge{}, false, err
	}
	if user != nil {
		c.user = *user
	}
	if session != nil {
		c.session = *session
	}
	return c, true, nil
}

func readChallenge(ctx context.Context, q db.Querier, kind challengeKind, hash []byte) (challenge, bool, error) {
	c, found, err := scanChallenge(q.QueryRow(ctx, `
		select `+challengeColumns+` from auth_challenge where token_hash = $1 and kind = $2`, hash, kind))
	if err != nil {
		return c, false, fmt.Errorf("read challenge: %w", err)
	}
	return c, found, nil
}

// tryChallenge counts one answer before it is looked at; false when none is
// left. The row's lock makes answers sent at once wait for each other.
func tryChallenge(ctx context.Context, q db.Querier, kind challengeKind, hash []byte, now time.Time) (bool, error) {
	tag, err := q.Exec(ctx, `
		update auth_challenge set attempts = attempts + 1
		where token_hash = $1 and kind = $2 and expires_at > $3 and attempts < $4`, hash, kind, now, challengeTries)
	if err != nil {
		return false, fmt.Errorf("count answer to challenge: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func deleteChallenge(ctx context.Context, tx db.Tx, kind challengeKind, hash []byte) (challenge, bool, error) {
	c, found, err := scanChallenge(tx.QueryRow(ctx, `
		delete from auth_challenge where token_hash = $1 and kind = $2 returning `+challengeColumns, hash, kind))
	if err != nil {
		return c, false, fmt.Errorf("take challenge: %w", err)
	}
	return c, found, nil
}

// deleteChallenges ends all ceremonies of a user: what was shown before them is
// no longer true.
func deleteChallenges(ctx context.Context, tx db.Tx, user ids.ID) error {
	if _, err := tx.Exec(ctx, `delete from auth_challenge where user_id = $1`, user); err != nil {
		return fmt.Errorf("end challenges: %w", err)
	}
	return nil
}

func purgeChallenges(ctx context.Context, q db.Querier, now time.Time) error {
	if _, err := q.Exec(ctx, `delete from auth_challenge where expires_at <= $1`, now); err != nil {
		return fmt.Errorf("purge challenges: %w", err)
	}
	return nil
}
