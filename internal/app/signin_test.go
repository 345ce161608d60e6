package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/sealed"
	"patchmanager/internal/testkit/pgtest"
)

// signInRig is the whole API with a real sign-in, everything else without
// anything behind it: no request of these tests may reach that.
type signInRig struct {
	handler http.Handler
	api     huma.API
	auth    *auth.Service
}

func newSignInRig(t *testing.T) signInRig {
	t.Helper()
	box, err := sealed.New(bytes.Repeat([]byte{1}, sealed.KeyLen))
	require.NoError(t, err)
	d := describe()
	d.auth = auth.New(auth.Deps{DB: pgtest.New(t), Clock: clock.System(), Sealer: box})
	mux, api := newAPI(d, &health{})
	return signInRig{httpx.WithRequestID(httpx.WithClientAddr(mux)), api, d.auth}
}

// ask calls one operation with an Authorization header and returns the refusal.
func (r signInRig) ask(t *testing.T, name, authorization string) (status int, code string) {
	t.Helper()
	method, path, _ := strings.Cut(name, " ")
	req := httptest.NewRequestWithContext(t.Context(), method, parameter.ReplaceAllString(path, ids.New().String()), strings.NewReader("{}"))
	req.Header.Set("Authorization", authorization)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	var e httpx.Envelope
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e), "%s: %s", name, w.Body)
	require.NotEmpty(t, e.Err.RequestID)
	return w.Code, e.Err.Code
}

// do sends one request for the kit that signs people in.
func (r signInRig) do(t testing.TB, method, path, bearer string, body, out any) int {
	raw, err := json.Marshal(body)
	require.NoError(t, err)
	req := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(raw))
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), out), w.Body)
	return w.Code
}

// oneTimePassword makes the administrator of the first start.
func (r signInRig) oneTimePassword(t *testing.T) (password string) {
	t.Helper()
	_, err := r.auth.EnsureAdmin(t.Context(), func(p string) error { password = p; return nil })
	require.NoError(t, err)
	return password
}

func TestNoOperationTakesAFalseToken(t *testing.T) {
	r := newSignInRig(t)
	for name, op := range operations(r.api) {
		if httpx.IsPublic(op) {
			continue
		}
		for _, header := range []string{"", "Bearer ", "Bearer x.y.z", "Basic YWRtaW46YWRtaW4=", "Bearer eyJhbGciOiJub25lIn0.e30."} {
			status, code := r.ask(t, name, header)
			require.Equal(t, http.StatusUnauthorized, status, "%s with %q", name, header)
			require.Equal(t, "unauthorized", code)
		}
	}
}

// refuses asks for every operation that is not among those that are let through.
func (r signInRig) refuses(t *testing.T, access, code string, through ...string) {
	for name, op := range operations(r.api) {
		if httpx.IsPublic(op) || slices.Contains(through, op.OperationID) {
			continue
		}
		status, got := r.ask(t, name, "Bearer "+access)
		require.Equal(t, http.StatusForbidden, status, name)
		require.Equal(t, code, got, name)
	}
}

func TestNoOperationWorksBeforeThePasswordIsChanged(t *testing.T) {
	r := newSignInRig(t)
	var in auth.SignIn
	credentials := auth.LoginInput{Username: auth.AdminName, Password: r.oneTimePassword(t)}
	require.Equal(t, http.StatusOK, r.do(t, http.MethodPost, httpx.BasePath+"/auth/login", "", credentials, &in))
	r.refuses(t, in.Session.AccessToken, "password_change_required", "me", "changePassword")
}

func TestNoOperationWorksBeforeASecondFactorIsSetUp(t *testing.T) {
	r := newSignInRig(t)
	oneTime := r.oneTimePassword(t)
	var in auth.SignIn
	credentials := auth.LoginInput{Username: auth.AdminName, Password: oneTime}
	require.Equal(t, http.StatusOK, r.do(t, http.MethodPost, httpx.BasePath+"/auth/login", "", credentials, &in))
	var changed auth.Session
	change := auth.PasswordChange{CurrentPassword: oneTime, NewPassword: ownPassword}
	require.Equal(t, http.StatusOK, r.do(t, http.MethodPost, httpx.BasePath+"/auth/password", in.Session.AccessToken, change, &changed))
	require.True(t, changed.User.MustSetUpMFA)
	r.refuses(t, changed.AccessToken, "mfa_setup_required",
		"me", "changePassword", "getMfa", "beginTotp", "confirmTotp", "passkeyRegisterOptions", "registerPasskey")
}
