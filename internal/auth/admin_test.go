package auth_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
)

func (r *rig) clientAddr() netip.Addr { return netip.MustParseAddr("192.0.2.1") }

func TestEnsureAdminMakesOne(t *testing.T) {
	r := emptyRig(t)
	passwords := make(chan string, 8)
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			_, err := r.svc.EnsureAdmin(t.Context(), func(p string) error { passwords <- p; return nil })
			return err
		})
	}
	require.NoError(t, g.Wait())
	require.Len(t, passwords, 1)
	p := <-passwords
	require.Regexp(t, `^[a-z2-7]{5}(-[a-z2-7]{5}){3}$`, p)
	require.True(t, r.signIn("admin", p).user.MustChangePassword)
	require.EqualValues(t, audit.KindSystem, r.audited("user.create")[0].Actor.Kind)
}

// A start that dies before the password was delivered leaves no user behind
// whose password nobody knows.
func TestEnsureAdminWithoutDeliveryMakesNone(t *testing.T) {
	r := emptyRig(t)
	errDisk := errors.New("no space left on device")
	_, err := r.svc.EnsureAdmin(t.Context(), func(string) error { return errDisk })
	require.ErrorIs(t, err, errDisk)
	created, err := r.svc.EnsureAdmin(t.Context(), func(p string) error { r.password = p; return nil })
	require.NoError(t, err)
	require.True(t, created)
	r.signIn("admin", r.password)
	require.Len(t, r.audited("user.create"), 1)
}

func TestResetPassword(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	for range 5 {
		r.browser().login("admin", "wrong")
	}
	p, err := r.svc.ResetPassword(t.Context(), "Admin")
	require.NoError(t, err)
	require.Equal(t, "session_ended", code(t, b.get("/probe")))
	require.True(t, r.signIn("admin", p).user.MustChangePassword, "the lock is lifted")
	require.Len(t, r.audited("user.password_reset"), 1)

	_, err = r.svc.ResetPassword(t.Context(), "nobody")
	require.ErrorContains(t, err, "no such user")
}

// Hashes of an older cost are renewed at the next sign-in.
func TestSignInRenewsTheHash(t *testing.T) {
	r := readyRig(t)
	costly := auth.New(auth.Deps{DB: r.db, Clock: r.clock, Sealer: newBox(t, 1), Argon: auth.Params{Memory: 128, Time: 2, Lanes: 1}})
	read := func() (phc string) {
		require.NoError(t, r.db.QueryRow(t.Context(), `select password_hash from auth_user`).Scan(&phc))
		return phc
	}
	require.Contains(t, read(), "$m=64,t=1,p=1$")
	r.handler = handlerOf(costly)
	r.signIn("admin", r.password)
	require.Contains(t, read(), "$m=128,t=2,p=1$")
	renewed := read()
	r.signIn("admin", r.password)
	require.Equal(t, renewed, read(), "once")
}

func TestPurgeKeepsWhatIsInForce(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	require.Equal(t, 200, b.post("/auth/refresh", nil).Code)
	r.browser().login("nobody", "wrong")
	r.waiting("admin")
	count := func(table string) (n int) {
		require.NoError(t, r.db.QueryRow(t.Context(), `select count(*) from `+table).Scan(&n))
		return n
	}
	purge := func() {
		_, err := r.svc.Loops()[1].Once(t.Context())
		require.NoError(t, err)
	}
	purge()
	require.Equal(t, 5, count("auth_refresh_token"))
	require.Equal(t, 2, count("auth_failure"))
	require.Equal(t, 1, count("auth_challenge"))
	r.clock.Advance(37 * hour)
	purge()
	require.Zero(t, count("auth_refresh_token"))
	require.Zero(t, count("auth_challenge"))
	require.Zero(t, count("auth_failure"))
	require.Equal(t, 4, count("auth_session"))
	r.clock.Advance(31 * 24 * hour)
	purge()
	require.Zero(t, count("auth_session"))
	require.Equal(t, 1, count("auth_signing_key"))
}
