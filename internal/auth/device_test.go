package auth_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// strangers guess at an account from many addresses until it is locked.
func (r *rig) strangers(name string) {
	r.t.Helper()
	for i := range 9 {
		b := r.browser()
		b.addr = "198.51.100." + strconv.Itoa(i) + ":1"
		b.login(name, "wrong")
	}
	b := r.browser()
	b.addr = "198.51.100.200:1"
	require.Equal(r.t, "too_many_attempts", code(r.t, b.login(name, r.password)), "it is locked")
}

// at is a browser that brings the device cookie of another.
func (r *rig) with(device string) *browser {
	b := r.browser()
	b.device = device
	return b
}

// Nobody is kept out of their account by those who guess at it.
func TestKnownDeviceIsNotLockedByStrangers(t *testing.T) {
	r := readyRig(t)
	device := r.signIn("admin", r.password).device
	r.strangers("admin")
	require.Equal(t, "too_many_attempts", code(t, r.browser().login("admin", r.password)), "an unknown browser waits")
	b := r.with(device)
	require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)

	for range 5 { // who knows the password locks the codes
		stranger := r.browser()
		r.exec(`delete from auth_failure where subject = 'user:admin'`)
		require.Equal(t, http.StatusOK, stranger.login("admin", r.password).Code)
		stranger.totp("000000")
	}
	require.Equal(t, http.StatusOK, b.totp(r.codeAt(r.secret, 0)).Code)
	r.clock.Advance(time.Minute)
	stale := r.with(b.device)
	stale.access, stale.refresh = b.access, b.refresh
	require.Equal(t, http.StatusOK, stale.stepUp(r.codeAt(r.secret, 0)).Code)
}

// Nor by those who share the address, such as a site behind one gateway.
func TestKnownDeviceIsNotLockedByNeighbours(t *testing.T) {
	r := readyRig(t)
	device := r.signIn("admin", r.password).device
	for i := range 21 {
		r.browser().login("user"+strconv.Itoa(i), "wrong")
	}
	require.Equal(t, "too_many_attempts", code(t, r.browser().login("admin", r.password)))
	b := r.with(device)
	require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)
	require.Equal(t, http.StatusOK, b.totp(r.codeAt(r.secret, 0)).Code)
}

// A stolen device cookie gives five guesses, not one more, and they do not count
// for anybody else.
func TestDeviceHasACountOfItsOwn(t *testing.T) {
	r := readyRig(t)
	device := r.signIn("admin", r.password).device
	for range 5 {
		require.Equal(t, "invalid_credentials", code(t, r.with(device).login("admin", "wrong")))
	}
	require.Equal(t, "too_many_attempts", code(t, r.with(device).login("admin", r.password)))
	require.Equal(t, http.StatusOK, r.browser().login("admin", r.password).Code)
	r.clock.Advance(time.Minute)
	require.Equal(t, http.StatusOK, r.with(device).login("admin", r.password).Code)

	for range 5 {
		b := r.with(device)
		require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)
		require.Equal(t, "invalid_code", code(t, b.totp("000000")))
	}
	b := r.with(device)
	require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)
	require.Equal(t, "too_many_attempts", code(t, b.totp(r.codeAt(r.secret, 0))))
}

// The device of a user says nothing about another one, and signing in to one's
// own account does not give a stolen device new guesses.
func TestDeviceIsOfOneUser(t *testing.T) {
	r := readyRig(t)
	r.addUser("bob")
	bobs := r.signIn("bob", r.password).device
	r.strangers("admin")
	require.Equal(t, "too_many_attempts", code(t, r.with(bobs).login("admin", r.password)))

	for range 5 {
		r.with(bobs).login("bob", "wrong")
	}
	r.clock.Advance(15 * time.Minute)
	for range 2 { // admin brings the cookie of bob along
		b := r.with(bobs)
		require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)
		require.Equal(t, http.StatusOK, b.recover(r.spareCode("admin")).Code)
		require.NotEqual(t, bobs, b.device)
	}
	require.Equal(t, "invalid_credentials", code(t, r.with(bobs).login("bob", "wrong")))
	require.Equal(t, "too_many_attempts", code(t, r.with(bobs).login("bob", r.password)), "its failures were not forgotten")
}

