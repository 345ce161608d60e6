package hosts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

func countByGroup(ctx context.Context, q db.Querier, scope Scope) ([]GroupCount, error) {
	rows, err := q.Query(ctx, `select g.id, g.name, (select count(*) from host_group_host m join host_scope_v h on h.host_id = m.host_id
		where m.group_id = g.id and `+scope.SQL("h.host_id")+`) from host_group g where `+scope.GroupSQL("g.id")+`
		order by lower(g.name), g.id limit 500`)
	if err != nil {
		return nil, fmt.Errorf("count hosts by group: %w", err)
	}
	list, err := pgx.AppendRows([]GroupCount{}, rows, pgx.RowToStructByPos[GroupCount])
	if err != nil {
		return nil, fmt.Errorf("count hosts by group: %w", err)
	}
	return list, nil
}

// countHosts counts by state, group or none, and operating system.
func countHosts(ctx context.Context, q db.Querier, scope Scope) (Facets, error) {
	f := Facets{OS: []ValueCount{}, Groups: []GroupCount{}}
	where := " from host h where h.removed_at is null and " + scope.SQL("h.id")
	err := q.QueryRow(ctx, `select count(*) filter (where state = 'healthy'), count(*) filter (where state = 'degraded'),
		count(*) filter (where state = 'unreachable'), count(*) filter (where state = 'unknown'),
		count(*) filter (where not exists (select from host_group_host m where m.host_id = h.id))`+where).
		Scan(&f.States.Healthy, &f.States.Degraded, &f.States.Unreachable, &f.States.Unknown, &f.NoGroup)
	if err != nil {
		return f, fmt.Errorf("count hosts by state: %w", err)
	}
	rows, err := q.Query(ctx, "select coalesce(h.os, '') as value, count(*)"+where+" group by 1 order by 2 desc, 1 limit 200")
	if err != nil {
		return f, fmt.Errorf("count hosts by system: %w", err)
	}
	if f.OS, err = pgx.AppendRows(f.OS, rows, pgx.RowToStructByPos[ValueCount]); err != nil {
		return f, fmt.Errorf("count hosts by system: %w", err)
	}
	return f, nil
}
