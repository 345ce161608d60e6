package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (b *browser) change(current, chosen string) *httptest.ResponseRecorder {
	return b.post("/auth/password", map[string]string{"current_password": current, "new_password": chosen})
}

func TestFirstSignInMustChangeThePassword(t *testing.T) {
	r := newRig(t)
	b := r.signIn("admin", r.password)
	require.True(t, b.user.MustChangePassword)
	w := b.get("/probe")
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Equal(t, "password_change_required", code(t, w))
	_, err := r.svc.Authenticate(t.Context(), b.access, r.clientAddr())
	require.ErrorContains(t, err, "password of your own")
	require.Equal(t, http.StatusOK, b.get("/auth/me").Code)
	require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	require.Equal(t, "password_change_required", code(t, b.get("/probe")), "a refresh does not lift it")

	require.Empty(t, r.changed)
	require.Equal(t, http.StatusOK, b.change(r.password, goodPassword).Code)
	require.False(t, b.user.MustChangePassword)
	require.Equal(t, "mfa_setup_required", code(t, b.get("/probe")))
	b.setUpTOTP()
	require.Equal(t, http.StatusOK, b.get("/probe").Code)
	require.Equal(t, []string{"admin"}, r.changed)
	require.Equal(t, "invalid_credentials", code(t, r.browser().login("admin", r.password)), "the one-time password is used up")
}

func TestPasswordChangeEndsAllOtherSessions(t *testing.T) {
	r := readyRig(t)
	b, other := r.signIn("admin", r.password), r.signIn("admin", r.password)
	was := *b
	w := b.change(r.password, "an entirely different one")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, http.StatusOK, b.get("/probe").Code)
	require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	for _, old := range []*browser{other, &was} {
		require.Equal(t, "session_ended", code(t, old.get("/probe")))
		require.Equal(t, "session_ended", code(t, old.post("/auth/refresh", nil)))
	}
	e := r.audited("user.password_change")[0]
	require.Equal(t, "admin", e.Actor.Name)
	require.Equal(t, w.Header().Get("X-Request-Id"), e.RequestID)
	require.Contains(t, string(e.Details), `"sessions_ended":3`, "of readyRig too")
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	for chosen, why := range map[string]string{
		"short":                    "12 characters",
		"":                         "12 characters",
		strings.Repeat("ab c", 70): "256",
		"I am the ADMIN of this":   "user name",
		"P@ssw0rd2026!":            "guessed first",
		r.password:                 "the old one",
	} {
		w := b.change(r.password, chosen)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, chosen)
		require.Equal(t, "validation_failed", code(t, w))
		require.Contains(t, w.Body.String(), `"field":"new_password"`)
		require.Contains(t, w.Body.String(), why)
	}
}

// Whoever holds a stolen access token may not guess the password at leisure.
func TestCurrentPasswordIsCountedLikeASignIn(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	for range 5 {
		w := b.change("wrong", "an entirely different one")
		require.Equal(t, http.StatusUnprocessableEntity, w.Code)
		require.Contains(t, w.Body.String(), `"field":"current_password"`)
	}
	require.Equal(t, "too_many_attempts", code(t, b.change(r.password, "an entirely different one")))
	require.Len(t, r.audited("user.password_change_failed"), 5)
	require.Equal(t, http.StatusOK, b.get("/probe").Code, "the session itself goes on")
}

func TestOfTwoChangesAtOnceOneWins(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	codes := make(chan int, 4)
	for i := range cap(codes) {
		body := `{"current_password":"` + r.password + `","new_password":"an entirely different one ` + string(rune('a'+i)) + `"}`
		go func() {
			codes <- b.exchange(http.MethodPost, "/auth/password", strings.NewReader(body)).Code
		}()
	}
	won := 0
	for range cap(codes) {
		if c := <-codes; c == http.StatusOK {
			won++
		} else {
			require.Contains(t, []int{http.StatusConflict, http.StatusUnauthorized, http.StatusUnprocessableEntity}, c)
		}
	}
	require.Equal(t, 1, won)
}

// ü typed on one keyboard is u and a combining mark on another.
func TestPasswordIsTheSameOnEveryKeyboard(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	require.Equal(t, http.StatusOK, b.change(r.password, "gr\u00fcne Gurken im Regal").Code)
	r.signIn("admin", "gru\u0308ne Gurken im Regal")
}
