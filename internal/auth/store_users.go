package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// firstUserLock is the advisory lock under which the first user is made.
const firstUserLock int64 = 0x706d_6175_7468_7501

const accountColumns = `u.id, u.username, u.display_name, u.email, u.role, u.password_hash is not null, u.must_change_password,
	u.theme, u.time_zone, coalesce(u.password_hash, ''), u.disabled_at`

func (a *account) fields() []any {
	return []any{&a.ID, &a.Username, &a.DisplayName, &a.Email, &a.Role, &a.Local, &a.MustChangePassword,
		&a.Theme, &a.TimeZone, &a.passwordHash, &a.disabledAt}
}

func accountByName(ctx context.Context, q db.Querier, username string) (account, bool, error) {
	return scanAccount(q.QueryRow(ctx, `select `+accountColumns+` from auth_user u where u.username = $1`, username))
}

func accountByID(ctx context.Context, q db.Querier, id ids.ID) (account, bool, error) {
	return scanAccount(q.QueryRow(ctx, `select `+accountColumns+` from auth_user u where u.id = $1`, id))
}

func scanAccount(row pgx.Row) (a account, found bool, err error) {
	err = row.Scan(a.fields()...)
	if db.IsNoRows(err) {
		return account{}, false, nil
	}
	if err != nil {
		return account{}, false, fmt.Errorf("read user: %w", err)
	}
	return a, true, nil
}

// lockAccount holds the user's row if it still has this password hash and is
// not disabled: what was checked outside of tx is still so inside.
func lockAccount(ctx context.Context, tx db.Tx, id ids.ID, phc string) (bool, error) {
	var one int
	err := tx.QueryRow(ctx, `
		select 1 from auth_user where id = $1 and password_hash = $2 and disabled_at is null for no key update`, id, phc).Scan(&one)
	if db.IsNoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock user: %w", err)
	}
	return true, nil
}

// lockFirstUser reports whether there is no user, and keeps others from making
// one until tx ends.
func lockFirstUser(ctx context.Context, tx db.Tx) (empty bool, err error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, firstUserLock); err != nil {
		return false, fmt.Errorf("lock users: %w", err)
	}
	if err := tx.QueryRow(ctx, `select not exists (select from auth_user)`).Scan(&empty); err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return empty, nil
}

func insertUser(ctx context.Context, tx db.Tx, u User, phc string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into auth_user (id, username, display_name, role, password_hash, must_change_password, created_at, password_changed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $7)`,
		u.ID, u.Username, u.DisplayName, u.Role, phc, u.MustChangePassword, now)
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	return nil
}

func setPassword(ctx context.Context, tx db.Tx, id ids.ID, phc string, mustChange bool, now time.Time) error {
	_, err := tx.Exec(ctx, `
		update auth_user set password_hash = $2, must_change_password = $3, password_changed_at = $4 where id = $1`,
		id, phc, mustChange, now)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// replaceHash stores another hash of the same password, if it is still the same.
func replaceHash(ctx context.Context, q db.Querier, id ids.ID, old, phc string) (bool, error) {
	tag, err := q.Exec(ctx, `update auth_user set password_hash = $3 where id = $1 and password_hash = $2`, id, old, phc)
	if err != nil {
		return false, fmt.Errorf("replace password hash: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// usersLock is the advisory lock under which users are changed: whether there is
// still an administrator is a question about all of them.
const usersLock int64 = 0x706d_6175_7468_7502

func lockAllUsers(ctx context.Context, tx db.Tx) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, usersLock); err != nil {
		return fmt.Errorf("lock users: %w", err)
	}
	return nil
}

// localAdmins counts the enabled administrators with a password, and says
// whether the named user is one of them.
func localAdmins(ctx context.Context, q db.Querier, username string) (n int, named bool, err error) {
	err = q.QueryRow(ctx, `
		select count(*), coalesce(bool_or(username = $1), false) from auth_user
		where role = 'admin' and disabled_at is null and password_hash is not null`, username).Scan(&n, &named)
	if err != nil {
		return 0, false, fmt.Errorf("count administrators: %w", err)
	}
	return n, named, nil
}
