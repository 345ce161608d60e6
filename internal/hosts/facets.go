package hosts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ValueCount is one value of a filter and how many hosts it chooses.
type ValueCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// StateCounts counts hosts by state.
type StateCounts struct {
	Healthy     int `json:"healthy"`
	Degraded    int `json:"degraded"`
	Unreachable int `json:"unreachable"`
	Unknown     int `json:"unknown"`
}

// Facets are what a list of hosts can be filtered by.
type Facets struct {
	States StateCounts  `json:"states"`
	OS     []ValueCount `json:"os" nullable:"false"`
}

// Facets counts the hosts in a scope by state and operating system.
func (s *Service) Facets(ctx context.Context, scope Scope) (Facets, error) {
	f := Facets{OS: []ValueCount{}}
	where := " from host h where h.removed_at is null and " + scope.SQL("h.id")
	err := s.db.QueryRow(ctx, `select count(*) filter (where state = 'healthy'), count(*) filter (where state = 'degraded'),
		count(*) filter (where state = 'unreachable'), count(*) filter (where state = 'unknown')`+where).
		Scan(&f.States.Healthy, &f.States.Degraded, &f.States.Unreachable, &f.States.Unknown)
	if err != nil {
		return f, fmt.Errorf("count hosts by state: %w", err)
	}
	rows, err := s.db.Query(ctx, "select coalesce(h.os, '') as value, count(*)"+where+" group by 1 order by 2 desc, 1 limit 200")
	if err != nil {
		return f, fmt.Errorf("count hosts by system: %w", err)
	}
	if f.OS, err = pgx.AppendRows(f.OS, rows, pgx.RowToStructByPos[ValueCount]); err != nil {
		return f, fmt.Errorf("count hosts by system: %w", err)
	}
	return f, nil
}
