package auth_test

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

// statements counts what is asked of the database.
type statements struct {
	mu   sync.Mutex
	seen []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.seen
	s.seen = nil
	return out
}

// watched is the rig with a service that counts its statements and hashes at a
// cost that stands out.
func (r *rig) watched() (*rig, *statements) {
	seen := &statements{}
	cfg := r.db.Config()
	cfg.ConnConfig.Tracer = seen
	pool, err := pgxpool.NewWithConfig(r.t.Context(), cfg)
	require.NoError(r.t, err)
	r.t.Cleanup(pool.Close)
	costly := auth.Params{Memory: 16 * 1024, Time: 2, Lanes: 1}
	out := *r
	out.handler = handlerOf(auth.New(auth.Deps{DB: &db.DB{Pool: pool}, Clock: r.clock, Sealer: newBox(r.t, 1), Argon: costly}))
	return &out, seen
}

// The time of an answer does not tell which users exist, because the work is the
// same: the same statements, and as much processor time within a factor of two.
// Without the comparison for nobody it would be a hundredth.
func TestUnknownUsersCostTheSame(t *testing.T) {
	r, seen := readyRig(t).watched()
	require.Equal(t, 200, r.browser().login("admin", r.password).Code) // hashes at the new cost from now on
	r.exec(`insert into auth_user (id, username, role, password_hash, disabled_at, created_at, password_changed_at)
		select gen_random_uuid(), 'gone', role, password_hash, now(), now(), now() from auth_user`)
	r.exec(`insert into auth_user (id, username, role, created_at, password_changed_at)
		values (gen_random_uuid(), 'federated', 'auditor', now(), now())`)
	names := []string{"admin", "nobody", "gone", "federated"}
	spent := map[string][]time.Duration{}
	asked := map[string][]string{}
	for round := range 12 {
		for _, name := range names {
			r.clock.Advance(2 * time.Hour) // no count from before
			seen.take()
			before := processorTime(t)
			require.Equal(t, 401, r.browser().login(name, "wrong").Code)
			if round > 1 { // statements are prepared, buffers are there
				spent[name] = append(spent[name], processorTime(t)-before)
				asked[name] = append(asked[name], seen.take()...)
			}
		}
	}
	known := median(spent["admin"])
	for _, name := range names[1:] {
		require.Equal(t, asked["admin"], asked[name], name)
		ratio := float64(median(spent[name])) / float64(known)
		t.Logf("%s: %s of processor time, known user %s", name, median(spent[name]), known)
		require.Greater(t, ratio, 0.5, name)
		require.Less(t, ratio, 2.0, name)
	}
}

// processorTime is what this process has used: not the time on the wall, which
// belongs to whatever else the machine does.
func processorTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(d []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}

// With single sign-on only, a password signs in nobody but the break-glass
// account, and its answer does not tell why.
func TestPasswordsOff(t *testing.T) {
	r := readyRig(t)
	bobs := r.addUser("bob")
	waiting := r.waiting("bob")
	r.rules.PasswordOff, r.rules.BreakGlass = true, "Admin"
	require.Equal(t, "invalid_credentials", code(t, r.browser().login("bob", r.password)))
	require.Contains(t, string(r.audited("session.login_failed")[0].Details), `"passwords_off"`)
	require.Equal(t, "single_sign_on_only", code(t, waiting.totp(r.codeAt(bobs, 0))), "begun before")
	require.Equal(t, 200, r.waiting("admin").totp(r.codeAt(r.secret, 0)).Code)
}
