package auth_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/testkit/pgtest"
)

// BenchmarkLogin is a whole sign-in at the real cost of the hash.
func BenchmarkLogin(b *testing.B) {
	s := auth.New(auth.Deps{DB: pgtest.New(b), Clock: clock.System(), Sealer: newBox(b, 1)})
	var password string
	_, err := s.EnsureAdmin(b.Context(), func(p string) error { password = p; return nil })
	require.NoError(b, err)
	c := auth.Caller{Address: netip.MustParseAddr("192.0.2.1")}
	for b.Loop() {
		_, err := s.SignInForTest(b.Context(), "admin", password, c)
		require.NoError(b, err)
	}
}

// BenchmarkAuthenticate is what every request pays.
func BenchmarkAuthenticate(b *testing.B) {
	s := auth.New(auth.Deps{DB: pgtest.New(b), Clock: clock.System(), Sealer: newBox(b, 1), Argon: cheap})
	_, err := s.EnsureAdmin(b.Context(), func(string) error { return nil })
	require.NoError(b, err)
	password, err := s.ResetPassword(b.Context(), "admin")
	require.NoError(b, err)
	c := auth.Caller{Address: netip.MustParseAddr("192.0.2.1")}
	access, err := s.SignInForTest(b.Context(), "admin", password, c)
	require.NoError(b, err)
	for b.Loop() {
		_, err := s.Authenticate(b.Context(), access, c.Address)
		require.ErrorContains(b, err, "password of your own") // all checks were made
	}
}
