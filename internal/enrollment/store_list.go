package enrollment

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const requestColumns = `id, hostname, fqdn, machine_id, address_seen, address_claimed, port, os, key_fingerprint, status::text,
	requested_at, '{}'::text[], decided_at, decided_by, reason, token_id, host_id`

func (s *Service) get(ctx context.Context, id ids.ID) (Enrollment, error) {
	rows, err := s.db.Query(ctx, "select "+requestColumns+" from enrollment_request where id = $1", id)
	if err != nil {
		return Enrollment{}, fmt.Errorf("get enrollment request: %w", err)
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Enrollment])
	if db.IsNoRows(err) {
		return e, apierr.NotFound("enrollment request")
	}
	if err != nil {
		return e, fmt.Errorf("get enrollment request: %w", err)
	}
	return e, nil
}

func listRequests(ctx context.Context, q db.Querier, status string, page, size int) (EnrollmentPage, error) {
	p := EnrollmentPage{Items: []Enrollment{}}
	const where = " from enrollment_request where ($1 = '' or status::text = $1)"
	if err := q.QueryRow(ctx, "select count(*)"+where, status).Scan(&p.Total); err != nil {
		return p, fmt.Errorf("count enrollment requests: %w", err)
	}
	rows, err := q.Query(ctx, "select "+requestColumns+where+" order by requested_at desc, id desc limit $2 offset $3",
		status, size, (max(page, 1)-1)*size)
	if err != nil {
		return p, fmt.Errorf("list enrollment requests: %w", err)
	}
	if p.Items, err = pgx.AppendRows(p.Items, rows, pgx.RowToStructByPos[Enrollment]); err != nil {
		return p, fmt.Errorf("list enrollment requests: %w", err)
	}
	return p, nil
}

const tokenColumns = "id, note, uses, used, expires_at, created_at, created_by, revoked_at"

func insertToken(ctx context.Context, tx db.Tx, t EnrollmentToken, hash []byte) error {
	_, err := tx.Exec(ctx, `insert into enrollment_token (id, token_hash, note, uses, expires_at, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7)`, t.ID, hash, t.Note, t.Uses, t.ExpiresAt, t.CreatedAt, t.CreatedBy)
	if err != nil {
		return fmt.Errorf("insert enrollment token: %w", err)
	}
	return nil
}

// findToken returns the token of a hash; the zero token when there is none.
func findToken(ctx context.Context, tx db.Tx, hash []byte) (EnrollmentToken, error) {
	rows, err := tx.Query(ctx, "select "+tokenColumns+" from enrollment_token where token_hash = $1 for update", hash)
	if err != nil {
		return EnrollmentToken{}, fmt.Errorf("find enrollment token: %w", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[EnrollmentToken])
	if err != nil && !db.IsNoRows(err) {
		return t, fmt.Errorf("find enrollment token: %w", err)
	}
	return t, nil
}

func takeUse(ctx context.Context, tx db.Tx, id ids.ID) error {
	if _, err := tx.Exec(ctx, "update enrollment_token set used = used + 1 where id = $1", id); err != nil {
		return fmt.Errorf("use enrollment token: %w", err)
	}
	return nil
}

func setTokenRevoked(ctx context.Context, tx db.Tx, id ids.ID, now time.Time) (note string, err error) {
	err = tx.QueryRow(ctx, "update enrollment_token set revoked_at = $2 where id = $1 and revoked_at is null returning note", id, now).Scan(&note)
	if err != nil {
		return "", fmt.Errorf("revoke enrollment token: %w", err)
	}
	return note, nil
}

func listTokens(ctx context.Context, q db.Querier) (EnrollmentTokenPage, error) {
	p := EnrollmentTokenPage{Items: []EnrollmentToken{}}
	rows, err := q.Query(ctx, "select "+tokenColumns+" from enrollment_token order by created_at desc, id desc limit 500")
	if err != nil {
		return p, fmt.Errorf("list enrollment tokens: %w", err)
	}
	if p.Items, err = pgx.AppendRows(p.Items, rows, pgx.RowToStructByPos[EnrollmentToken]); err != nil {
		return p, fmt.Errorf("list enrollment tokens: %w", err)
	}
	p.Total = len(p.Items)
	return p, nil
}
