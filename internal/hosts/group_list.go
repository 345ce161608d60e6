package hosts

import (
	"context"

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
func Mark(ctx context.Context, q db.Querier, scope Scope) (string, error) {
	if scope.IsAll() {
		return "all", nil
	}
	return digestScope(ctx, q, scope)
}
