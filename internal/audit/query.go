package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// Row is a stored entry, for reading.
type Row struct {
	ID        int64
	At        time.Time
	Actor     Actor
	Action    string
	Target    Target
	Details   json.RawMessage
	Address   string
	RequestID string
}

// Filter chooses rows; empty fields choose all.
type Filter struct {
	TargetKind string
	TargetID   string
	ActorID    string
	Action     string // exactly, or with all below it when it ends in ".": "session."
	Limit      int    // 0: 50; at most 500
	Offset     int
}

// maxPage bounds one answer.
const maxPage = 500

// List returns the rows that the filter chooses, newest first, and how many
// there are in all.
func List(ctx context.Context, q db.Querier, f Filter) ([]Row, int, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	total, err := countRows(ctx, q, f)
	if err != nil {
		return nil, 0, fmt.Errorf("list audit entries: %w", err)
	}
	rows, err := listRows(ctx, q, f)
	if err != nil {
		return nil, 0, fmt.Errorf("list audit entries: %w", err)
	}
	return rows, total, nil
}

// ForTarget returns what was done to one object, newest first, and how many
// such entries there are. The caller has checked that its reader may see the
// object.
func ForTarget(ctx context.Context, q db.Querier, kind, id string, limit, offset int) ([]Row, int, error) {
	return List(ctx, q, Filter{TargetKind: kind, TargetID: id, Limit: limit, Offset: offset})
}

// chosen is the condition of a Filter as $1 … $4.
const chosen = `
	($1 = '' or target_kind = $1) and ($2 = '' or target_id = $2) and ($3 = '' or actor_id = $3)
	and ($4 = '' or action = $4 or (right($4, 1) = '.' and starts_with(action, $4)))`

func countRows(ctx context.Context, q db.Querier, f Filter) (int, error) {
	var n int
	err := q.QueryRow(ctx, `select count(*) from audit_entry where `+chosen,
		f.TargetKind, f.TargetID, f.ActorID, f.Action).Scan(&n)
	return n, err
}

func listRows(ctx context.Context, q db.Querier, f Filter) ([]Row, error) {
	rows, err := q.Query(ctx, `
		select id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id,
			target_name, details, address, request_id
		from audit_entry where `+chosen+` order by id desc limit $5 offset $6`,
		f.TargetKind, f.TargetID, f.ActorID, f.Action, min(f.Limit, maxPage), max(f.Offset, 0))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRow)
}

func scanRow(row pgx.CollectableRow) (Row, error) {
	var r Row
	var details string
	err := row.Scan(&r.ID, &r.At, &r.Actor.Kind, &r.Actor.ID, &r.Actor.Name, &r.Action,
		&r.Target.Kind, &r.Target.ID, &r.Target.Name, &details, &r.Address, &r.RequestID)
	r.Details = json.RawMessage(details)
	r.At = r.At.UTC()
	return r, err
}
