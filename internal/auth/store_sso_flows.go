package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func insertFlow(ctx context.Context, tx db.Tx, state, box, browser []byte, household string, f ssoFlow) error {
	_, err := tx.Exec(ctx, `
		insert into auth_sso_flow (state_hash, provider_id, purpose, sealed, browser_hash, household, user_id, session_id, test_id,
			return_to, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		state, f.provider, f.purpose, box, browser, household, orNull(f.user), orNull(f.session), orNull(f.test),
		f.returnTo, f.createdAt, f.expiresAt)
	if err != nil {
		return fmt.Errorf("insert single sign-on flow: %w", err)
	}
	return nil
}

// countFlows are those that were begun from one place, used or not.
func countFlows(ctx context.Context, tx db.Tx, household string, since time.Time) (n int, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from auth_sso_flow where household = $1 and created_at > $2`, household, since).Scan(&n); err != nil {
		return 0, fmt.Errorf("count single sign-on flows: %w", err)
	}
	return n, nil
}

// useFlow uses a flow up, if it is the browser's: of several uses one finds it.
func useFlow(ctx context.Context, q db.Querier, state, browser []byte, now time.Time) (f ssoFlow, box []byte, found bool, err error) {
	var user, session, test *ids.ID
	err = q.QueryRow(ctx, `
		update auth_sso_flow set used_at = $3
		where state_hash = $1 and browser_hash = $2 and used_at is null and expires_at > $3
		returning provider_id, purpose, sealed, user_id, session_id, test_id, return_to, created_at, expires_at`, state, browser, now).
		Scan(&f.provider, &f.purpose, &box, &user, &session, &test, &f.returnTo, &f.createdAt, &f.expiresAt)
	if db.IsNoRows(err) {
		return ssoFlow{}, nil, false, nil
	}
	if err != nil {
		return ssoFlow{}, nil, false, fmt.Errorf("use single sign-on flow: %w", err)
	}
	for to, from := range map[*ids.ID]*ids.ID{&f.user: user, &f.session: session, &f.test: test} {
		if from != nil {
			*to = *from
		}
	}
	return f, box, true, nil
}

func insertTest(ctx context.Context, tx db.Tx, provider ids.ID, t SsoTest, now, expires time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into auth_sso_test (id, provider_id, state, steps, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
		t.ID, provider, t.State, t.Steps, now, expires)
	if err != nil {
		return fmt.Errorf("insert test: %w", err)
	}
	return nil
}

func readTest(ctx context.Context, q db.Querier, id ids.ID) (t *SsoTest, expires time.Time, found bool, err error) {
	t = &SsoTest{ID: id}
	err = q.QueryRow(ctx, `select state, steps, expires_at from auth_sso_test where id = $1`, id).Scan(&t.State, &t.Steps, &expires)
	if db.IsNoRows(err) {
		return nil, time.Time{}, false, nil
	}
	if err != nil {
		return nil, time.Time{}, false, fmt.Errorf("read test: %w", err)
	}
	return t, expires, true, nil
}

func updateTest(ctx context.Context, q db.Querier, t SsoTest) error {
	if _, err := q.Exec(ctx, `update auth_sso_test set state = $2, steps = $3 where id = $1`, t.ID, t.State, t.Steps); err != nil {
		return fmt.Errorf("update test: %w", err)
	}
	return nil
}

// purgeSSO forgets round trips that are over, and tests after a while.
func purgeSSO(ctx context.Context, q db.Querier, now time.Time) error {
	if _, err := q.Exec(ctx, `delete from auth_sso_flow where expires_at <= $1`, now); err != nil {
		return fmt.Errorf("purge single sign-on flows: %w", err)
	}
	if _, err := q.Exec(ctx, `delete from auth_sso_test where expires_at <= $1`, now.Add(-ssoTestKept)); err != nil {
		return fmt.Errorf("purge tests of single sign-on: %w", err)
	}
	return nil
}
