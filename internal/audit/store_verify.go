package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// verificationLock is the advisory lock of whoever starts a verification or
// prunes: the two never meet.
const verificationLock int64 = 0x706d_6175_6469_7403

// keepVerifications is how many results are kept.
const keepVerifications = 1000

func lockVerifications(ctx context.Context, tx db.Tx) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, verificationLock); err != nil {
		return fmt.Errorf("lock verifications: %w", err)
	}
	return nil
}

func insertVerification(ctx context.Context, tx db.Tx, v Verification) error {
	var b Break
	var kind *BreakKind
	if v.Break != nil {
		b, kind = *v.Break, &v.Break.Kind
	}
	_, err := tx.Exec(ctx, `insert into audit_verification (id, state, trigger, checked, total, started_at, finished_at,
		break_id, break_kind, break_detail) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		v.ID, v.State, v.Trigger, v.Checked, v.Total, v.StartedAt, v.FinishedAt, b.ID, kind, b.Detail)
	if err != nil {
		return fmt.Errorf("insert verification: %w", err)
	}
	_, err = tx.Exec(ctx, `delete from audit_verification where finished_at is not null and id in
		(select id from audit_verification order by started_at desc offset $1)`, keepVerifications)
	if err != nil {
		return fmt.Errorf("forget old verifications: %w", err)
	}
	return nil
}

const verificationColumns = `select id, state, trigger, checked, total, progress, started_at, finished_at,
	coalesce(break_id, 0), break_kind, coalesce(break_detail, ''), checkpoint_size, checkpoint_at from audit_verification `

func scanVerification(row pgx.CollectableRow) (v Verification, err error) {
	var b Break
	var kind *BreakKind
	var size *int64
	var at *time.Time
	err = row.Scan(&v.ID, &v.State, &v.Trigger, &v.Checked, &v.Total, &v.progress, &v.StartedAt, &v.FinishedAt,
		&b.ID, &kind, &b.Detail, &size, &at)
	if kind != nil {
		b.Kind = *kind
		v.Break = &b
	}
	if size != nil && at != nil {
		v.Checkpoint = &CheckpointRef{*size, *at}
	}
	return v, err
}

func oneVerification(ctx context.Context, q db.Querier, sql string, args ...any) (Verification, bool, error) {
	rows, err := q.Query(ctx, verificationColumns+sql, args...)
	if err != nil {
		return Verification{}, false, fmt.Errorf("read verification: %w", err)
	}
	v, err := pgx.CollectOneRow(rows, scanVerification)
	if db.IsNoRows(err) {
		return v, false, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("read verification: %w", err)
	}
	return v, true, nil
}

func verificationByID(ctx context.Context, q db.Querier, id ids.ID) (Verification, bool, error) {
	return oneVerification(ctx, q, `where id = $1`, id)
}

func runningVerification(ctx context.Context, q db.Querier, since time.Time) (Verification, bool, error) {
	return oneVerification(ctx, q, `where state = 'running' and started_at > $1 order by started_at desc limit 1`, since)
}

// newestFinding is the newest verification that says something about the trail.
func newestFinding(ctx context.Context, q db.Querier) (Verification, bool, error) {
	return oneVerification(ctx, q, `where state in ('intact', 'broken') order by finished_at desc, id desc limit 1`)
}

func listVerifications(ctx context.Context, q db.Querier, limit, offset int) ([]Verification, int, error) {
	var total int
	if err := q.QueryRow(ctx, `select count(*) from audit_verification`).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count verifications: %w", err)
	}
	rows, err := q.Query(ctx, verificationColumns+`order by started_at desc, id desc limit $1 offset $2`, limit, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("list verifications: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanVerification)
	if err != nil {
		return nil, 0, fmt.Errorf("list verifications: %w", err)
	}
	return list, total, nil
}

// saveProgress writes where a running verification stands.
func saveProgress(ctx context.Context, q db.Querier, id ids.ID, checked, total int64, newest *CheckpointRef, progress any) error {
	text, err := json.Marshal(progress)
	if err != nil {
		return fmt.Errorf("encode progress: %w", err)
	}
	var size *int64
	var at *time.Time
	if newest != nil {
		size, at = &newest.Size, &newest.At
	}
	_, err = q.Exec(ctx, `update audit_verification set checked = $2, total = greatest($3, total), progress = $4,
		checkpoint_size = coalesce($5, checkpoint_size), checkpoint_at = coalesce($6, checkpoint_at) where id = $1 and state = 'running'`, id, checked, total, string(text), size, at)
	if err != nil {
		return fmt.Errorf("save progress: %w", err)
	}
	return nil
}

// endVerification ends a running one; false when it had ended already.
func endVerification(ctx context.Context, tx db.Tx, id ids.ID, state VerificationState, b *Break, now time.Time) (bool, error) {
	var found Break
	var kind *BreakKind
	if b != nil {
		found, kind = *b, &b.Kind
	}
	tag, err := tx.Exec(ctx, `update audit_verification set state = $2, finished_at = $3, progress = null,
		break_id = case when $4::text is null then null else $5::bigint end, break_kind = $4,
		break_detail = case when $4::text is null then null else $6::text end
		where id = $1 and state = 'running'`, id, state, now, kind, found.ID, found.Detail)
	if err != nil {
		return false, fmt.Errorf("end verification: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
