package audit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

func countRows(ctx context.Context, q db.Querier, f Filter) (n int, err error) {
	if f.isEmpty() { // no gaps
		err = q.QueryRow(ctx, `select coalesce(max(id) - min(id) + 1, 0) from audit_entry`).Scan(&n)
		return n, err
	}
	where, args := f.where()
	args["most"] = MaxTotal
	err = q.QueryRow(ctx, `select count(*) from (select from audit_entry where `+where+` limit @most) as counted`, args).Scan(&n)
	return n, err
}

const rowColumns = `select id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id,
	target_name, details, address, request_id, prev_hash, row_hash from audit_entry `

// listRows reads one page. How depends on how many rows there are, which the
// planner guesses badly for words: few are collected through the index and then
// sorted, of many the newest are found soon by walking back. By time it walks
// the index of times.
func listRows(ctx context.Context, q db.Querier, f Filter, total int) ([]Row, error) {
	where, args := f.where()
	args["limit"], args["offset"] = min(f.Limit, maxPage), max(f.Offset, 0)
	order := "id desc"
	switch {
	case f.isEmpty():
	case total < MaxTotal: // offset 0 keeps the planner from walking back through all rows instead
		return pageOf(ctx, q, `id in (select id from (select id from audit_entry where `+where+` offset 0) as chosen
			order by id desc limit @limit offset @offset) order by id desc`, args)
	case !f.From.IsZero() || !f.To.IsZero():
		order = "at desc, id desc"
	}
	return pageOf(ctx, q, where+` order by `+order+` limit @limit offset @offset`, args)
}

func pageOf(ctx context.Context, q db.Querier, where string, args pgx.NamedArgs) ([]Row, error) {
	rows, err := q.Query(ctx, rowColumns+`where `+where, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRow)
}

func countActions(ctx context.Context, q db.Querier) ([]ActionCount, error) {
	rows, err := q.Query(ctx, `select action collate "C" as name, count(*) from audit_entry group by name order by name`)
	if err != nil {
		return nil, fmt.Errorf("count audit actions: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ActionCount])
	if err != nil {
		return nil, fmt.Errorf("count audit actions: %w", err)
	}
	return list, nil
}

// countActors takes the newest name of each.
func countActors(ctx context.Context, q db.Querier, limit int) ([]ActorCount, error) {
	rows, err := q.Query(ctx, `
		select c.actor_id, e.actor_name, e.actor_kind, c.n
		from (select actor_id, count(*) as n, max(id) as newest from audit_entry where actor_id <> '' group by actor_id
			order by n desc, actor_id limit $1) as c
		join audit_entry e on e.id = c.newest order by c.n desc, c.actor_id`, limit)
	if err != nil {
		return nil, fmt.Errorf("count audit actors: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ActorCount])
	if err != nil {
		return nil, fmt.Errorf("count audit actors: %w", err)
	}
	return list, nil
}

func countCheckpoints(ctx context.Context, q db.Querier) (n int, err error) {
	if err := q.QueryRow(ctx, `select count(*) from audit_checkpoint`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count checkpoints: %w", err)
	}
	return n, nil
}

func newestCheckpoints(ctx context.Context, q db.Querier, limit, offset int) ([]Checkpoint, error) {
	rows, err := q.Query(ctx, checkpointColumns+`order by size desc limit $1 offset $2`, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list checkpoints: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (Checkpoint, error) {
		c, err := scanCheckpoint(r)
		return c.Checkpoint, err
	})
	if err != nil {
		return nil, fmt.Errorf("list checkpoints: %w", err)
	}
	return list, nil
}

func scanRow(row pgx.CollectableRow) (Row, error) {
	c, err := scanChained(row)
	return c.row(), err
}
