package auth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
	"patchmanager/internal/testkit/testidp"
)

const publicURL = "https://manager.example.com"

const callbackURL = publicURL + httpx.BasePath + "/auth/sso/callback"

// ssoRig is a rig with a real provider beside it. Its clock begins now: the
// provider has the machine's.
type ssoRig struct {
	*rig
	idp   *testidp.Provider
	rules auth.Rules
	admin *browser
}

func newSSORig(t *testing.T) *ssoRig {
	t.Helper()
	s := &ssoRig{rules: auth.DefaultRules()}
	s.rig = &rig{t: t, db: pgtest.New(t), clock: fakeclock.New(clock.System().Now())}
	s.svc = s.process()
	s.handler = handlerOf(s.svc)
	_, err := s.svc.EnsureAdmin(t.Context(), func(p string) error { s.password = p; return nil })
	require.NoError(t, err)
	b := s.signIn("admin", s.password)
	w := b.post("/auth/password", map[string]string{"current_password": s.password, "new_password": goodPassword})
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	s.password = goodPassword
	s.secret, s.codes = b.setUpTOTP()
	s.admin = s.signIn("admin", s.password)
	s.idp = testidp.Start(t, callbackURL)
	return s
}

// process is one more web process on the same database.
func (s *ssoRig) process() *auth.Service {
	return auth.New(auth.Deps{DB: s.db, Clock: s.clock, Sealer: newBox(s.t, 1), Argon: cheap, PublicURL: publicURL, Origins: []string{pageOrigin},
		Rules: func() auth.Rules { return s.rules }})
}

type fields map[string]any

// provider stores one that makes accounts by groups and accepts its second
// factor, but for what is named.
func (s *ssoRig) provider(other fields) auth.Provider {
	s.t.Helper()
	in := fields{"name": "Test provider", "kind": "oidc", "issuer": s.idp.Issuer, "client_id": testidp.ClientID, "client_secret": testidp.Secret,
		"scopes": []string{"openid", "profile", "email", "groups"}, "enabled": true, "groups_claim": "groups",
		"mappings": []fields{{"claim_value": "admins", "role": "admin", "group_ids": []string{}},
			{"claim_value": "operators", "role": "operator", "group_ids": []string{}}, {"claim_value": "auditors", "role": "auditor", "group_ids": []string{}}},
		"create_users": true, "accept_mfa": true, "mfa_values": []string{"mfa"}}
	for k, v := range other {
		in[k] = v
	}
	w := s.admin.post("/sso/providers", in)
	require.Equal(s.t, http.StatusCreated, w.Code, w.Body)
	return decoded[auth.Provider](s.t, w)
}

func (s *ssoRig) change(p auth.Provider, what fields) auth.Provider {
	s.t.Helper()
	w := s.patch(p, what)
	require.Equal(s.t, http.StatusOK, w.Code, w.Body)
	return decoded[auth.Provider](s.t, w)
}

func (s *ssoRig) patch(p auth.Provider, what fields) *httptest.ResponseRecorder {
	s.t.Helper()
	raw, err := json.Marshal(what)
	require.NoError(s.t, err)
	return s.admin.send(http.MethodPatch, "/sso/providers/"+p.ID.String(), strings.NewReader(string(raw)))
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), w.Body)
	return v
}

// begin is the click on the provider's button.
func (b *browser) depart(p auth.Provider, returnTo string) (address string) {
	b.r.t.Helper()
	w := b.get("/auth/sso/" + p.ID.String() + "/start?return_to=" + url.QueryEscape(returnTo))
	require.Equal(b.r.t, http.StatusFound, w.Code, w.Body)
	return w.Header().Get("Location")
}

// arrive is the redirect that the provider answers with. It returns where the
// browser ends.
func (b *browser) arrive(back *url.URL) *url.URL {
	b.r.t.Helper()
	require.Equal(b.r.t, callbackURL, "https://"+back.Host+back.Path)
	w := b.get("/auth/sso/callback?" + back.RawQuery)
	require.Equal(b.r.t, http.StatusFound, w.Code, w.Body)
	require.Empty(b.r.t, w.Body.String())
	end, err := url.Parse(w.Header().Get("Location"))
	require.NoError(b.r.t, err)
	require.Empty(b.r.t, end.Host, "never to another site")
	return end
}

// ssoLogin is a whole sign-in of somebody at the provider; end is the page that
// the browser ends on.
func (s *ssoRig) ssoLogin(p auth.Provider, username string) (b *browser, end *url.URL) {
	s.t.Helper()
	b = s.browser()
	back, status := s.idp.Visitor().SignIn(b.depart(p, "/hosts?q=web"), username)
	require.Equal(s.t, http.StatusFound, status)
	end = b.arrive(back)
	if b.refresh != "" {
		w := b.post("/auth/refresh", nil) // what the page does first
		require.Equal(s.t, http.StatusOK, w.Code, w.Body)
	}
	return b, end
}

// entered is ssoLogin that has to work.
func (s *ssoRig) entered(p auth.Provider, username string) *browser {
	s.t.Helper()
	b, end := s.ssoLogin(p, username)
	require.Equal(s.t, "/hosts?q=web", end.String())
	require.NotEmpty(s.t, b.access)
	return b
}

// refused is ssoLogin that must not work; it returns the code on the page.
func (s *ssoRig) refused(p auth.Provider, username string) string {
	s.t.Helper()
	b, end := s.ssoLogin(p, username)
	require.Equal(s.t, "/sign-in", end.Path)
	require.Empty(s.t, b.refresh)
	require.Empty(s.t, end.Fragment)
	return end.Query().Get("error")
}

func (s *ssoRig) count(sql string, args ...any) (n int) {
	s.t.Helper()
	require.NoError(s.t, s.db.QueryRow(s.t.Context(), sql, args...).Scan(&n))
	return n
}

func (s *ssoRig) group(name string) ids.ID {
	s.t.Helper()
	id := ids.New()
	s.exec(`insert into host_group (id, name, created_at) values ($1, $2, now())`, id, name)
	return id
}
