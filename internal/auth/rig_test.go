package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/sealed"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

// cheap hashes let a test sign in a hundred times.
var cheap = auth.Params{Memory: 64, Time: 1, Lanes: 1}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pageOrigin is where the pages of the rig are.
const pageOrigin = "https://patches.example.com:8443"

// rig is the service behind real HTTP handlers, on a real database.
type rig struct {
	t        *testing.T
	db       *db.DB
	clock    *fakeclock.Clock
	svc      *auth.Service
	handler  http.Handler
	password string   // of admin, as delivered
	secret   string   // of admin's authenticator, base32; set by readyRig
	codes    []string // admin's recovery codes
	changed  []string
	rules    auth.Rules
}

func newBox(t testing.TB, b byte) *sealed.Box {
	t.Helper()
	box, err := sealed.New(bytes.Repeat([]byte{b}, sealed.KeyLen))
	require.NoError(t, err)
	return box
}

// emptyRig has no user yet.
func emptyRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, db: pgtest.New(t), clock: fakeclock.New(start), rules: auth.DefaultRules()}
	r.svc = r.process()
	r.handler = handlerOf(r.svc)
	return r
}

// process is one more process on the same database.
func (r *rig) process() *auth.Service {
	return auth.New(auth.Deps{DB: r.db, Clock: r.clock, Sealer: newBox(r.t, 1), Argon: cheap, Origins: []string{pageOrigin}, Rules: func() auth.Rules { return r.rules },
		PasswordChanged: func(name string) { r.changed = append(r.changed, name) }})
}

// elsewhere is the rig in front of another process.
func (r *rig) elsewhere() *rig {
	other := *r
	other.handler = handlerOf(r.process())
	return &other
}

// addUser makes a user with the administrator's password and an authenticator.
func (r *rig) addUser(name string) (secret string) {
	r.t.Helper()
	r.exec(`insert into auth_user (id, username, role, password_hash, created_at, password_changed_at)
		select gen_random_uuid(), $1, 'operator', password_hash, now(), now() from auth_user where username = 'admin'`, name)
	secret, _ = r.signIn(name, r.password).setUpTOTP()
	return secret
}

func handlerOf(s *auth.Service) http.Handler {
	mux := http.NewServeMux()
	api := httpx.NewAPI(mux, "test")
	api.UseMiddleware(s.Middleware(api))
	s.Routes(api)
	huma.Register(api, huma.Operation{OperationID: "probe", Method: http.MethodGet, Path: httpx.BasePath + "/probe"}, probe)
	huma.Register(api, huma.Operation{OperationID: "openProbe", Method: http.MethodGet, Path: httpx.BasePath + "/open",
		Metadata: httpx.Public}, probe)
	return httpx.WithRequestID(httpx.WithClientAddr(mux))
}

type probeOutput struct {
	Body struct{ Name, Role, Address, RequestID, Session string }
}

// probe answers who the caller is: an operation of any other domain.
func probe(ctx context.Context, _ *struct{}) (*probeOutput, error) {
	a, out := auth.ActorFrom(ctx), &probeOutput{}
	out.Body.Name, out.Body.Role, out.Body.Address = a.Name, string(a.Role), a.Address.String()
	out.Body.RequestID, out.Body.Session = a.RequestID, a.SessionID.String()
	return out, nil
}

// newRig has the administrator of the first start, who must change the password.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := emptyRig(t)
	created, err := r.svc.EnsureAdmin(t.Context(), func(p string) error { r.password = p; return nil })
	require.NoError(t, err)
	require.True(t, created)
	return r
}

const goodPassword = "correct horse battery staple"

// readyRig has an administrator with a password of their own and an authenticator.
func readyRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	b := r.signIn("admin", r.password)
	w := b.post("/auth/password", map[string]string{"current_password": r.password, "new_password": goodPassword})
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	r.password = goodPassword
	r.secret, r.codes = b.setUpTOTP()
	return r
}

// setUpTOTP is what a person does with their phone.
func (b *browser) setUpTOTP() (secret string, codes []string) {
	b.r.t.Helper()
	var setup auth.TOTPSetup
	w := b.post("/auth/mfa/totp", nil)
	require.Equal(b.r.t, http.StatusCreated, w.Code, w.Body)
	require.NoError(b.r.t, json.Unmarshal(w.Body.Bytes(), &setup))
	w = b.post("/auth/mfa/totp/confirm", map[string]string{"code": b.r.codeAt(setup.Secret, -1)})
	require.Equal(b.r.t, http.StatusOK, w.Code, w.Body)
	var done auth.TOTPConfirmed
	require.NoError(b.r.t, json.Unmarshal(w.Body.Bytes(), &done))
	return setup.Secret, done.RecoveryCodes
}

// codeAt is the authenticator's code, some steps of 30 s from now.
func (r *rig) codeAt(secret string, steps int) string {
	r.t.Helper()
	code, err := totp.GenerateCode(secret, r.clock.Now().Add(time.Duration(steps)*30*time.Second))
	require.NoError(r.t, err)
	return code
}

