package audit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// ActionCount is one action and how often it is in the trail.
type ActionCount struct {
	Value string
	Count int
}

// ActorCount is one actor, by its newest name, and how often it acted.
type ActorCount struct {
	ID    string
	Name  string
	Kind  ActorKind
	Count int
}

// maxFacets bounds the actors that a list can be filtered by: agents that ask
// to enroll are actors as well.
const maxFacets = 200

// Facets returns what the trail can be filtered by, the most frequent first.
func Facets(ctx context.Context, q db.Querier) ([]ActionCount, []ActorCount, error) {
	rows, err := q.Query(ctx, `select action collate "C" as name, count(*) from audit_entry group by name order by name`)
	if err != nil {
		return nil, nil, fmt.Errorf("count audit actions: %w", err)
	}
	actions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ActionCount])
	if err != nil {
		return nil, nil, fmt.Errorf("count audit actions: %w", err)
	}
	rows, err = q.Query(ctx, `
		select c.actor_id, e.actor_name, e.actor_kind, c.n
		from (select actor_id, count(*) as n, max(id) as newest from audit_entry where actor_id <> '' group by actor_id
			order by n desc, actor_id limit $1) as c
		join audit_entry e on e.id = c.newest order by c.n desc, c.actor_id`, maxFacets)
	if err != nil {
		return nil, nil, fmt.Errorf("count audit actors: %w", err)
	}
	actors, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ActorCount])
	if err != nil {
		return nil, nil, fmt.Errorf("count audit actors: %w", err)
	}
	return actions, actors, nil
}

// ListCheckpoints returns checkpoints, newest first, and how many there are.
func ListCheckpoints(ctx context.Context, q db.Querier, limit, offset int) ([]Checkpoint, int, error) {
	var total int
	if err := q.QueryRow(ctx, `select count(*) from audit_checkpoint`).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count checkpoints: %w", err)
	}
	rows, err := q.Query(ctx, checkpointColumns+`order by size desc limit $1 offset $2`, limit, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("list checkpoints: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (Checkpoint, error) {
		c, err := scanCheckpoint(r)
		return c.Checkpoint, err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list checkpoints: %w", err)
	}
	return list, total, nil
}

// Broken returns the break that the newest verification found; nil when it
// found none. The trail of a fresh installation is not broken.
func Broken(ctx context.Context, q db.Querier) (*Break, error) {
	v, _, err := newestFinding(ctx, q)
	return v.Break, err
}
