package hosts

import (
	"context"
	"fmt"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Groups returns the groups that a scope knows, by name: an operator those that
// the operator is in.
func (s *Service) Groups(ctx context.Context, scope Scope, query string, page, size int) (GroupPage, error) {
	return listGroups(ctx, s.db, scope, query, page, size)
}

// Group returns one group that a scope knows.
func (s *Service) Group(ctx context.Context, scope Scope, id ids.ID) (Group, error) {
	g, err := getGroup(ctx, s.db, scope, id)
	if db.IsNoRows(err) {
		return g, missingGroup(err)
	}
	return g, err
}

// Mark says in a short text which hosts a scope holds now. It differs when
// memberships have changed what the scope holds, although the scope is equal.
func Mark(ctx context.Context, q db.Querier, scope Scope) (mark string, err error) {
	if scope.IsAll() {
		return "all", nil
	}
	err = q.QueryRow(ctx, `select count(*) || ' ' || coalesce(md5(string_agg(h.id::text, '' order by h.id)), '')
		from host h where `+scope.SQL("h.id")).Scan(&mark)
	if err != nil {
		return "", fmt.Errorf("mark scope: %w", err)
	}
	return mark, nil
}
