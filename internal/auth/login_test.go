package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLogin(t *testing.T) {
	r := readyRig(t)
	b := r.browser()
	w := b.login("  ADMIN ", r.password)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Contains(t, w.Body.String(), `"session":null`)
	require.Empty(t, w.Result().Cookies(), "a password alone gets nothing to come back with")
	require.Equal(t, []string{"recovery_code", "totp"}, b.challenge.Methods)
	require.Equal(t, start.Add(5*time.Minute), b.challenge.ExpiresAt)
	asked := r.audited("session.factor_asked")[0]
	require.Equal(t, "admin", asked.Target.Name)
	require.EqualValues(t, "anonymous", asked.Actor.Kind)

	w = b.totp(r.codeAt(r.secret, 0))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, "admin", b.user.Username)
	require.EqualValues(t, "admin", b.user.Role)
	require.False(t, b.user.MustChangePassword || b.user.MustSetUpMFA)
	require.True(t, b.user.Local)
	require.Equal(t, 10, b.user.RecoveryCodesLeft)
	require.Equal(t, start.Add(5*time.Minute), *b.user.FreshUntil)
	checkCookies(t, w)

	probe := b.get("/probe")
	require.Equal(t, http.StatusOK, probe.Code)
	require.Contains(t, probe.Body.String(), `"Address":"192.0.2.1"`)
	require.Contains(t, probe.Body.String(), probe.Header().Get("X-Request-Id"))
	require.Contains(t, b.get("/auth/me").Body.String(), `"username":"admin"`)

	e := r.audited("session.login")[0]
	require.Equal(t, b.user.ID.String(), e.Actor.ID)
	require.Equal(t, "192.0.2.1", e.Address)
	require.Equal(t, w.Header().Get("X-Request-Id"), e.RequestID)
	require.JSONEq(t, `{"user_agent":"Browser/1.0","methods":["password","totp"]}`, string(e.Details))
}

// checkCookies looks at what a full sign-in leaves in the browser.
func checkCookies(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	life := map[string]int{"__Host-pm_refresh": 3600, "__Host-pm_device": 180 * 24 * 3600}
	for _, c := range w.Result().Cookies() {
		require.True(t, c.Secure && c.HttpOnly, c.Name)
		require.Equal(t, http.SameSiteStrictMode, c.SameSite)
		require.Equal(t, "/", c.Path)
		require.Empty(t, c.Domain)
		require.Equal(t, life[c.Name], c.MaxAge, c.Name)
		require.NotContains(t, w.Body.String(), c.Value)
		delete(life, c.Name)
	}
	require.Empty(t, life)
}

// Nobody learns from the answer which accounts exist.
func TestBadLoginsAnswerAlike(t *testing.T) {
	r := readyRig(t)
	r.exec(`insert into auth_user (id, username, role, password_hash, disabled_at, created_at, password_changed_at)
		select gen_random_uuid(), 'gone', role, password_hash, now(), now(), now() from auth_user where username = 'admin'`)
	body := func(w *httptest.ResponseRecorder) string {
		require.Equal(t, http.StatusUnauthorized, w.Code)
		require.Empty(t, w.Result().Cookies())
		return strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Request-Id"), "")
	}
	wrong := body(r.browser().login("admin", "not the password"))
	require.Contains(t, wrong, "invalid_credentials")
	require.Equal(t, wrong, body(r.browser().login("nobody", r.password)), "unknown")
	require.Equal(t, wrong, body(r.browser().login("gone", r.password)), "disabled, right password")
	require.Equal(t, wrong, body(r.browser().login("a\x00b\u202e"+strings.Repeat("x", 200), "y")), "not even a name")
	require.Equal(t, wrong, body(r.browser().login("", "")))

	e := r.audited("session.login_failed")
	require.Len(t, e, 5)
	require.JSONEq(t, `{"reason":"wrong_password"}`, string(e[4].Details))
	require.Equal(t, "admin", e[4].Target.Name)
	require.EqualValues(t, "anonymous", e[4].Actor.Kind)
	require.Equal(t, "192.0.2.1", e[4].Address)
	require.JSONEq(t, `{"reason":"unknown_user"}`, string(e[3].Details))
	require.Empty(t, e[3].Target.Name, "it may be a password that was typed into the wrong field")
	require.JSONEq(t, `{"reason":"user_disabled"}`, string(e[2].Details))
}

