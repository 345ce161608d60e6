package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// linkedAccount is who may be signed in by this identity.
func linkedAccount(ctx context.Context, q db.Querier, provider ids.ID, who oidcflow.Identity) (account, bool, error) {
	return scanAccount(q.QueryRow(ctx, `
		select `+accountColumns+` from auth_sso_link l join auth_user u on u.id = l.user_id
		where l.provider_id = $1 and l.issuer = $2 and l.subject = $3`, provider, who.Issuer, who.Subject))
}

func useLink(ctx context.Context, tx db.Tx, provider ids.ID, who oidcflow.Identity, now time.Time) error {
	_, err := tx.Exec(ctx, `
		update auth_sso_link set last_used_at = $4 where provider_id = $1 and issuer = $2 and subject = $3`, provider, who.Issuer, who.Subject, now)
	if err != nil {
		return fmt.Errorf("note use of link: %w", err)
	}
	return nil
}

// insertLink reports false when the identity has a user already, or the user an
// identity of this provider.
func insertLink(ctx context.Context, tx db.Tx, provider ids.ID, who oidcflow.Identity, user ids.ID, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		insert into auth_sso_link (provider_id, issuer, subject, user_id, linked_at) values ($1, $2, $3, $4, $5)
		on conflict do nothing`, provider, who.Issuer, who.Subject, user, now)
	if err != nil {
		return false, fmt.Errorf("insert link: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

const linkColumns = `l.provider_id, p.name, l.subject, l.linked_at`

// linksOf are the links that sign the user in: those of an issuer that the
// provider no longer has are not among them.
func linksOf(ctx context.Context, q db.Querier, user ids.ID) ([]SsoLink, error) {
	return queryLinks(ctx, q, `
		select `+linkColumns+` from auth_sso_link l join auth_sso_provider p on p.id = l.provider_id
		where l.user_id = $1 order by lower(p.name)`, user)
}

func linkOf(ctx context.Context, q db.Querier, user, provider ids.ID) (SsoLink, bool, error) {
	return first(queryLinks(ctx, q, `
		select `+linkColumns+` from auth_sso_link l join auth_sso_provider p on p.id = l.provider_id
		where l.user_id = $1 and l.provider_id = $2`, user, provider))
}

func queryLinks(ctx context.Context, q db.Querier, sql string, args ...any) ([]SsoLink, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	list, err := pgx.AppendRows([]SsoLink{}, rows, pgx.RowToStructByPos[SsoLink])
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return list, nil
}

func deleteLink(ctx context.Context, tx db.Tx, user, provider ids.ID) error {
	if _, err := tx.Exec(ctx, `delete from auth_sso_link where user_id = $1 and provider_id = $2`, user, provider); err != nil {
		return fmt.Errorf("delete link: %w", err)
	}
	return nil
}

// hasOtherWay reports whether the user can sign in with what is there: a
// password, a passkey, or a link with a provider in use.
func hasOtherWay(ctx context.Context, tx db.Tx, user ids.ID) (has bool, err error) {
	err = tx.QueryRow(ctx, `
		select exists (select from auth_user where id = $1 and password_hash is not null)
			or exists (select from auth_passkey where user_id = $1)
			or exists (select from auth_sso_link l join auth_sso_provider p on p.id = l.provider_id and p.issuer = l.issuer
				where l.user_id = $1 and p.enabled)`, user).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for ways to sign in: %w", err)
	}
	return has, nil
}

// insertUserWithoutPassword reports false when the name is taken.
func insertUserWithoutPassword(ctx context.Context, tx db.Tx, u User, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		insert into auth_user (id, username, display_name, email, role, created_at, password_changed_at) values ($1, $2, $3, $4, $5, $6, $6)
		on conflict (username) do nothing`, u.ID, u.Username, u.DisplayName, u.Email, u.Role, now)
	if err != nil {
		return false, fmt.Errorf("insert user of provider: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
