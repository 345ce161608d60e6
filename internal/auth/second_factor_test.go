package auth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
)

// waiting is a browser whose password was right.
func (r *rig) waiting(name string) *browser {
	r.t.Helper()
	b := r.browser()
	require.Equal(r.t, http.StatusOK, b.login(name, r.password).Code)
	require.NotEmpty(r.t, b.challenge.Token)
	return b
}

// A code that was seen over somebody's shoulder is worth nothing.
func TestCodeWorksOnce(t *testing.T) {
	r := readyRig(t)
	seen := r.codeAt(r.secret, 0)
	require.Equal(t, http.StatusOK, r.waiting("admin").totp(seen).Code)
	thief := r.waiting("admin")
	require.Equal(t, "invalid_code", code(t, thief.totp(seen)))
	require.Contains(t, string(r.audited("session.login_failed")[0].Details), `"code_used_before"`)
	require.Equal(t, "invalid_code", code(t, thief.totp(r.codeAt(r.secret, -1))), "older than one that was used")
	require.Equal(t, http.StatusOK, r.waiting("admin").totp(r.codeAt(r.secret, 1)).Code)
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").totp(seen)), "after the clock of a phone that is ahead")
}

// Of one code sent to several processes at the same moment one is taken.
func TestCodeWorksOnceAtOnce(t *testing.T) {
	r := readyRig(t)
	other := r.elsewhere()
	good := r.codeAt(r.secret, 0)
	answers := make(chan int, 4)
	for i := range cap(answers) {
		b := r.waiting("admin")
		if i%2 == 1 {
			b.r = other
		}
		go func() { answers <- b.exchange("POST", "/auth/login/totp", answerOf(b, good)).Code }()
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: 3}, counted(answers))
}

func answerOf(b *browser, code string) *strings.Reader {
	return strings.NewReader(`{"challenge":"` + b.challenge.Token + `","code":"` + code + `"}`)
}

func counted(answers chan int) map[int]int {
	seen := map[int]int{}
	for range cap(answers) {
		seen[<-answers]++
	}
	return seen
}

// Whoever knows the password cannot go through the million codes: neither new
// challenges nor other processes nor other addresses give new guesses.
func TestGuessingCodesIsBounded(t *testing.T) {
	r := readyRig(t)
	rigs := []*rig{r, r.elsewhere()}
	guesses := 0
	for end := r.clock.Now().Add(24 * time.Hour); r.clock.Now().Before(end); {
		b := rigs[guesses%2].browser()
		b.addr = "192.0.2." + string(rune('1'+guesses%9)) + ":1"
		require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)
		w := b.totp("000000")
		if w.Code == http.StatusUnauthorized {
			guesses++
			continue
		}
		require.Equal(t, "too_many_attempts", code(t, w))
		wait, err := time.ParseDuration(w.Header().Get("Retry-After") + "s")
		require.NoError(t, err)
		r.clock.Advance(wait)
	}
	require.Greater(t, guesses, 5)
	require.Less(t, guesses, 40, "in a day: one in 8,000 that any is right")
	require.Len(t, r.audited("session.login_failed"), guesses, "each is in the trail")
}

func TestChallengeTakesFiveCodes(t *testing.T) {
	r := readyRig(t)
	b := r.waiting("admin")
	for range 5 {
		require.Equal(t, "invalid_code", code(t, b.totp("000000")))
	}
	require.Equal(t, http.StatusTooManyRequests, r.waiting("admin").totp(r.codeAt(r.secret, 0)).Code, "the account is locked")
	r.clock.Advance(time.Minute)
	require.Equal(t, "challenge_ended", code(t, b.totp(r.codeAt(r.secret, 0))))
	require.Equal(t, http.StatusOK, r.waiting("admin").totp(r.codeAt(r.secret, 0)).Code, "and the lock has ended")
}