func TestAccountLocksAndTimeUnlocks(t *testing.T) {
	for _, name := range []string{"admin", "nobody"} {
		t.Run(name, func(t *testing.T) {
			r := readyRig(t)
			for range 5 {
				require.Equal(t, "invalid_credentials", code(t, r.browser().login(name, "wrong")))
			}
			for _, wait := range []time.Duration{1, 2, 4, 8, 15, 15} {
				w := r.browser().login(name, r.password)
				require.Equal(t, http.StatusTooManyRequests, w.Code, "the right password does not help either")
				require.Equal(t, "too_many_attempts", code(t, w))
				require.NotEmpty(t, w.Header().Get("Retry-After"))
				r.clock.Advance(wait*time.Minute - time.Second)
				w = r.browser().login(name, "wrong")
				require.Equal(t, http.StatusTooManyRequests, w.Code)
				require.Equal(t, "1", w.Header().Get("Retry-After"))
				r.clock.Advance(time.Second)
				require.Equal(t, "invalid_credentials", code(t, r.browser().login(name, "wrong")))
			}
			require.Len(t, r.audited("session.login_failed"), 11, "what was refused unseen is not recorded")
			require.Contains(t, string(r.audited("session.login_failed")[0].Details), "locked_until")
		})
	}
}

func TestRightPasswordForgetsFailures(t *testing.T) {
	r := readyRig(t)
	for range 3 {
		for range 4 {
			require.Equal(t, "invalid_credentials", code(t, r.browser().login("admin", "wrong")))
		}
		r.signIn("admin", r.password)
	}
}

func TestFailuresAreForgottenAfterAnHour(t *testing.T) {
	r := readyRig(t)
	for range 4 {
		r.browser().login("admin", "wrong")
	}
	r.clock.Advance(time.Hour + time.Second)
	require.Equal(t, "invalid_credentials", code(t, r.browser().login("admin", "wrong")))
	r.signIn("admin", r.password)
}

// A guesser who goes through many names is stopped by address, and cannot clear
// the address with an account of his own.
func TestAddressLocks(t *testing.T) {
	r := readyRig(t)
	guess := func(i int) *httptest.ResponseRecorder {
		return r.browser().login("user"+string(rune('a'+i)), "wrong")
	}
	for i := range 19 {
		require.Equal(t, "invalid_credentials", code(t, guess(i)))
		if i%5 == 0 {
			r.signIn("admin", r.password)
		}
	}
	require.Equal(t, "invalid_credentials", code(t, guess(19)))
	require.Equal(t, "too_many_attempts", code(t, guess(20)))

	other := r.browser()
	other.addr = "192.0.2.2:1"
	require.Equal(t, http.StatusOK, other.login("admin", r.password).Code, "others are not locked")
	r.clock.Advance(time.Minute)
	r.signIn("admin", r.password)
}

func TestIPv6NeighboursCountAsOne(t *testing.T) {
	r := readyRig(t)
	for i := range 20 {
		b := r.browser()
		b.addr = "[2001:db8:0:1::" + string(rune('a'+i%6)) + "]:99"
		b.login("user"+string(rune('a'+i)), "wrong")
	}
	b := r.browser()
	b.addr = "[2001:db8:0:1:ffff::1]:99"
	require.Equal(t, "too_many_attempts", code(t, b.login("admin", r.password)))
	b.addr = "[2001:db8:0:2::1]:99"
	require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)
}

// Guesses sent at the same moment do not escape the count.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	r := readyRig(t)
	codes := make(chan int, 40)
	for range cap(codes) {
		go func() { codes <- r.browser().login("admin", "wrong").Code }()
	}
	seen := map[int]int{}
	for range cap(codes) {
		seen[<-codes]++
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 5, http.StatusTooManyRequests: 35}, seen)
}

// Without an address nothing could be locked by it, so nothing is answered.
func TestLoginNeedsAnAddress(t *testing.T) {
	r := readyRig(t)
	b := r.browser()
	b.addr = "@"
	require.Equal(t, http.StatusInternalServerError, b.login("admin", r.password).Code)
}

// A password is compared also where there is no user and where the user is
// disabled: the time of the answer tells nothing.
func TestEveryLoginComparesAPassword(t *testing.T) {
	r := readyRig(t)
	r.svc.DamageNobodyForTest()
	require.Equal(t, "internal", code(t, r.browser().login("nobody", "x")))
	r.exec(`update auth_user set disabled_at = now(), password_hash = 'damaged'`)
	require.Equal(t, "internal", code(t, r.browser().login("admin", "x")))
}

// A crowd is sent away without being counted as guessers.
func TestCrowdDoesNotLockItself(t *testing.T) {
	r := readyRig(t)
	r.svc.CrowdForTest(100)
	for range 10 {
		w := r.browser().login("admin", r.password)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, "sign_in_busy", code(t, w))
	}
	r.svc.CrowdForTest(0)
	r.signIn("admin", r.password)
}
