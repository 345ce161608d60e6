package auth_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
)

// fresh has an administrator with a password of their own and nothing else.
func freshRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	require.Equal(t, http.StatusOK, r.signIn("admin", r.password).change(r.password, goodPassword).Code)
	r.password = goodPassword
	return r
}

func (b *browser) begin() (setup auth.TOTPSetup) {
	b.r.t.Helper()
	w := b.post("/auth/mfa/totp", nil)
	require.Equal(b.r.t, http.StatusCreated, w.Code, w.Body)
	require.NoError(b.r.t, json.Unmarshal(w.Body.Bytes(), &setup))
	return setup
}

func (b *browser) confirm(code string) (w answerOfConfirm) {
	rec := b.post("/auth/mfa/totp/confirm", map[string]string{"code": code})
	w.status = rec.Code
	if rec.Code == http.StatusOK {
		require.NoError(b.r.t, json.Unmarshal(rec.Body.Bytes(), &w.done))
	} else {
		w.code = codeOf(b.r.t, rec.Body.Bytes())
	}
	return w
}

type answerOfConfirm struct {
	status int
	code   string
	done   auth.TOTPConfirmed
}

func TestFirstFactor(t *testing.T) {
	r := freshRig(t)
	b := r.signIn("admin", r.password)
	require.True(t, b.user.MustSetUpMFA)
	require.Nil(t, b.user.FreshUntil)
	require.Empty(t, b.device, "a password alone makes no known device")
	for _, path := range []string{"/probe", "/auth/mfa"} {
		require.Equal(t, map[string]string{"/probe": "mfa_setup_required", "/auth/mfa": ""}[path], code(t, b.get(path)))
	}
	setup := b.begin()
	require.Len(t, setup.Secret, 32, "160 bits")
	require.Contains(t, setup.URI, setup.Secret)
	require.Greater(t, len(setup.QR), 30)
	require.Equal(t, http.StatusUnprocessableEntity, b.confirm("000000").status)
	require.Equal(t, "mfa_setup_required", code(t, b.get("/probe")))

	before := *b
	used := r.codeAt(setup.Secret, 0)
	done := b.confirm(used).done
	require.Len(t, done.RecoveryCodes, 10)
	require.NotNil(t, done.Session)
	require.False(t, b.user.MustSetUpMFA)
	require.NotEmpty(t, b.device)
	require.Equal(t, http.StatusOK, b.get("/probe").Code)
	require.Equal(t, "session_ended", code(t, before.get("/probe")), "the session that only knew the password is replaced")
	require.Equal(t, "session_ended", code(t, before.post("/auth/refresh", nil)))
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").totp(used)), "the first code is used up too")

	var mfa auth.MFA
	require.NoError(t, json.Unmarshal(b.get("/auth/mfa").Body.Bytes(), &mfa))
	require.Equal(t, start, mfa.TOTP.ConfirmedAt)
	require.Equal(t, 10, mfa.RecoveryCodesLeft)
	require.Empty(t, mfa.Passkeys)
	require.JSONEq(t, `{"first_factor":true,"recovery_codes_made":10}`, string(r.audited("user.totp_add")[0].Details))
}

// Whoever learned the password before the second factor was set up, and waits
// in a session of their own, is out when it is.
func TestWaitingSessionDoesNotBecomeMore(t *testing.T) {
	r := freshRig(t)
	thief, owner := r.signIn("admin", r.password), r.signIn("admin", r.password)
	stolen := thief.begin()
	secret, _ := owner.setUpTOTP()
	require.NotEqual(t, stolen.Secret, secret, "each begin makes another key")
	require.Equal(t, "session_ended", code(t, thief.get("/probe")))
	require.Equal(t, "session_ended", code(t, thief.post("/auth/refresh", nil)))

	// one that slipped through, as a race would leave it
	r.exec(`update auth_session set ended_at = null, end_reason = null where mfa_at is null`)
	require.Equal(t, "mfa_setup_required", code(t, thief.get("/probe")))
	require.Equal(t, "step_up_required", code(t, thief.post("/auth/mfa/totp", nil)))
	require.Equal(t, "step_up_required", thief.confirm(r.codeAt(stolen.Secret, 0)).code)
}

