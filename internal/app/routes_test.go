package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
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

// openOperations are all that need no sign-in, with the reason. An operation
// becomes public here or not at all.
var openOperations = map[string]string{
	"login":              "makes the session",
	"refreshSession":     "the cookie is the proof",
	"logout":             "the cookie is the proof, and leaving needs none",
	"health":             "for load balancers",
	"getRootCertificate": "public by nature; its fingerprint is checked by whoever uses it",
	"enroll":             "agents, before they have an identity",
	"enrollStatus":       "the polling token is the proof",
	"enrollAck":          "the polling token is the proof",
}

// walk calls fn with every operation of the product and a request to it.
func walk(t *testing.T, api huma.API, fn func(t *testing.T, op *huma.Operation, req *http.Request)) {
	t.Helper()
	param := regexp.MustCompile(`\{[^}]+\}`)
	for path, item := range api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			t.Run(op.OperationID, func(t *testing.T) {
				url := param.ReplaceAllString(path, ids.New().String())
				fn(t, op, httptest.NewRequest(op.Method, url, strings.NewReader("{}")))
			})
		}
	}
}

// signInRig is the whole API with a real sign-in, everything else without
// anything behind it: no request of these tests may reach that.
func signInRig(t *testing.T) (handler http.Handler, api huma.API, s *auth.Service) {
	t.Helper()
	box, err := sealed.New(bytes.Repeat([]byte{1}, sealed.KeyLen))
	require.NoError(t, err)
	s = auth.New(auth.Deps{DB: pgtest.New(t), Clock: clock.System(), Sealer: box})
	d := describe()
	d.auth = s
	mux, api := newAPI(d, &health{})
	return httpx.WithRequestID(httpx.WithClientAddr(mux)), api, s
}

func answerOf(t *testing.T, h http.Handler, req *http.Request) (status int, code string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	var e httpx.Envelope
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e), w.Body)
	require.NotEmpty(t, e.Err.RequestID)
	return w.Code, e.Err.Code
}

func TestEveryOperationWantsASignIn(t *testing.T) {
	h, api, _ := signInRig(t)
	closed := 0
	walk(t, api, func(t *testing.T, op *huma.Operation, req *http.Request) {
		if httpx.IsPublic(op) {
			require.Contains(t, openOperations, op.OperationID, "a public operation must be listed with its reason")
			require.Empty(t, op.Security)
			return
		}
		closed++
		require.Equal(t, []map[string][]string{{"bearer": {}}}, op.Security, "the contract says so too")
		for _, header := range []string{"", "Bearer ", "Bearer x.y.z", "Basic YWRtaW46YWRtaW4=", "Bearer eyJhbGciOiJub25lIn0.e30."} {
			again := req.Clone(t.Context())
			again.Header.Set("Authorization", header)
			status, code := answerOf(t, h, again)
			require.Equal(t, http.StatusUnauthorized, status, header)
			require.Equal(t, "unauthorized", code)
		}
	})
	require.Greater(t, closed, 10)
}

func TestNothingWorksBeforeThePasswordIsChanged(t *testing.T) {
	h, api, s := signInRig(t)
	var password string
	_, err := s.EnsureAdmin(t.Context(), func(p string) error { password = p; return nil })
	require.NoError(t, err)
	access := accessToken(t, h, password)
	walk(t, api, func(t *testing.T, op *huma.Operation, req *http.Request) {
		if httpx.IsPublic(op) || op.OperationID == "me" || op.OperationID == "changePassword" {
			return
		}
		req.Header.Set("Authorization", "Bearer "+access)
		status, code := answerOf(t, h, req)
		require.Equal(t, http.StatusForbidden, status)
		require.Equal(t, "password_change_required", code)
	})
}

func accessToken(t *testing.T, h http.Handler, password string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"username": auth.AdminName, "password": password})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, httpx.BasePath+"/auth/login", bytes.NewReader(body)))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var session auth.Session
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &session))
	return session.AccessToken
}
