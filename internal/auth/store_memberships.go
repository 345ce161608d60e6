package auth

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// readNamed runs a query that gives an id and a name.
func readNamed(ctx context.Context, q db.Querier, what, sql string, args ...any) ([]named, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read names of %s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[named])
	if err != nil {
		return nil, fmt.Errorf("read names of %s: %w", what, err)
	}
	return list, nil
}

// groupNames returns those of the groups that exist.
func groupNames(ctx context.Context, q db.Querier, list []ids.ID) ([]named, error) {
	return readNamed(ctx, q, "groups", `select id, name from host_group_name_v where id = any($1) order by name`, list)
}

func groupsOfUser(ctx context.Context, q db.Querier, user ids.ID) ([]named, error) {
	return readNamed(ctx, q, "groups of user", `
		select g.id, g.name from auth_user_group m join host_group_name_v g on g.id = m.group_id
		where m.user_id = $1 order by g.name`, user)
}

// userNames returns those of the users that exist.
func userNames(ctx context.Context, q db.Querier, list []ids.ID) ([]named, error) {
	return readNamed(ctx, q, "users", `select id, username from auth_user where id = any($1) order by username`, list)
}

func membersOf(ctx context.Context, q db.Querier, group ids.ID) ([]named, error) {
	return readNamed(ctx, q, "members", `
		select u.id, u.username from auth_user_group m join auth_user u on u.id = m.user_id
		where m.group_id = $1 order by u.username`, group)
}

func listMembers(ctx context.Context, q db.Querier, group ids.ID) ([]Member, error) {
	rows, err := q.Query(ctx, `
		select u.id, u.username, u.display_name, u.role, u.disabled_at is not null
		from auth_user_group m join auth_user u on u.id = m.user_id where m.group_id = $1 order by u.username`, group)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	items, err := pgx.AppendRows([]Member{}, rows, pgx.RowToStructByPos[Member])
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	return items, nil
}

// addMemberships makes each of the users a member of each of the groups. A group
// that is deleted at the same moment makes it fail.
func addMemberships(ctx context.Context, tx db.Tx, users, groups []ids.ID) error {
	_, err := tx.Exec(ctx, `
		insert into auth_user_group (user_id, group_id)
		select u.id, g.id from unnest($1::uuid[]) u (id), unnest($2::uuid[]) g (id)
		on conflict do nothing`, users, groups)
	if err != nil {
		return fmt.Errorf("add members: %w", err)
	}
	return nil
}

func removeMemberships(ctx context.Context, tx db.Tx, users, groups []ids.ID) error {
	_, err := tx.Exec(ctx, `delete from auth_user_group where user_id = any($1) and group_id = any($2)`, users, groups)
	if err != nil {
		return fmt.Errorf("remove members: %w", err)
	}
	return nil
}
