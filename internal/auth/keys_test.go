package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"patchmanager/internal/auth"
	"patchmanager/internal/testkit/people"
)

// twoProcesses are two Services on one database.
func twoProcesses(t *testing.T) (r, other *rig) {
	r = emptyRig(t)
	second := *r
	second.svc = auth.New(auth.Deps{DB: r.db, Clock: r.clock, Sealer: newBox(t, 1), Argon: cheap})
	second.handler = handlerOf(second.svc)
	return r, &second
}

// A rotation reaches every process and signs nobody out.
func TestRotationKeepsSessionsInAllProcesses(t *testing.T) {
	r, other := twoProcesses(t)
	a, b := r.person(people.User{Role: auth.RoleOperator}), other.person(people.User{Role: auth.RoleOperator})
	old := kidOf(t, a.access)
	require.Equal(t, old, kidOf(t, b.access))
	a.r, b.r = other, r // every request lands on the other process
	require.Equal(t, 200, a.get("/probe").Code)
	require.Equal(t, 200, b.get("/probe").Code)

	console := auth.New(auth.Deps{DB: r.db, Clock: r.clock}) // without the key file
	retired, err := console.RotateSigningKey(t.Context(), false)
	require.NoError(t, err)
	require.Equal(t, 1, retired)
	require.Equal(t, 200, a.get("/probe").Code)
	require.Equal(t, 200, b.get("/probe").Code)
	var g errgroup.Group
	for _, x := range []*browser{a, b} {
		g.Go(func() error { x.post("/auth/refresh", nil); return nil })
	}
	require.NoError(t, g.Wait())
	require.NotEqual(t, old, kidOf(t, a.access), "the old key signs nothing more, in no process")
	require.Equal(t, kidOf(t, a.access), kidOf(t, b.access), "both processes sign with one new key")
	require.Equal(t, 200, a.get("/probe").Code)
	require.Equal(t, 200, b.get("/probe").Code)
	require.Contains(t, r.details("signing_key.rotate"), old)
	require.Len(t, r.audited("signing_key.create"), 2)
}

// A key that got into wrong hands verifies nothing after some seconds; browsers
// refresh and go on.
func TestRevokedKeyVerifiesNothing(t *testing.T) {
	r, other := twoProcesses(t)
	a := r.person(people.User{Role: auth.RoleOperator})
	a.r = other
	require.Equal(t, 200, a.get("/probe").Code, "the other process remembers the key from here on")
	_, err := r.svc.RotateSigningKey(t.Context(), true)
	require.NoError(t, err)
	r.clock.Advance(10 * time.Second)
	require.Equal(t, "unauthorized", code(t, a.get("/probe")))
	require.Equal(t, 200, a.post("/auth/refresh", nil).Code)
	require.Equal(t, 200, a.get("/probe").Code)
	a.r = r
	require.Equal(t, 200, a.get("/probe").Code)
}

func TestRotationTwiceRevokesWhatWasRetired(t *testing.T) {
	r, _ := twoProcesses(t)
	a := r.person(people.User{Role: auth.RoleOperator})
	_, err := r.svc.RotateSigningKey(t.Context(), false)
	require.NoError(t, err)
	r.clock.Advance(10 * time.Second)
	require.Equal(t, 200, a.get("/probe").Code, "for the overlap")
	retired, err := r.svc.RotateSigningKey(t.Context(), true)
	require.NoError(t, err)
	require.Equal(t, 1, retired, "the retired key is revoked too")
	r.clock.Advance(10 * time.Second)
	require.Equal(t, "unauthorized", code(t, a.get("/probe")))
}
