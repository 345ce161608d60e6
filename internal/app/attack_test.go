package app

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/people"
)

// TestNoOperationTakesFieldsItDoesNotKnow: a body with a field more than the
// operation has is refused as a whole, so nobody gives themselves a role, a
// group or an id on the way. What an agent sends is older or newer than we are
// and is let pass; nothing in it is about people.
func TestNoOperationTakesFieldsItDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, api := newAPI(describe(), &health{})
	op := w.as("operator_in")
	for _, name := range slices.Sorted(maps.Keys(operations(api))) {
		o := operations(api)[name]
		if o.RequestBody == nil || o.OperationID == "enroll" || o.OperationID == "createToken" {
			continue // a token has a role and groups, at most those of its user: auth's tests
		}
		r := w.requestFor(o.OperationID, o.Path, op)
		path := parameter.ReplaceAllStringFunc(o.Path, func(p string) string { return r.path[p[1:len(p)-1]] })
		for field, value := range map[string]any{"role": "admin", "group_ids": []ids.ID{w.foreign}, "is_admin": true, "user_id": w.as("admin").user, "actor": "admin", "session_id": op.session} {
			body := map[string]any{}
			if m, ok := r.body.(map[string]any); ok {
				maps.Copy(body, m)
			}
			body[field] = value
			var text string
			res := w.send(op, o.Method, path, body, &text)
			require.GreaterOrEqual(t, res.StatusCode, 400, "%s took %s: %s", name, field, text)
		}
	}
	var role string
	require.NoError(t, w.db.QueryRow(t.Context(), "select role from auth_user where id = $1", op.user).Scan(&role))
	require.Equal(t, "operator", role)
	require.Equal(t, int64(1), w.one("select count(*) from auth_user_group where user_id = $1 and group_id = $2", op.user, w.mine))
	require.Equal(t, int64(0), w.one("select count(*) from auth_user_group where user_id = $1 and group_id = $2", op.user, w.foreign))
}

// TestACookieIsWorthNothingToOtherSites: a page of another site can make the
// browser send the cookie along, and gets nothing for it.
func TestACookieIsWorthNothingToOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.as("operator_in")
	cookie := people.RefreshCookie + "=" + c.refresh
	nobody := &caller{}
	for _, from := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example.com"}, {"Origin", "null"},
		{"Sec-Fetch-Site", "cross-site", "Origin", w.url}, {"Origin", strings.Replace(w.url, "https:", "http:", 1) + "0"},
	} {
		for _, path := range []string{"/api/v1/auth/refresh", "/api/v1/auth/logout"} {
			var text string
			res := w.send(nobody, http.MethodPost, path, nil, &text, append([]string{"Cookie", cookie}, from...)...)
			require.Equal(t, http.StatusForbidden, res.StatusCode, "%v %s", from, path)
			require.Equal(t, "cross_origin", codeOf(text))
			require.Empty(t, res.Cookies(), "%v %s", from, path)
		}
	}
	require.Equal(t, int64(1), w.one("select count(*) from auth_session where id = $1 and ended_at is null", c.session))

	// neither does the cookie stand for a signed-in user anywhere else
	for _, path := range []string{"/api/v1/hosts", "/api/v1/auth/me", "/api/v1/status/fleet"} {
		require.Equal(t, http.StatusUnauthorized, w.send(nobody, http.MethodGet, path, nil, nil, "Cookie", cookie).StatusCode)
	}
	res := w.send(nobody, http.MethodPost, "/api/v1/ws/ticket", nil, nil, "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	for _, method := range []string{http.MethodGet, http.MethodHead} { // what a link or a picture can send
		res = w.send(nobody, method, "/api/v1/auth/refresh", nil, nil, "Cookie", cookie, "Sec-Fetch-Site", "cross-site")
		require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
	}

	// the own page goes on where it was
	res = w.send(nobody, http.MethodPost, "/api/v1/auth/refresh", nil, nil, "Cookie", cookie, "Sec-Fetch-Site", "same-origin", "Origin", w.url)
	require.Equal(t, http.StatusOK, res.StatusCode)
	k := res.Cookies()[0]
	require.True(t, k.HttpOnly && k.Secure && k.SameSite == http.SameSiteStrictMode && k.Path == "/" && k.Domain == "", k.String())
}

