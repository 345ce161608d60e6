package hosts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const groupNameUnique = "host_group_name_unique"

const groupColumns = `g.id, g.name, g.description,
	(select count(*) from host_group_host m join host_scope_v h on h.host_id = m.host_id where m.group_id = g.id),
	(select count(*) from auth_member_v m where m.group_id = g.id), g.created_at`

func listGroups(ctx context.Context, q db.Querier, scope Scope, query string, page, size int) (GroupPage, error) {
	p := GroupPage{Items: []Group{}}
	where := " from host_group g where " + scope.GroupSQL("g.id") + " and (@q = '' or g.name ilike @like or g.description ilike @like)"
	args := pgx.NamedArgs{"q": query, "like": "%" + likeEscaper.Replace(query) + "%", "limit": size, "offset": (max(page, 1) - 1) * size}
	if err := q.QueryRow(ctx, "select count(*)"+where, args).Scan(&p.Total); err != nil {
		return p, fmt.Errorf("count groups: %w", err)
	}
	rows, err := q.Query(ctx, "select "+groupColumns+where+" order by lower(g.name), g.id limit @limit offset @offset", args)
	if err != nil {
		return p, fmt.Errorf("list groups: %w", err)
	}
	if p.Items, err = pgx.AppendRows(p.Items, rows, pgx.RowToStructByPos[Group]); err != nil {
		return p, fmt.Errorf("list groups: %w", err)
	}
	return p, nil
}

// getGroup reads one group; db.IsNoRows when the scope knows none.
func getGroup(ctx context.Context, q db.Querier, scope Scope, id ids.ID) (Group, error) {
	rows, err := q.Query(ctx, "select "+groupColumns+" from host_group g where g.id = $1 and "+scope.GroupSQL("g.id"), id)
	if err != nil {
		return Group{}, fmt.Errorf("get group: %w", err)
	}
	g, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Group])
	if err != nil {
		return Group{}, fmt.Errorf("get group: %w", err)
	}
	return g, nil
}

// lockGroup reads a group that nobody else changes or deletes until tx ends;
// without its counts.
func lockGroup(ctx context.Context, tx db.Tx, scope Scope, id ids.ID) (g Group, err error) {
	err = tx.QueryRow(ctx, "select g.id, g.name, g.description, g.created_at from host_group g where g.id = $1 and "+
		scope.GroupSQL("g.id")+" for update", id).Scan(&g.ID, &g.Name, &g.Description, &g.CreatedAt)
	if err != nil {
		return g, missingGroup(err)
	}
	return g, nil
}

// lockGroups keeps groups from being deleted until tx ends and returns the names
// of those that the scope knows.
func lockGroups(ctx context.Context, tx db.Tx, scope Scope, list []ids.ID) (map[ids.ID]string, error) {
	rows, err := tx.Query(ctx, "select g.id, g.name from host_group g where g.id = any($1) and "+scope.GroupSQL("g.id")+
		" order by g.id for key share", list)
	return collectNames(rows, err, "lock groups")
}

// groupsByName returns the groups that the scope knows under these names, by the
// names as they are given here; nobody deletes them until tx ends.
func groupsByName(ctx context.Context, tx db.Tx, scope Scope, names []string) (map[string]ids.ID, error) {
	rows, err := tx.Query(ctx, `select w.name, g.id from unnest($1::text[]) as w(name) join host_group g on lower(g.name) = lower(w.name)
		where `+scope.GroupSQL("g.id")+" order by g.id for key share of g", names)
	if err != nil {
		return nil, fmt.Errorf("find groups by name: %w", err)
	}
	out := map[string]ids.ID{}
	var name string
	var id ids.ID
	if _, err := pgx.ForEachRow(rows, []any{&name, &id}, func() error { out[name] = id; return nil }); err != nil {
		return nil, fmt.Errorf("find groups by name: %w", err)
	}
	return out, nil
}

// knownHosts returns the names of those hosts that the scope has.
func knownHosts(ctx context.Context, q db.Querier, scope Scope, list []ids.ID) (map[ids.ID]string, error) {
	rows, err := q.Query(ctx, "select h.host_id, h.name from host_scope_v h where h.host_id = any($1) and "+scope.SQL("h.host_id"), list)
	return collectNames(rows, err, "find hosts")
}

