package auth

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const sessionColumns = `s.id, s.user_id, s.created_at, s.expires_at, s.ended_at, s.methods, s.mfa_at`

func (s *session) fields() []any {
	return []any{&s.id, &s.userID, &s.createdAt, &s.expiresAt, &s.endedAt, &s.proof.methods, &s.proof.mfaAt}
}

func insertSession(ctx context.Context, tx db.Tx, s session, c Caller) error {
	_, err := tx.Exec(ctx, `
		insert into auth_session (id, user_id, created_at, last_used_at, expires_at, address, user_agent, methods, mfa_at)
		values ($1, $2, $3, $3, $4, $5, $6, $7, $8)`,
		s.id, s.userID, s.createdAt, s.expiresAt, c.Address.String(), normalUserAgent(c.UserAgent), s.proof.methods, s.proof.mfaAt)
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

func insertRefreshToken(ctx context.Context, tx db.Tx, hash []byte, session ids.ID, now, expires time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into auth_refresh_token (token_hash, session_id, created_at, expires_at) values ($1, $2, $3, $4)`,
		hash, session, now, expires)
	if err != nil {
		return fmt.Errorf("insert refresh token: %w", err)
	}
	return nil
}

// sessionAccount reads a session and its user.
func sessionAccount(ctx context.Context, q db.Querier, id ids.ID) (s session, a account, found bool, err error) {
	err = q.QueryRow(ctx, `
		select `+sessionColumns+`, `+accountColumns+`
		from auth_session s join auth_user u on u.id = s.user_id where s.id = $1`, id).
		Scan(append(s.fields(), a.fields()...)...)
	if db.IsNoRows(err) {
		return session{}, account{}, false, nil
	}
	if err != nil {
		return session{}, account{}, false, fmt.Errorf("read session: %w", err)
	}
	return s, a, true, nil
}

// lockRefreshToken holds the session of the token until tx ends, so that of two
// uses of one family one sees what the other did. The session is locked before
// the token is read: a statement that waits for a lock sees the locked row as
// it is then, but joined rows as they were before.
func lockRefreshToken(ctx context.Context, tx db.Tx, hash []byte) (p presented, found bool, err error) {
	_, err = tx.Exec(ctx, `
		select from auth_session where id = (select session_id from auth_refresh_token where token_hash = $1)
		for no key update`, hash)
	if err != nil {
		return presented{}, false, fmt.Errorf("lock session: %w", err)
	}
	s, a := &p.session, &p.account
	err = tx.QueryRow(ctx, `
		select t.expires_at, t.used_at, `+sessionColumns+`, `+accountColumns+`
		from auth_refresh_token t join auth_session s on s.id = t.session_id join auth_user u on u.id = s.user_id
		where t.token_hash = $1`, hash).
		Scan(slices.Concat([]any{&p.expiresAt, &p.usedAt}, s.fields(), a.fields())...)
	if db.IsNoRows(err) {
		return presented{}, false, nil
	}
	if err != nil {
		return presented{}, false, fmt.Errorf("read refresh token: %w", err)
	}
	return p, true, nil
}

func useRefreshToken(ctx context.Context, tx db.Tx, hash []byte, session ids.ID, now time.Time) error {
	if _, err := tx.Exec(ctx, `update auth_refresh_token set used_at = $2 where token_hash = $1`, hash, now); err != nil {
		return fmt.Errorf("use refresh token: %w", err)
	}
	if _, err := tx.Exec(ctx, `update auth_session set last_used_at = $2 where id = $1`, session, now); err != nil {
		return fmt.Errorf("note use of session: %w", err)
	}
	return nil
}

func endSession(ctx context.Context, tx db.Tx, id ids.ID, why endReason, now time.Time) error {
	_, err := tx.Exec(ctx, `update auth_session set ended_at = $3, end_reason = $2 where id = $1 and ended_at is null`, id, why, now)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// endSessions ends all sessions of a user, and the sign-ins that wait for a second
// factor, and says how many sessions there were.
func endSessions(ctx context.Context, tx db.Tx, user ids.ID, why endReason, now time.Time) (int64, error) {
	tag, err := tx.Exec(ctx, `
		update auth_session set ended_at = $3, end_reason = $2 where user_id = $1 and ended_at is null and expires_at > $3`, user, why, now)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	if err := deleteChallenges(ctx, tx, user); err != nil {
		return 0, err
	}
	return tag.RowsAffected(), nil
}

// purgeSessions forgets the tokens of sessions that were over before tokens,
// and the sessions that were over before sessions. Used tokens of a session in
// force stay: they are how re-use is noticed.
func purgeSessions(ctx context.Context, q db.Querier, tokens, sessions time.Time) error {
	_, err := q.Exec(ctx, `
		delete from auth_refresh_token t using auth_session s
		where s.id = t.session_id and coalesce(s.ended_at, s.expires_at) < $1`, tokens)
	if err != nil {
		return fmt.Errorf("purge refresh tokens: %w", err)
	}
	if _, err := q.Exec(ctx, `delete from auth_session where coalesce(ended_at, expires_at) < $1`, sessions); err != nil {
		return fmt.Errorf("purge sessions: %w", err)
	}
	return nil
}