func TestChallengeEnds(t *testing.T) {
	r := readyRig(t)
	spare := func() string { return r.spareCode("admin") }
	var known string
	require.NoError(t, r.db.QueryRow(t.Context(), `select password_hash from auth_user`).Scan(&known))
	for name, end := range map[string]func(b *browser){
		"after five minutes": func(*browser) { r.clock.Advance(5 * time.Minute) },
		"once it was used":   func(b *browser) { require.Equal(t, http.StatusOK, b.recover(spare()).Code) },
		"as another kind":    func(*browser) { r.exec(`update auth_challenge set kind = 'passkey_sign_in'`) },
		"with a changed password": func(*browser) {
			require.Equal(t, http.StatusOK, r.signIn("admin", r.password).change(r.password, "an entirely different one").Code)
		},
		"with a reset password": func(*browser) {
			_, err := r.svc.ResetPassword(t.Context(), "admin")
			require.NoError(t, err)
		},
		"with its row":      func(*browser) { r.exec(`delete from auth_challenge`) },
		"of somebody's own": func(b *browser) { b.challenge.Token = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		"empty":             func(b *browser) { b.challenge.Token = "" },
	} {
		t.Run(name, func(t *testing.T) {
			r.exec(`update auth_user set password_hash = $1, must_change_password = false`, known)
			b := r.waiting("admin")
			end(b)
			require.Equal(t, "challenge_ended", code(t, b.recover(spare())))
			require.Equal(t, "challenge_ended", code(t, b.totp(r.codeAt(r.secret, 0))))
		})
	}
}

func TestDisabledBetweenTheTwoSteps(t *testing.T) {
	r := readyRig(t)
	b := r.waiting("admin")
	r.exec(`update auth_user set disabled_at = now()`)
	require.Equal(t, "sign_in_refused", code(t, b.totp(r.codeAt(r.secret, 0))))
	require.Empty(t, b.access)
}

// One challenge makes one session, whatever is sent at once.
func TestChallengeAnsweredAtOnce(t *testing.T) {
	r := readyRig(t)
	b := r.waiting("admin")
	sessions := len(r.audited("session.login"))
	answers := make(chan int, 5)
	for range cap(answers) {
		body := answerOf(b, r.spareCode("admin"))
		go func() { answers <- b.exchange("POST", "/auth/login/recovery-code", body).Code }()
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: 4}, counted(answers))
	require.Len(t, r.audited("session.login"), sessions+1)
}

func TestCodeOfAnotherUser(t *testing.T) {
	r := readyRig(t)
	bobs := r.addUser("bob")
	b := r.waiting("admin")
	require.Equal(t, "invalid_code", code(t, b.totp(r.codeAt(bobs, 0))))
	require.Equal(t, "invalid_code", code(t, b.recover(r.spareCode("bob"))))
	require.Equal(t, http.StatusOK, b.totp(r.codeAt(r.secret, 0)).Code)
	require.Equal(t, http.StatusOK, r.waiting("bob").totp(r.codeAt(bobs, 0)).Code, "bob's code was not used up")
}

// A key that was copied into the row of another user does not open.
func TestKeyIsBoundToItsUser(t *testing.T) {
	r := readyRig(t)
	r.addUser("bob")
	r.exec(`update auth_totp set sealed_key = (select sealed_key from auth_totp t join auth_user u on u.id = t.user_id where u.username = 'admin')`)
	b := r.waiting("bob")
	require.Equal(t, "internal", code(t, b.totp(r.codeAt(r.secret, 0))))
	require.Equal(t, http.StatusOK, r.waiting("bob").recover(r.spareCode("bob")).Code, "a lost key file locks nobody out")
}