func collectNames(rows pgx.Rows, err error, what string) (map[ids.ID]string, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	names := map[ids.ID]string{}
	var id ids.ID
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return names, nil
}

func insertGroup(ctx context.Context, tx db.Tx, g Group) error {
	_, err := tx.Exec(ctx, "insert into host_group (id, name, description, created_at) values ($1, $2, $3, $4)",
		g.ID, g.Name, g.Description, g.CreatedAt)
	if err != nil {
		return fmt.Errorf("insert group: %w", err)
	}
	return nil
}

func setGroup(ctx context.Context, tx db.Tx, id ids.ID, in GroupInput) error {
	if _, err := tx.Exec(ctx, "update host_group set name = $2, description = $3 where id = $1", id, in.Name, in.Description); err != nil {
		return fmt.Errorf("change group: %w", err)
	}
	return nil
}

// groupContents returns the names of the hosts and the users of a group.
func groupContents(ctx context.Context, tx db.Tx, id ids.ID) (hosts, members []string, err error) {
	err = tx.QueryRow(ctx, `select
		(select coalesce(array_agg(h.name order by lower(h.name)), '{}') from host_group_host m join host_scope_v h on h.host_id = m.host_id where m.group_id = $1),
		(select coalesce(array_agg(m.username order by m.username), '{}') from auth_member_v m where m.group_id = $1)`, id).Scan(&hosts, &members)
	if err != nil {
		return nil, nil, fmt.Errorf("read hosts and members of group: %w", err)
	}
	return hosts, members, nil
}

// deleteGroup takes the memberships with it.
func deleteGroup(ctx context.Context, tx db.Tx, id ids.ID) error {
	if _, err := tx.Exec(ctx, "delete from host_group where id = $1", id); err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	return nil
}

// memberships are all pairs of these groups and hosts.
type memberships struct {
	groups, hosts []ids.ID
	at            time.Time
}

// insertMemberships returns the hosts that were not there before.
func insertMemberships(ctx context.Context, tx db.Tx, m memberships) ([]ids.ID, error) {
	rows, err := tx.Query(ctx, `insert into host_group_host (group_id, host_id, added_at)
		select g, h, $3 from unnest($1::uuid[]) g cross join unnest($2::uuid[]) h order by g, h
		on conflict do nothing returning host_id`, m.groups, m.hosts, m.at)
	return collectIDs(rows, err, "add hosts to group")
}

// deleteMemberships returns the hosts that were there before.
func deleteMemberships(ctx context.Context, tx db.Tx, m memberships) ([]ids.ID, error) {
	rows, err := tx.Query(ctx, "delete from host_group_host where group_id = any($1) and host_id = any($2) returning host_id", m.groups, m.hosts)
	return collectIDs(rows, err, "remove hosts from group")
}

func collectIDs(rows pgx.Rows, err error, what string) ([]ids.ID, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// groupsOf returns all groups of a host.
func groupsOf(ctx context.Context, tx db.Tx, host ids.ID) ([]GroupRef, error) {
	rows, err := tx.Query(ctx, `select g.id, g.name from host_group_host m join host_group g on g.id = m.group_id
		where m.host_id = $1 order by lower(g.name)`, host)
	if err != nil {
		return nil, fmt.Errorf("read groups of host: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[GroupRef])
	if err != nil {
		return nil, fmt.Errorf("read groups of host: %w", err)
	}
	return list, nil
}

// digestScope is the number of hosts in the scope, and the digest of which.
func digestScope(ctx context.Context, q db.Querier, scope Scope) (mark string, err error) {
	err = q.QueryRow(ctx, `select count(*) || ' ' || coalesce(md5(string_agg(h.id::text, '' order by h.id)), '')
		from host h where `+scope.SQL("h.id")).Scan(&mark)
	if err != nil {
		return "", fmt.Errorf("mark scope: %w", err)
	}
	return mark, nil
}
