package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const userStatus = `case when u.disabled_at is not null then 'disabled' when f.locked_until is not null then 'locked'
	when u.last_sign_in_at is null then 'new' else 'active' end`

const userRowTables = ` from auth_user u
	left join lateral (select max(l.locked_until) as locked_until from auth_failure l
		where l.subject = any(array['user:' || u.username, 'code:' || u.username]) and l.locked_until > @now) f on true`

// linkedProviders are three lists in one order; null when there is no link.
const linkedProviders = ` left join lateral (
	select array_agg(l.provider_id order by p.name) as providers, array_agg(p.name order by p.name) as names,
		array_agg(l.subject order by p.name) as subjects
	from auth_sso_link l join auth_sso_provider p on p.id = l.provider_id where l.user_id = u.id) links on true`

const userRowColumns = `u.id, u.username, u.display_name, u.email, u.role,
	array(select g.group_id from auth_user_group g where g.user_id = u.id order by g.group_id),
	` + userStatus + `, u.password_hash is not null,
	exists (select from auth_totp t where t.user_id = u.id and t.confirmed_at is not null),
	exists (select from auth_passkey p where p.user_id = u.id),
	links.providers, links.names, links.subjects,
	u.last_sign_in_at, u.created_at,
	(select count(*) from auth_session s where s.user_id = u.id and` + liveSession + `), f.locked_until`

func scanUserRow(row pgx.CollectableRow) (UserRow, error) {
	var u UserRow
	var totp, passkey bool
	var providers []ids.ID
	var names, subjects []string
	err := row.Scan(&u.ID, &u.Username, &u.DisplayName, &u.Email, &u.Role, &u.GroupIDs, &u.Status, &u.Local,
		&totp, &passkey, &providers, &names, &subjects, &u.LastSignInAt, &u.CreatedAt, &u.Sessions, &u.LockedUntil)
	if err != nil {
		return u, err
	}
	u.MFA = []string{}
	if totp {
		u.MFA = append(u.MFA, string(MethodTOTP))
	}
	if passkey {
		u.MFA = append(u.MFA, string(MethodPasskey))
	}
	u.Providers = []UserProvider{}
	for i, id := range providers {
		u.Providers = append(u.Providers, UserProvider{ProviderID: id, Name: names[i], Subject: subjects[i]})
	}
	return u, nil
}

// escapeLike makes a person's text stand for itself in a pattern.
var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (f UserFilter) where(args pgx.NamedArgs) string {
	cond := []string{"true"}
	if f.Query != "" {
		cond = append(cond, `(u.username ilike @q or u.display_name ilike @q or u.email ilike @q)`)
		args["q"] = "%" + escapeLike.Replace(f.Query) + "%"
	}
	if len(f.Roles) > 0 {
		cond = append(cond, "u.role::text = any(@roles)")
		args["roles"] = textsOf(f.Roles)
	}
	if len(f.Statuses) > 0 {
		cond = append(cond, userStatus+" = any(@statuses)")
		args["statuses"] = textsOf(f.Statuses)
	}
	if !f.Group.IsZero() {
		cond = append(cond, "exists (select from auth_user_group m where m.user_id = u.id and m.group_id = @group)")
		args["group"] = f.Group
	}
	return " where " + strings.Join(cond, " and ")
}

func textsOf[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// order puts those who never signed in last, in both directions.
func (f UserFilter) order() string {
	dir := " asc"
	if f.Desc {
		dir = " desc"
	}
	if f.Sort == "last_sign_in" {
		return " order by u.last_sign_in_at" + dir + " nulls last, u.username"
	}
	return " order by u.username" + dir
}

func listUsers(ctx context.Context, q db.Querier, f UserFilter, now time.Time) (UserPage, error) {
	page := UserPage{Items: []UserRow{}}
	args := pgx.NamedArgs{"now": now}
	where := f.where(args)
	if err := q.QueryRow(ctx, "select count(*)"+userRowTables+where, args).Scan(&page.Total); err != nil {
		return page, fmt.Errorf("count users: %w", err)
	}
	args["limit"], args["offset"] = f.PageSize, (max(f.Page, 1)-1)*f.PageSize
	rows, err := q.Query(ctx, "select "+userRowColumns+userRowTables+linkedProviders+where+f.order()+" limit @limit offset @offset", args)
	if err != nil {
		return page, fmt.Errorf("list users: %w", err)
	}
	if page.Items, err = pgx.AppendRows(page.Items, rows, scanUserRow); err != nil {
		return page, fmt.Errorf("list users: %w", err)
	}
	return page, nil
}

func readUserRow(ctx context.Context, q db.Querier, id ids.ID, now time.Time) (UserRow, bool, error) {
	rows, err := q.Query(ctx, "select "+userRowColumns+userRowTables+linkedProviders+" where u.id = @id", pgx.NamedArgs{"id": id, "now": now})
	if err != nil {
		return UserRow{}, false, fmt.Errorf("read user: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, scanUserRow)
	if db.IsNoRows(err) {
		return UserRow{}, false, nil
	}
	if err != nil {
		return UserRow{}, false, fmt.Errorf("read user: %w", err)
	}
	return u, true, nil
}
