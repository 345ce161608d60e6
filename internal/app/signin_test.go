package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
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

// signIn returns the access token of an administrator who has not changed the
// one-time password yet.
func (r signInRig) signIn(t *testing.T) string {
	t.Helper()
	var password string
	_, err := r.auth.EnsureAdmin(t.Context(), func(p string) error { password = p; return nil })
	require.NoError(t, err)
	body, err := json.Marshal(auth.LoginInput{Username: auth.AdminName, Password: password})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, httpx.BasePath+"/auth/login", bytes.NewReader(body)))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var session auth.Session
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &session))
	return session.AccessToken
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

func TestNoOperationWorksBeforeThePasswordIsChanged(t *testing.T) {
	r := newSignInRig(t)
	access := r.signIn(t)
	for name, op := range operations(r.api) {
		if httpx.IsPublic(op) || op.OperationID == "me" || op.OperationID == "changePassword" {
			continue
		}
		status, code := r.ask(t, name, "Bearer "+access)
		require.Equal(t, http.StatusForbidden, status, name)
		require.Equal(t, "password_change_required", code)
	}
}
