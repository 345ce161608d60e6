package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// liveSession is the condition that a session s can still be used at @now: by
// its newest refresh token, or by the access token of its last use.
const liveSession = ` s.ended_at is null and s.expires_at > @now and greatest(s.last_used_at + interval '15 minutes',
	(select max(t.expires_at) from auth_refresh_token t where t.session_id = s.id)) > @now`

func listSessions(ctx context.Context, q db.Querier, user ids.ID, now time.Time) ([]SessionInfo, error) {
	rows, err := q.Query(ctx, `
		select s.id, s.created_at, s.last_used_at, s.expires_at, s.address, s.user_agent, s.methods
		from auth_session s where s.user_id = @user and`+liveSession+` order by s.last_used_at desc, s.id desc`,
		pgx.NamedArgs{"user": user, "now": now})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	items, err := pgx.AppendRows([]SessionInfo{}, rows, func(row pgx.CollectableRow) (i SessionInfo, err error) {
		err = row.Scan(&i.ID, &i.CreatedAt, &i.LastUsedAt, &i.ExpiresAt, &i.Address, &i.UserAgent, &i.Methods)
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return items, nil
}

// endSessionOf ends one session of a user; false when there is none in force.
func endSessionOf(ctx context.Context, tx db.Tx, user, id ids.ID, why endReason, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		update auth_session set ended_at = $4, end_reason = $3
		where id = $2 and user_id = $1 and ended_at is null and expires_at > $4`, user, id, why, now)
	if err != nil {
		return false, fmt.Errorf("end session: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// endSessionsBut ends the sessions of a user except one, and says how many of
// them could still have been used.
func endSessionsBut(ctx context.Context, tx db.Tx, user, but ids.ID, why endReason, now time.Time) (live int64, err error) {
	args := pgx.NamedArgs{"user": user, "but": but, "why": why, "now": now}
	const chosen = ` s.user_id = @user and s.id <> @but and`
	if err := tx.QueryRow(ctx, `select count(*) from auth_session s where`+chosen+liveSession, args).Scan(&live); err != nil {
		return 0, fmt.Errorf("count sessions: %w", err)
	}
	_, err = tx.Exec(ctx, `update auth_session s set ended_at = @now, end_reason = @why where`+chosen+` s.ended_at is null`, args)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return live, nil
}
