package auth

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
)

func TestHashHasTheCostThatWePromise(t *testing.T) {
	h := newHasher(DefaultParams)
	phc, err := h.hash(t.Context(), "correct horse")
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, phc)
	ok, stale, err := h.verify(t.Context(), phc, "correct horse")
	require.NoError(t, err)
	require.True(t, ok)
	require.False(t, stale)
	ok, _, err = h.verify(t.Context(), phc, "correct horsf")
	require.NoError(t, err)
	require.False(t, ok)
	again, err := h.hash(t.Context(), "correct horse")
	require.NoError(t, err)
	require.NotEqual(t, phc, again, "salted")
}

// The reference implementation's own vector: the stored form is readable
// elsewhere.
func TestHashOfTheReferenceImplementation(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok, stale, err := newHasher(DefaultParams).verify(t.Context(), phc, "password")
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, stale, "two passes instead of three")
}

func TestDamagedHashIsAnError(t *testing.T) {
	h := newHasher(Params{64, 1, 1})
	for _, phc := range []string{
		"", "x", "$2a$10$abc", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA", "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA", "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	} {
		_, _, err := h.verify(t.Context(), phc, "x")
		require.ErrorIs(t, err, errPHC, phc)
	}
}

// More than four at once wait, and more than a hundred are sent away.
func TestHashingIsBounded(t *testing.T) {
	h := newHasher(Params{64, 1, 1})
	require.NoError(t, h.slots.Acquire(t.Context(), atOnce))
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, maxWaiting+1)
	for range maxWaiting + 1 {
		go func() {
			_, err := h.hash(ctx, "x")
			results <- err
		}()
	}
	refused, ok := apierr.As(<-results) // the only one that does not wait
	require.True(t, h.isBusy())
	require.True(t, ok)
	require.Equal(t, "sign_in_busy", refused.Code)
	cancel()
	for range maxWaiting {
		require.ErrorIs(t, <-results, context.Canceled)
	}
	h.slots.Release(atOnce)
	_, err := h.hash(t.Context(), "x")
	require.NoError(t, err)
	require.Zero(t, h.waiting.Load())
}

// Who does not exist is compared with a hash of the same cost.
func TestNobodyCostsTheSame(t *testing.T) {
	h := newHasher(Params{64, 2, 1})
	p, salt, _, err := decodePHC(h.nobody)
	require.NoError(t, err)
	require.Equal(t, h.params, p)
	require.Len(t, salt, saltSize)
	ok, _, err := h.verify(t.Context(), h.nobody, "")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestRefreshTokenPrintsAsStars(t *testing.T) {
	tok := newRefreshToken()
	require.Len(t, string(tok), 43)
	for _, form := range []string{"%s", "%v", "%+v", "%#v", "%q"} {
		require.NotContains(t, fmt.Sprintf(form, struct{ T refreshToken }{tok}), string(tok), form)
	}
}