// spareCode gives a user one more recovery code, for tests that sign in often
// without moving the clock.
func (r *rig) spareCode(username string) string {
	r.t.Helper()
	code := "spare" + strings.ToLower(ids.New().String())
	r.exec(`insert into auth_recovery_code (user_id, code_hash, created_at)
		select id, sha256(convert_to(replace($2, '0', 'o'), 'UTF8')), now() from auth_user where username = $1`, username, code)
	return code
}

// browser is one signed-in or anonymous client.
type browser struct {
	r         *rig
	addr      string
	access    string
	refresh   string
	device    string
	sso       string
	challenge auth.Challenge
	user      auth.User
}

func (r *rig) browser() *browser { return &browser{r: r, addr: "192.0.2.1:40000"} }

// signIn is a whole sign-in; the second factor is not what its test is about.
func (r *rig) signIn(name, password string) *browser {
	r.t.Helper()
	b := r.browser()
	w := b.login(name, password)
	require.Equal(r.t, http.StatusOK, w.Code, w.Body)
	if b.challenge.Token != "" {
		w = b.recover(r.spareCode(b.r.nameOf(name)))
		require.Equal(r.t, http.StatusOK, w.Code, w.Body)
	}
	return b
}

func (r *rig) nameOf(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// totp and recover answer the challenge of the last login.
func (b *browser) totp(code string) *httptest.ResponseRecorder {
	return b.post("/auth/login/totp", map[string]string{"challenge": b.challenge.Token, "code": code})
}

func (b *browser) recover(code string) *httptest.ResponseRecorder {
	return b.post("/auth/login/recovery-code", map[string]string{"challenge": b.challenge.Token, "code": code})
}

func (b *browser) login(name, password string) *httptest.ResponseRecorder {
	return b.post("/auth/login", map[string]string{"username": name, "password": password})
}

func (b *browser) post(path string, body any) *httptest.ResponseRecorder {
	b.r.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(b.r.t, err)
	return b.send(http.MethodPost, path, bytes.NewReader(raw))
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.send(http.MethodGet, path, nil)
}

func (b *browser) send(method, path string, body io.Reader) *httptest.ResponseRecorder {
	w := b.exchange(method, path, body)
	b.keep(w)
	return w
}

// exchange leaves the browser as it is; several may run at once.
func (b *browser) exchange(method, path string, body io.Reader) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, httpx.BasePath+path, body)
	req.RemoteAddr = b.addr
	req.Header.Set("User-Agent", "Browser/1.0")
	req.Header.Set("Origin", pageOrigin)
	if b.access != "" {
		req.Header.Set("Authorization", "Bearer "+b.access)
	}
	if b.refresh != "" {
		req.AddCookie(&http.Cookie{Name: "__Host-pm_refresh", Value: b.refresh})
	}
	if b.device != "" {
		req.AddCookie(&http.Cookie{Name: "__Host-pm_device", Value: b.device})
	}
	if b.sso != "" {
		req.AddCookie(&http.Cookie{Name: "__Host-pm_sso", Value: b.sso})
	}
	w := httptest.NewRecorder()
	b.r.handler.ServeHTTP(w, req)
	return w
}

// keep does what a browser does with an answer.
func (b *browser) keep(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		switch c.Name {
		case "__Host-pm_refresh":
			b.refresh = c.Value
		case "__Host-pm_device":
			b.device = c.Value
		case "__Host-pm_sso":
			b.sso = c.Value
		}
	}
	var s struct {
		auth.Session
		Nested    *auth.Session   `json:"session"`
		Challenge *auth.Challenge `json:"challenge"`
	}
	if w.Code >= http.StatusMultipleChoices || json.Unmarshal(w.Body.Bytes(), &s) != nil {
		return
	}
	if s.Nested != nil {
		s.Session = *s.Nested
	}
	if s.AccessToken != "" {
		b.access, b.user = s.AccessToken, s.User
	}
	if s.Challenge != nil {
		b.challenge = *s.Challenge
	}
}

// code is the error code of an answer; empty for a success.
func code(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Code < 400 {
		return ""
	}
	return codeOf(t, w.Body.Bytes())
}

func codeOf(t *testing.T, body []byte) string {
	t.Helper()
	var e httpx.Envelope
	require.NoError(t, json.Unmarshal(body, &e), string(body))
	return e.Err.Code
}

func codeBody(code string) io.Reader { return strings.NewReader(`{"code":"` + code + `"}`) }

// audited returns the entries of one action, newest first.
func (r *rig) audited(action string) []audit.Row {
	r.t.Helper()
	rows, _, err := audit.List(r.t.Context(), r.db, audit.Filter{Action: action, Limit: 500})
	require.NoError(r.t, err)
	return rows
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.db.Exec(r.t.Context(), sql, args...)
	require.NoError(r.t, err)
}
