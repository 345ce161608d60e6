package auth_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/signin"
)

// device is an authenticator with at most one passkey.
type device struct {
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newDevice(user ids.ID) *device {
	return &device{auth: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: user[:]}),
		key: signin.NewPasskey()}
}

var party = virtualwebauthn.RelyingParty{Name: "Linux Patch Manager", ID: "patches.example.com", Origin: pageOrigin}

func (b *browser) ceremony(path string, body any) auth.Ceremony {
	b.r.t.Helper()
	w := b.post(path, body)
	require.Equal(b.r.t, http.StatusOK, w.Code, w.Body)
	var c auth.Ceremony
	require.NoError(b.r.t, json.Unmarshal(w.Body.Bytes(), &c))
	return c
}

func optionsOf(t *testing.T, c auth.Ceremony) string {
	text, err := json.Marshal(map[string]any{"publicKey": c.Options})
	require.NoError(t, err)
	return string(text)
}

// assert answers a ceremony as the device would.
func (b *browser) assert(d *device, rp virtualwebauthn.RelyingParty, c auth.Ceremony) map[string]any {
	b.r.t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(optionsOf(b.r.t, c))
	require.NoError(b.r.t, err)
	return b.answer(c, virtualwebauthn.CreateAssertionResponse(rp, d.auth, d.key, *options))
}

func (b *browser) answer(c auth.Ceremony, credential string) map[string]any {
	var m map[string]any
	require.NoError(b.r.t, json.Unmarshal([]byte(credential), &m))
	return map[string]any{"ceremony": c.Ceremony, "credential": m}
}

// register makes a passkey on the device.
func (b *browser) register(d *device, name string) *httptest.ResponseRecorder {
	b.r.t.Helper()
	c := b.ceremony("/auth/mfa/passkeys/options", nil)
	options, err := virtualwebauthn.ParseAttestationOptions(optionsOf(b.r.t, c))
	require.NoError(b.r.t, err)
	body := b.answer(c, virtualwebauthn.CreateAttestationResponse(party, d.auth, d.key, *options))
	body["name"] = name
	return b.post("/auth/mfa/passkeys", body)
}

// tap signs in with the passkey alone.
func (b *browser) tap(d *device) *httptest.ResponseRecorder {
	b.r.t.Helper()
	d.key.Counter++
	return b.post("/auth/login/passkey", b.assert(d, party, b.ceremony("/auth/login/passkey/options", map[string]string{})))
}

func registered(t *testing.T, w *httptest.ResponseRecorder) auth.RegisteredPasskey {
	t.Helper()
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	var r auth.RegisteredPasskey
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &r))
	return r
}

// withPasskey is an administrator who has an authenticator app and a passkey.
func withPasskey(t *testing.T) (*rig, *browser, *device) {
	t.Helper()
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	d := newDevice(b.user.ID)
	registered(t, b.register(d, "Laptop"))
	return r, b, d
}

func TestAPasskeyIsAFirstSecondFactor(t *testing.T) {
	r := newRig(t)
	b := r.signIn("admin", r.password)
	require.Equal(t, http.StatusOK, b.post("/auth/password", map[string]string{"current_password": r.password, "new_password": goodPassword}).Code)
	restricted := b.access
	d := newDevice(b.user.ID)
	made := registered(t, b.register(d, " Key  ring "))
	require.Equal(t, "Key  ring", made.Passkey.Name)
	require.Len(t, made.RecoveryCodes, 10)
	require.NotNil(t, made.Session)
	require.Equal(t, http.StatusOK, b.get("/probe").Code)

	b.access = restricted // what was begun with the password alone has ended
	require.Equal(t, http.StatusUnauthorized, b.get("/probe").Code)
	require.Equal(t, http.StatusOK, r.browser().tap(d).Code)
}

func TestAPasskeySignsInAloneAndBehindThePassword(t *testing.T) {
	r, _, d := withPasskey(t)
	alone := r.browser()
	w := alone.tap(d)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, http.StatusOK, alone.get("/probe").Code)
	require.NotEmpty(t, alone.device, "the browser is known from now on")

	second := r.browser()
	require.Equal(t, http.StatusOK, second.login("admin", r.password).Code)
	require.Contains(t, second.challenge.Methods, "passkey")
	c := second.ceremony("/auth/login/passkey/options", map[string]string{"challenge": second.challenge.Token})
	d.key.Counter++
	w = second.post("/auth/login/passkey", second.assert(d, party, c))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, http.StatusOK, second.get("/probe").Code)
	require.Equal(t, http.StatusUnauthorized, second.post("/auth/login/passkey/options", map[string]string{"challenge": second.challenge.Token}).Code, "the challenge is used up")
}

func TestAPasskeyOfAnotherUserIsRefused(t *testing.T) {
	r, _, _ := withPasskey(t)
	r.exec(`insert into auth_user (id, username, role, password_hash, created_at, password_changed_at)
		select $1, 'operator', 'operator', password_hash, now(), now() from auth_user where username = 'admin'`, ids.New())
	other := r.signIn("operator", r.password)
	theirs := newDevice(other.user.ID)
	registered(t, other.register(theirs, "Phone"))

	b := r.browser()
	require.Equal(t, http.StatusOK, b.login("admin", r.password).Code)
	c := b.ceremony("/auth/login/passkey/options", map[string]string{"challenge": b.challenge.Token})
	theirs.key.Counter++
	require.Equal(t, http.StatusUnauthorized, b.post("/auth/login/passkey", b.assert(theirs, party, c)).Code)

	liar := *theirs // claims to be the administrator, with its own key
	admin := r.signIn("admin", r.password).user.ID
	liar.auth.Options.UserHandle = admin[:]
	require.Equal(t, http.StatusUnauthorized, r.browser().tap(&liar).Code)
}