// Two that set up the first factor at once: one does.
func TestFirstFactorAtOnce(t *testing.T) {
	r := freshRig(t)
	a, b := r.signIn("admin", r.password), r.signIn("admin", r.password)
	setup := a.begin()
	answers := make(chan int, 2)
	for i, who := range []*browser{a, b} {
		body := codeBody(r.codeAt(setup.Secret, i))
		go func() { answers <- who.exchange("POST", "/auth/mfa/totp/confirm", body).Code }()
	}
	seen := counted(answers)
	require.Equal(t, 1, seen[http.StatusOK], seen)
	require.Len(t, r.audited("user.totp_add"), 1)
}

// A new phone that is never confirmed leaves the old one as it was.
func TestNewPhone(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	setup := b.begin()
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").totp(r.codeAt(setup.Secret, 0))), "a pending key signs nobody in")
	require.Equal(t, http.StatusOK, r.waiting("admin").totp(r.codeAt(r.secret, 0)).Code)
	done := b.confirm(r.codeAt(setup.Secret, 0)).done
	require.Nil(t, done.RecoveryCodes, "those that there are go on")
	require.Nil(t, done.Session)
	require.Equal(t, http.StatusOK, b.get("/probe").Code)
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").totp(r.codeAt(r.secret, 1))), "the old phone ends")
	require.Equal(t, http.StatusOK, r.waiting("admin").totp(r.codeAt(setup.Secret, 1)).Code)
}

func TestPendingKeyExpires(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	require.Equal(t, "totp_not_begun", b.confirm("000000").code)
	setup := b.begin()
	r.clock.Advance(15 * time.Minute)
	b = r.signIn("admin", r.password)
	require.Equal(t, "totp_not_begun", b.confirm(r.codeAt(setup.Secret, 0)).code)
	_, err := r.svc.Loops()[1].Once(t.Context())
	require.NoError(t, err)
	var pending int
	require.NoError(t, r.db.QueryRow(t.Context(), `select count(*) from auth_totp where pending_key is not null`).Scan(&pending))
	require.Zero(t, pending)
	require.Equal(t, http.StatusOK, r.waiting("admin").totp(r.codeAt(r.secret, 0)).Code, "the one in force stays")
}

func TestLaterFactorsNeedFreshness(t *testing.T) {
	r := readyRig(t)
	b := r.stale()
	for _, what := range []struct{ method, path string }{
		{"POST", "/auth/mfa/totp"}, {"POST", "/auth/mfa/totp/confirm"}, {"DELETE", "/auth/mfa/totp"}, {"POST", "/auth/mfa/recovery-codes"},
	} {
		require.Equal(t, "step_up_required", code(t, b.send(what.method, what.path, codeBody("000000"))), what.path)
	}
}

func TestLastFactorStays(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	require.Equal(t, "last_factor", code(t, b.send("DELETE", "/auth/mfa/totp", nil)))
	r.exec(`insert into auth_passkey (id, user_id, credential_id, credential, name, created_at)
		select gen_random_uuid(), id, 'x', '{}', 'key', now() from auth_user`)
	require.Equal(t, http.StatusNoContent, b.send("DELETE", "/auth/mfa/totp", nil).Code)
	require.Equal(t, "not_found", code(t, b.send("DELETE", "/auth/mfa/totp", nil)))
	require.Equal(t, []string{"passkey", "recovery_code"}, r.waiting("admin").challenge.Methods)
	require.Equal(t, "invalid_code", code(t, r.waiting("admin").totp(r.codeAt(r.secret, 0))))
	require.Len(t, r.audited("user.totp_remove"), 1)
}
