package auth_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/people"
)

// person is a made-up user who has just signed in with a second factor.
func (r *rig) person(u people.User) *browser {
	r.t.Helper()
	return r.again(people.New(r.t, r.db, u, r.clock.Now()))
}

// again signs a user in once more.
func (r *rig) again(user ids.ID) *browser {
	r.t.Helper()
	now := r.clock.Now()
	s := people.SignIn(r.t, r.db, user, now, &now)
	b := r.browser()
	b.refresh = s.Refresh
	w := b.post("/auth/refresh", nil)
	require.Equal(r.t, http.StatusOK, w.Code, w.Body)
	return b
}

func (r *rig) admin(name string) *browser {
	return r.person(people.User{Name: name, Role: auth.RoleAdmin})
}

// program holds an API token.
func (r *rig) program(token string) *browser {
	b := r.browser()
	b.access = token
	return b
}

func (r *rig) group(name string) ids.ID {
	id := ids.New()
	r.exec(`insert into host_group (id, name, created_at) values ($1, $2, now())`, id, name)
	return id
}

// call sends a body, or none, with any method.
func (b *browser) call(method, path string, body any) *httptest.ResponseRecorder {
	b.r.t.Helper()
	if body == nil {
		return b.send(method, path, nil)
	}
	raw, err := json.Marshal(body)
	require.NoError(b.r.t, err)
	return b.send(method, path, bytes.NewReader(raw))
}

func (b *browser) patch(path string, body any) *httptest.ResponseRecorder {
	return b.call(http.MethodPatch, path, body)
}

func (b *browser) delete(path string) *httptest.ResponseRecorder {
	return b.call(http.MethodDelete, path, nil)
}

// read decodes the answer to a call that succeeded.
func read[T any](b *browser, w *httptest.ResponseRecorder) (v T) {
	b.r.t.Helper()
	require.Less(b.r.t, w.Code, 300, w.Body)
	require.NoError(b.r.t, json.Unmarshal(w.Body.Bytes(), &v), w.Body)
	return v
}

func (r *rig) count(sql string, args ...any) (n int) {
	r.t.Helper()
	require.NoError(r.t, r.db.QueryRow(r.t.Context(), sql, args...).Scan(&n))
	return n
}

// session is the id of the browser's session.
func (b *browser) session() ids.ID {
	b.r.t.Helper()
	a, err := b.r.svc.Authenticate(b.r.t.Context(), b.access, b.r.clientAddr())
	require.NoError(b.r.t, err)
	return a.SessionID
}

// details of the newest audit entry of an action.
func (r *rig) details(action string) string {
	r.t.Helper()
	rows := r.audited(action)
	require.NotEmpty(r.t, rows, action)
	return string(rows[0].Details)
}

func path(parts ...any) string {
	out := ""
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			out += v
		case ids.ID:
			out += v.String()
		}
	}
	return out
}