func TestAPasskeyAnswersOneCeremonyOfOnePage(t *testing.T) {
	r, _, d := withPasskey(t)
	b := r.browser()
	c := b.ceremony("/auth/login/passkey/options", map[string]string{})
	d.key.Counter++
	body := b.assert(d, party, c)
	require.Equal(t, http.StatusOK, b.post("/auth/login/passkey", body).Code)
	require.Equal(t, http.StatusConflict, r.browser().post("/auth/login/passkey", body).Code, "replayed")

	elsewhere := virtualwebauthn.RelyingParty{Name: "x", ID: "patches.example.com", Origin: "https://evil.example.net"}
	b = r.browser()
	require.Equal(t, http.StatusUnauthorized, b.post("/auth/login/passkey", b.assert(d, elsewhere, b.ceremony("/auth/login/passkey/options", map[string]string{}))).Code)

	c = b.ceremony("/auth/login/passkey/options", map[string]string{})
	r.clock.Advance(6 * time.Minute)
	d.key.Counter++
	require.Equal(t, http.StatusConflict, b.post("/auth/login/passkey", b.assert(d, party, c)).Code, "too late")
}

func TestAPasskeyWithoutVerifiedUserOrWithOldCounterIsRefused(t *testing.T) {
	r, _, d := withPasskey(t)
	careless := *d
	careless.auth.Options.UserNotVerified = true
	require.Equal(t, http.StatusUnauthorized, r.browser().tap(&careless).Code)

	d.key.Counter = 41
	require.Equal(t, http.StatusOK, r.browser().tap(d).Code)
	copied := *d
	copied.key.Counter = 7
	require.Equal(t, http.StatusUnauthorized, r.browser().tap(&copied).Code, "a copy counts on its own")
}

func TestStrangersCannotLockAPasskeyOut(t *testing.T) {
	r, _, d := withPasskey(t)
	for range 8 {
		stranger := r.browser()
		stranger.addr = "198.51.100.7:1000"
		stranger.login("admin", "wrong password")
	}
	b := r.browser()
	require.Equal(t, http.StatusTooManyRequests, b.login("admin", r.password).Code)
	require.Equal(t, http.StatusOK, b.tap(d).Code)
}

func TestADisabledUserHasNoPasskey(t *testing.T) {
	r, _, d := withPasskey(t)
	r.exec(`update auth_user set disabled_at = now() where username = 'admin'`)
	require.Equal(t, http.StatusUnauthorized, r.browser().tap(d).Code)
}

func TestOwnPasskeysAreNamedAndRemovedButNotTheLastFactor(t *testing.T) {
	r, b, d := withPasskey(t)
	var mfa auth.MFA
	w := b.get("/auth/mfa")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &mfa))
	require.Len(t, mfa.Passkeys, 1)
	id := mfa.Passkeys[0].ID.String()

	w = b.send(http.MethodPatch, "/auth/mfa/passkeys/"+id, jsonBody(t, map[string]string{"name": "Desk"}))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Contains(t, w.Body.String(), "Desk")
	require.Equal(t, http.StatusNotFound, b.send(http.MethodPatch, "/auth/mfa/passkeys/"+ids.New().String(), jsonBody(t, map[string]string{"name": "x"})).Code)

	r.clock.Advance(6 * time.Minute)
	require.Contains(t, b.send(http.MethodDelete, "/auth/mfa/passkeys/"+id, nil).Body.String(), "step_up_required")
	require.Contains(t, b.post("/auth/mfa/passkeys/options", nil).Body.String(), "step_up_required")
	c := b.ceremony("/auth/step-up/passkey/options", nil)
	d.key.Counter++
	w = b.post("/auth/step-up/passkey", b.assert(d, party, c))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, http.StatusNoContent, b.send(http.MethodDelete, "/auth/mfa/totp", nil).Code)
	require.Contains(t, b.send(http.MethodDelete, "/auth/mfa/passkeys/"+id, nil).Body.String(), "last_factor")
	require.Equal(t, http.StatusOK, r.browser().tap(d).Code, "a refused removal removes nothing")
}

func TestAStepUpBelongsToItsSession(t *testing.T) {
	r, b, d := withPasskey(t)
	other := r.signIn("admin", r.password)
	c := b.ceremony("/auth/step-up/passkey/options", nil)
	d.key.Counter++
	require.Equal(t, http.StatusConflict, other.post("/auth/step-up/passkey", other.assert(d, party, c)).Code)
}

func TestPasskeysWantThePagesOwnName(t *testing.T) {
	r := readyRig(t)
	svc := auth.New(auth.Deps{DB: r.db, Clock: r.clock, Sealer: newBox(t, 1), Argon: cheap, Origins: []string{"https://192.0.2.1:8443"}})
	r.handler = handlerOf(svc)
	require.Contains(t, r.browser().post("/auth/login/passkey/options", map[string]string{}).Body.String(), "passkeys_elsewhere")
}

func jsonBody(t *testing.T, v any) io.Reader {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return bytes.NewReader(text)
}