// A copy of the cookie ends with the next sign-in of its owner, all of them with
// a reset of the password, and each after 180 days.
func TestDevicesEnd(t *testing.T) {
	r := readyRig(t)
	known := func(device string) bool {
		r.exec(`delete from auth_failure`)
		r.strangers("admin")
		return r.with(device).login("admin", r.password).Code == http.StatusOK
	}
	first := r.signIn("admin", r.password)
	require.True(t, known(first.device))
	next := r.with(first.device)
	require.Equal(t, http.StatusOK, next.login("admin", r.password).Code)
	require.Equal(t, http.StatusOK, next.recover(r.spareCode("admin")).Code)
	require.NotEqual(t, first.device, next.device)
	require.False(t, known(first.device))
	require.True(t, known(next.device))

	r.clock.Advance(180*24*time.Hour - time.Minute)
	require.True(t, known(next.device))
	r.clock.Advance(time.Minute)
	require.False(t, known(next.device))
	_, err := r.svc.Loops()[1].Once(t.Context())
	require.NoError(t, err)
	var left int
	require.NoError(t, r.db.QueryRow(t.Context(), `select count(*) from auth_device`).Scan(&left))
	require.Zero(t, left)

	r.exec(`delete from auth_failure`)
	b := r.signIn("admin", r.password)
	password, err := r.svc.ResetPassword(t.Context(), "admin")
	require.NoError(t, err)
	r.password = password
	require.False(t, known(b.device))
}

func TestDevicesAreBounded(t *testing.T) {
	r := readyRig(t)
	for range 25 {
		r.clock.Advance(time.Second)
		r.signIn("admin", r.password)
	}
	var n int
	require.NoError(t, r.db.QueryRow(t.Context(), `select count(*) from auth_device`).Scan(&n))
	require.Equal(t, 20, n)
}

// What somebody has put into a browser before is not what comes out of the
// sign-in: no session is taken over, no token is kept.
func TestFixation(t *testing.T) {
	r := readyRig(t)
	r.addUser("mallory")
	planted := r.signIn("mallory", r.password)
	victim := r.browser()
	victim.refresh, victim.device, victim.access = planted.refresh, planted.device, planted.access
	require.Equal(t, http.StatusOK, victim.login("admin", r.password).Code)
	require.Equal(t, planted.refresh, victim.refresh, "nothing yet")
	require.Equal(t, http.StatusOK, victim.totp(r.codeAt(r.secret, 0)).Code)
	require.NotEqual(t, planted.refresh, victim.refresh)
	require.NotEqual(t, planted.device, victim.device)
	require.NotEqual(t, planted.access, victim.access)
	require.Contains(t, victim.get("/probe").Body.String(), `"Name":"admin"`)
	require.Contains(t, planted.get("/probe").Body.String(), `"Name":"mallory"`)
	require.Equal(t, http.StatusOK, planted.post("/auth/refresh", nil).Code, "the planted session is as it was")
}

// Somebody who sends refresh tokens of their own making is slowed down; those
// behind the same address who are known are not.
func TestRefreshFlood(t *testing.T) {
	r := readyRig(t)
	known, unknown := r.signIn("admin", r.password), r.signIn("admin", r.password)
	unknown.device = ""
	flood := func() string {
		b := r.browser()
		b.refresh = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		return code(t, b.post("/auth/refresh", nil))
	}
	for range 60 {
		require.Equal(t, "session_ended", flood())
	}
	require.Equal(t, "too_many_attempts", flood())
	require.Equal(t, "too_many_attempts", code(t, unknown.post("/auth/refresh", nil)))
	require.Equal(t, http.StatusOK, known.post("/auth/refresh", nil).Code)
	require.Equal(t, http.StatusOK, r.browser().login("admin", r.password).Code, "signing in is counted apart")
	r.clock.Advance(time.Minute)
	require.Equal(t, http.StatusOK, unknown.post("/auth/refresh", nil).Code)
}

// A browser with the cookie of an old session is no flood.
func TestOldCookiesAreNotCounted(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	b.device = ""
	r.clock.Advance(time.Hour)
	for range 70 {
		require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)))
	}
}