func TestRecoveryCodes(t *testing.T) {
	r := readyRig(t)
	require.Len(t, r.codes, 10)
	typed := []func(string) string{
		func(s string) string { return s }, strings.ToUpper,
		func(s string) string { return strings.ReplaceAll(s, "-", "") },
		func(s string) string { return " " + strings.ReplaceAll(s, "-", " ") + " " },
		func(s string) string { return strings.ReplaceAll(s, "o", "0") },
	}
	for i, how := range typed {
		require.Regexp(t, `^[a-z2-7]{5}(-[a-z2-7]{5}){3}$`, r.codes[i], "100 bits")
		b := r.waiting("admin")
		require.Equal(t, http.StatusOK, b.recover(how(r.codes[i])).Code, i)
		require.Equal(t, 9-i, b.user.RecoveryCodesLeft)
		require.Equal(t, "invalid_code", code(t, r.waiting("admin").recover(r.codes[i])), "once")
		r.clock.Advance(time.Second)
	}
	var text int
	require.NoError(t, r.db.QueryRow(t.Context(), `select count(*) from auth_recovery_code where position($1 in encode(code_hash, 'escape')) > 0`, r.codes[9]).Scan(&text))
	require.Zero(t, text, "only hashes are stored")

	b := r.signIn("admin", r.password)
	w := b.post("/auth/mfa/recovery-codes", nil)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var fresh auth.RecoveryCodes
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &fresh))
	require.Len(t, fresh.RecoveryCodes, 10)
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").recover(r.codes[9])), "the old ones ended")
	require.Equal(t, http.StatusOK, r.waiting("admin").recover(fresh.RecoveryCodes[0]).Code)
	require.Len(t, r.audited("user.recovery_codes_renew"), 1)
}

func TestRecoveryCodeAtOnce(t *testing.T) {
	r := readyRig(t)
	other := r.elsewhere()
	answers := make(chan int, 4)
	for i := range cap(answers) {
		b := r.waiting("admin")
		if i%2 == 1 {
			b.r = other
		}
		go func() { answers <- b.exchange("POST", "/auth/login/recovery-code", answerOf(b, r.codes[0])).Code }()
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: 3}, counted(answers))
}

// stale is a session whose second factor was shown six minutes ago.
func (r *rig) stale() *browser {
	b := r.signIn("admin", r.password)
	r.clock.Advance(6 * time.Minute)
	return b
}

func (b *browser) stepUp(code string) *httptest.ResponseRecorder {
	return b.post("/auth/step-up/totp", map[string]string{"code": code})
}

func TestStepUp(t *testing.T) {
	r := readyRig(t)
	b := r.stale()
	require.Equal(t, "step_up_required", code(t, b.post("/auth/mfa/recovery-codes", nil)))
	used := r.codeAt(r.secret, 0)
	w := b.stepUp(used)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var fresh auth.Fresh
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &fresh))
	require.Equal(t, r.clock.Now().Add(5*time.Minute), fresh.FreshUntil)
	require.Equal(t, http.StatusOK, b.post("/auth/mfa/recovery-codes", nil).Code)
	require.Len(t, r.audited("session.step_up"), 1)
	w = b.stepUp(used)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, "not 401: the session goes on")
	require.Contains(t, w.Body.String(), `"field":"code"`)
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").totp(used)), "nor for a sign-in")
	require.Contains(t, string(r.audited("session.step_up_failed")[0].Details), `"code_used_before"`)
}

// Whoever holds a stolen session may not guess the code at leisure, and shares
// the guesses with those who try at the sign-in.
func TestStepUpIsCounted(t *testing.T) {
	r := readyRig(t)
	b := r.stale()
	b.device = ""
	for range 4 {
		require.Equal(t, http.StatusUnprocessableEntity, b.stepUp("000000").Code)
	}
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").totp("000000")))
	require.Equal(t, "too_many_attempts", code(t, b.stepUp(r.codeAt(r.secret, 0))))
	require.Equal(t, http.StatusOK, b.get("/probe").Code)
	r.clock.Advance(time.Minute)
	require.Equal(t, http.StatusOK, b.stepUp(r.codeAt(r.secret, 0)).Code)
}