// TestTheMethodIsTheOneOfTheRequestLine: no header, no parameter and no field
// turns a reading request into a changing one.
func TestTheMethodIsTheOneOfTheRequestLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.newHost(w.mine)
	path := "/api/v1/hosts/" + h.String()
	admin := w.as("admin")
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method"} {
		require.Equal(t, http.StatusOK, w.send(admin, http.MethodGet, path, nil, nil, header, "DELETE").StatusCode)
		require.Equal(t, http.StatusMethodNotAllowed, w.send(admin, http.MethodPost, path, map[string]string{"_method": "DELETE"}, nil, header, "DELETE").StatusCode)
	}
	require.Equal(t, http.StatusOK, w.send(admin, http.MethodGet, path+"?_method=DELETE", nil, nil).StatusCode)
	for _, method := range []string{"TRACE", "CONNECT", "PROPFIND", "delete", "DELETE ", "OPTIONS"} {
		res := w.raw(admin, method, path)
		require.GreaterOrEqual(t, res.StatusCode, 400, method)
	}
	require.Equal(t, int64(1), w.one("select count(*) from host where id = $1 and removed_at is null", h))
	for _, header := range []string{"X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"} {
		var text string
		w.send(&caller{}, http.MethodGet, "/api/v1/status/health", nil, &text, header, path)
		require.NotContains(t, text, h.String(), header)
	}
}

// TestNoPathLeadsAroundTheGates writes the path of a guarded operation in every
// way that a router, a proxy or a file system may read as the same.
func TestNoPathLeadsAroundTheGates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.newHost(w.mine)
	var name string
	require.NoError(t, w.db.QueryRow(t.Context(), "select name from host where id = $1", h).Scan(&name))
	guarded := "/api/v1/hosts/" + h.String()
	paths := []string{
		guarded + "/", guarded + "//", "/" + guarded, "//" + guarded, "/api//v1/hosts/" + h.String(), "/api/v1//hosts/" + h.String(), "/api/v1/hosts//" + h.String(),
		"/api/v1/./hosts/" + h.String(), "/api/v1/auth/../hosts/" + h.String(), "/api/v1/auth/login/../../hosts/" + h.String(),
		"/api/v1/status/health/../../hosts/" + h.String(), "/assets/.." + guarded, "/assets/../../" + guarded, "/status/health/../.." + guarded,
		"/api/v1/auth/%2e%2e/hosts/" + h.String(), "/api/v1/auth/%2E%2E%2Fhosts%2F" + h.String(), "/api/v1/ca/root.crt/%2e%2e/%2e%2e/hosts/" + h.String(),
		"/api/v1/hosts%2f" + h.String(), "/api%2fv1%2fhosts%2f" + h.String(), "/%61pi/v1/hosts/" + h.String(), "/api/v1/%68osts/" + h.String(),
		"/API/V1/HOSTS/" + h.String(), "/api/v1/Hosts/" + h.String(), "/api/v1/hosts/" + strings.ToLower(h.String()),
		guarded + ";a=b", guarded + "%00", guarded + "%20", guarded + ".json", guarded + "%3Fx", guarded + "/.", guarded + "/timeline/..", "/api/v1/hosts\\" + h.String(),
		"/api/v1/auth/login;/../../hosts/" + h.String(), "/api/v1/enroll/status/..%2f..%2fhosts%2f" + h.String(), "/api/v1/enroll/status/../../hosts/" + h.String(),
		"/metrics/../" + guarded, "http://192.0.2.1" + guarded, "https://manager.example.com" + guarded, "/api/v1/ws/jobs/../../hosts/" + h.String(),
	}
	for _, who := range []string{"anonymous", "must_change", "disabled", "operator_out"} {
		c := w.as(who)
		for _, path := range append(paths, guarded) {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
				res := w.raw(c, method, path)
				text, err := io.ReadAll(res.Body)
				require.NoError(t, err)
				res.Body.Close()
				require.NotContains(t, string(text), name, "%s %s as %s", method, path, who)
				if loc := res.Header.Get("Location"); loc != "" {
					u, err := url.Parse(loc)
					require.NoError(t, err)
					require.Empty(t, u.Host, "%s %s as %s leads to %s", method, path, who, loc)
				}
			}
		}
	}
	require.Equal(t, int64(1), w.one("select count(*) from host where id = $1 and removed_at is null", h))
	require.Contains(t, string(mustRead(t, w.raw(w.as("operator_in"), http.MethodGet, guarded))), name, "the plain path does answer")
}

func mustRead(t *testing.T, res *http.Response) []byte {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return text
}

// raw sends a request line as it is written, which a client would tidy up.
func (w *world) raw(c *caller, method, path string) *http.Response {
	w.t.Helper()
	cfg := w.client.Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.NextProtos = nil
	conn, err := tls.Dial("tcp", strings.TrimPrefix(w.url, "https://"), cfg)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { conn.Close() })
	authorization := ""
	if c.bearer != "" {
		authorization = "Authorization: Bearer " + c.bearer + "\r\n"
	}
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: manager.example.com\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n", method, path, authorization)
	require.NoError(w.t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(w.t, err, "%s %s", method, path)
	return res
}

// TestAnswersAreNotKept: what belongs to somebody is not stored on the way.
func TestAnswersAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, api := newAPI(describe(), &health{})
	for name, op := range operations(api) {
		if op.Method != http.MethodGet || strings.Contains(op.Path, "{") || httpx.IsPublic(op) {
			continue
		}
		res := w.send(w.as("admin"), http.MethodGet, op.Path, nil, nil)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"), name)
		require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"), name)
	}
}
