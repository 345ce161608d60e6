package live

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

func insertTicket(ctx context.Context, tx db.Tx, hash []byte, session ids.ID, expires time.Time) error {
	_, err := tx.Exec(ctx, "insert into live_ticket (token_hash, session_id, expires_at) values ($1, $2, $3)", hash, session, expires)
	if err != nil {
		return fmt.Errorf("insert ticket: %w", err)
	}
	return nil
}

func takeTicket(ctx context.Context, q db.Querier, hash []byte, now time.Time) (session ids.ID, err error) {
	err = q.QueryRow(ctx, "delete from live_ticket where token_hash = $1 and expires_at > $2 returning session_id", hash, now).Scan(&session)
	if err != nil {
		return session, fmt.Errorf("take ticket: %w", err)
	}
	return session, nil
}

func deleteTickets(ctx context.Context, tx db.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, "delete from live_ticket where expires_at <= $1", now); err != nil {
		return fmt.Errorf("delete old tickets: %w", err)
	}
	return nil
}

// visibleHosts leaves out hosts that the scope does not have. A host that was removed
// just now is still told about: pages have to drop it.
func visibleHosts(ctx context.Context, q db.Querier, scope hosts.Scope, wanted []ids.ID) ([]ids.ID, error) {
	rows, err := q.Query(ctx, "select t.host_id from host_target_v t where t.host_id = any($1) and "+scope.SQL("t.host_id"), wanted)
	if err != nil {
		return nil, fmt.Errorf("find visible hosts: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return nil, fmt.Errorf("find visible hosts: %w", err)
	}
	return out, nil
}
