package auth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRefreshRotates(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	seen := map[string]bool{b.refresh: true}
	for range 5 {
		r.clock.Advance(14 * time.Minute)
		require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
		require.False(t, seen[b.refresh])
		seen[b.refresh] = true
		require.Equal(t, http.StatusOK, b.get("/probe").Code)
	}
	var stored int
	require.NoError(t, r.db.QueryRow(t.Context(),
		`select count(*) from auth_refresh_token where token_hash = sha256($1)`, []byte(b.refresh)).Scan(&stored))
	require.Equal(t, 1, stored, "only its hash is stored")
}

// A token that comes back means that two parties have it: both lose it.
func TestRefreshReuseEndsTheSession(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	thief := *b
	require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	require.Equal(t, "session_ended", code(t, thief.post("/auth/refresh", nil)))

	require.Equal(t, "session_ended", code(t, b.get("/probe")), "the access token at once")
	require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)), "the latest token too")
	require.Equal(t, "session_ended", code(t, thief.post("/auth/refresh", nil)))

	e := r.audited("session.refresh_reused")
	require.Len(t, e, 1, "once")
	require.Equal(t, "192.0.2.1", e[0].Address)
	require.NotEmpty(t, e[0].RequestID)
	require.Equal(t, http.StatusOK, r.browser().login("admin", r.password).Code)
}

func TestOldTokenIsNoticedAfterItsHour(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	thief := *b
	for range 5 {
		r.clock.Advance(50 * time.Minute)
		require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	}
	_, err := r.svc.Loops()[1].Once(t.Context())
	require.NoError(t, err)
	require.Equal(t, "session_ended", code(t, thief.post("/auth/refresh", nil)))
	require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)))
}

// There is no time of grace: of refreshes at the same moment one wins, and the
// session ends, because nobody can tell whose the others were.
func TestRefreshesAtOnceEndTheSession(t *testing.T) {
	r := readyRig(t)
	for range 5 {
		b := r.signIn("admin", r.password)
		codes := make(chan int, 4)
		for range cap(codes) {
			go func() { codes <- b.exchange(http.MethodPost, "/auth/refresh", nil).Code }()
		}
		seen := map[int]int{}
		for range cap(codes) {
			seen[<-codes]++
		}
		require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: 3}, seen)
		require.Equal(t, "session_ended", code(t, b.get("/probe")))
	}
	require.Len(t, r.audited("session.refresh_reused"), 5)
}

func TestRefreshSlidesUpToTwelveHours(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	for range 12 {
		r.clock.Advance(59 * time.Minute)
		require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	}
	r.clock.Advance(11 * time.Minute)
	w := b.post("/auth/refresh", nil)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, 60, w.Result().Cookies()[0].MaxAge, "never beyond the end of the session")
	r.clock.Advance(time.Minute)
	require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)))
	require.Equal(t, "session_ended", code(t, b.get("/probe")), "the access token would live longer")
}

func TestRefreshEndsAfterAnIdleHour(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	r.clock.Advance(time.Hour)
	require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)))
	require.Empty(t, r.audited("session.refresh_reused"))
}

func TestRefreshRefusesStrangers(t *testing.T) {
	r := readyRig(t)
	for _, cookie := range []string{"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		b := r.browser()
		b.refresh = cookie
		require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)))
	}
}

func TestDisabledUserIsOutAtOnce(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	r.exec(`update auth_user set role = 'auditor'`)
	require.Contains(t, b.get("/probe").Body.String(), `"Role":"auditor"`, "the database decides, not the token")
	r.exec(`update auth_user set disabled_at = now()`)
	require.Equal(t, "session_ended", code(t, b.get("/probe")))
	require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)))
}

func TestLogout(t *testing.T) {
	r := readyRig(t)
	for name, change := range map[string]func(b *browser){
		"with both":       func(*browser) {},
		"cookie only":     func(b *browser) { b.access = "" },
		"token only":      func(b *browser) { b.refresh = "" },
		"expired access":  func(*browser) { r.clock.Advance(20 * time.Minute) },
		"forged access":   func(b *browser) { b.access = "x.y.z" },
		"without address": func(b *browser) { b.addr = "@" },
	} {
		t.Run(name, func(t *testing.T) {
			before := len(r.audited("session.logout"))
			b := r.signIn("admin", r.password)
			was := *b
			was.addr = r.browser().addr
			change(b)
			w := b.post("/auth/logout", nil)
			require.Equal(t, http.StatusNoContent, w.Code, w.Body)
			require.Negative(t, w.Result().Cookies()[0].MaxAge)
			require.Equal(t, "session_ended", code(t, was.post("/auth/refresh", nil)))
			require.Equal(t, http.StatusUnauthorized, was.get("/probe").Code)
			require.Equal(t, before+1, len(r.audited("session.logout")))
		})
	}
	require.Equal(t, http.StatusNoContent, r.browser().post("/auth/logout", nil).Code)
}
