package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func readFactors(ctx context.Context, q db.Querier, user ids.ID) (f factors, err error) {
	err = q.QueryRow(ctx, `
		select exists (select from auth_totp where user_id = $1 and confirmed_at is not null),
			(select count(*) from auth_passkey where user_id = $1),
			(select count(*) from auth_recovery_code where user_id = $1 and used_at is null)`, user).
		Scan(&f.totp, &f.passkeys, &f.recoveryCodes)
	if err != nil {
		return factors{}, fmt.Errorf("read second factors: %w", err)
	}
	return f, nil
}

// lockUser holds the user's row until tx ends, so that sign-ins, changes of
// factors and resets of one user happen one after the other; false when the user
// is disabled or gone.
func lockUser(ctx context.Context, tx db.Tx, id ids.ID) (bool, error) {
	var one int
	err := tx.QueryRow(ctx, `select 1 from auth_user where id = $1 and disabled_at is null for no key update`, id).Scan(&one)
	if db.IsNoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock user: %w", err)
	}
	return true, nil
}

func noteSignIn(ctx context.Context, tx db.Tx, user ids.ID, now time.Time) error {
	if _, err := tx.Exec(ctx, `update auth_user set last_sign_in_at = $2 where id = $1`, user, now); err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	return nil
}

// stampSession notes a second factor in a session that is in force.
func stampSession(ctx context.Context, tx db.Tx, id ids.ID, m Method, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		update auth_session set mfa_at = $3, methods = case when $2 = any(methods) then methods else methods || $2::text end
		where id = $1 and ended_at is null and expires_at > $3`, id, string(m), now)
	if err != nil {
		return false, fmt.Errorf("note second factor in session: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// endRestrictedSessions ends the sessions that began before there was a factor.
func endRestrictedSessions(ctx context.Context, tx db.Tx, user ids.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `
		update auth_session set ended_at = $2, end_reason = $3 where user_id = $1 and ended_at is null and mfa_at is null`,
		user, now, endFactorSetUp)
	if err != nil {
		return fmt.Errorf("end sessions without second factor: %w", err)
	}
	return nil
}

// showUser fills in what the API shows of a user beside the row itself.
func showUser(ctx context.Context, q db.Querier, u *User) error {
	err := q.QueryRow(ctx, `
		select array(select group_id from auth_user_group where user_id = $1 order by group_id),
			(select count(*) from auth_recovery_code where user_id = $1 and used_at is null)`, u.ID).
		Scan(&u.GroupIDs, &u.RecoveryCodesLeft)
	if err != nil {
		return fmt.Errorf("read groups of user: %w", err)
	}
	return nil
}
