package auth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/testkit/testidp"
)

// A provider that did not ask for a second factor, or is not trusted with it,
// leaves that to us: its set-up first, then each time.
func TestTheOwnSecondFactorFollows(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	dave := s.entered(p, "dave") // amr is "pwd" only
	require.True(t, dave.user.MustSetUpMFA)
	require.Nil(t, dave.user.FreshUntil)
	require.Equal(t, "mfa_setup_required", code(t, dave.get("/probe")))
	secret, codes := dave.setUpTOTP()
	require.Len(t, codes, 10)

	b, end := s.ssoLogin(p, "dave")
	require.Empty(t, b.refresh)
	require.Equal(t, "/sign-in", end.Path)
	require.Empty(t, end.RawQuery, "the challenge stays out of what servers see and log")
	v, err := url.ParseQuery(end.Fragment)
	require.NoError(t, err)
	require.Equal(t, "/hosts?q=web", v.Get("return_to"))
	require.Equal(t, "recovery_code,totp", v.Get("methods"))
	require.NotEmpty(t, v.Get("expires_at"))
	b.challenge.Token = v.Get("challenge")
	require.Equal(t, http.StatusOK, b.totp(s.codeAt(secret, 0)).Code)
	require.Equal(t, "dave", b.user.Username)
	require.False(t, b.user.MustSetUpMFA)
	require.Contains(t, string(s.audited("session.login")[0].Details), `"methods":["sso","totp"]`)

	s.change(p, fields{"accept_mfa": false})
	alice := s.entered(p, "alice")
	require.True(t, alice.user.MustSetUpMFA, "not trusted any more")
}

// An old sign-in at the provider signs in here, but is not fresh.
func TestAnOldSignInThereIsNotFreshHere(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	v := s.idp.Visitor()
	first := s.browser()
	back, _ := v.SignIn(first.depart(p, "/"), "alice")
	first.arrive(back)
	s.idp.Set(map[string]any{"tamper": "no_auth_time"})
	b := s.browser()
	back, _ = v.SignIn(b.depart(p, "/"), "nobody is asked")
	b.arrive(back)
	require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	require.False(t, b.user.MustSetUpMFA)
	require.False(t, b.user.FreshUntil.After(s.clock.Now()))
	w := b.post("/sso/providers", fields{"name": "x", "kind": "oidc", "client_id": "x"})
	require.Equal(t, "step_up_required", code(t, w))
}

// ask is a signed-in user's click on "link" or "confirm".
func (b *browser) ask(p auth.Provider, purpose string) *httptest.ResponseRecorder {
	return b.post("/auth/sso/"+p.ID.String()+"/start", fields{"purpose": purpose, "return_to": "/profile?tab=security"})
}

// answer goes to the provider and back.
func (s *ssoRig) answer(b *browser, v *testidp.Visitor, purpose string, p auth.Provider, username string) string {
	s.t.Helper()
	w := b.ask(p, purpose)
	require.Equal(s.t, http.StatusOK, w.Code, w.Body)
	back, _ := v.SignIn(decoded[auth.SsoStarted](s.t, w).AuthorizeURL, username)
	return b.arrive(back).String()
}

func TestLinkingIsAnActOfTheSignedInUser(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(fields{"create_users": false, "mappings": []fields{}})
	require.Equal(t, http.StatusUnauthorized, s.browser().ask(p, "link").Code)
	require.Equal(t, "/profile?sso=linked&tab=security", s.answer(s.admin, s.idp.Visitor(), "link", p, "alice"))
	require.JSONEq(t, `{"provider":"Test provider","subject":"sub-alice"}`, string(s.audited("user.sso_link")[0].Details))
	links := decoded[auth.SsoLinkList](t, s.admin.get("/auth/sso/links"))
	require.Equal(t, 1, links.Total)
	require.Equal(t, "sub-alice", links.Items[0].Subject)
	require.Equal(t, "sso_already_linked", code(t, s.admin.ask(p, "link")))
	require.Equal(t, "admin", s.entered(p, "alice").user.Username)

	s.exec(`insert into auth_user (id, username, role, created_at, password_changed_at) values (gen_random_uuid(), 'other', 'operator', now(), now())`)
	require.Equal(t, "sso_unknown_user", s.refused(p, "bob"))
	s.change(p, fields{"create_users": true, "default_role": "operator"})
	bob := s.entered(p, "bob")
	unlink := func(b *browser) *httptest.ResponseRecorder {
		return b.send(http.MethodDelete, "/auth/sso/links/"+p.ID.String(), nil)
	}
	require.Equal(t, "only_sign_in", code(t, unlink(bob)), "bob has no password")
	require.Equal(t, 1, decoded[auth.SsoLinkList](t, bob.get("/auth/sso/links")).Total)

	require.Equal(t, http.StatusNoContent, unlink(s.admin).Code)
	require.Equal(t, http.StatusNotFound, unlink(s.admin).Code)
	require.Len(t, s.audited("user.sso_unlink"), 1)
	require.Equal(t, "/profile?sso_error=sso_already_linked&tab=security", s.answer(s.admin, s.idp.Visitor(), "link", p, "bob"),
		"what is bob's stays bob's")
	require.Len(t, s.audited("session.link_failed"), 1)

	s.clock.Advance(6 * time.Minute)
	require.Equal(t, "step_up_required", code(t, s.admin.ask(p, "link")))
	require.Equal(t, "step_up_required", code(t, unlink(s.admin)))
}

// The way to a link ends with the session that it began in.
func TestALinkNeedsItsSession(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	w := s.admin.ask(p, "link")
	back, _ := s.idp.Visitor().SignIn(decoded[auth.SsoStarted](t, w).AuthorizeURL, "alice")
	s.exec(`update auth_session set ended_at = now(), end_reason = 'logout'`)
	require.Equal(t, "/profile?sso_error=sso_session_ended&tab=security", s.admin.arrive(back).String())
	require.Zero(t, s.count(`select count(*) from auth_sso_link`))
}

func TestConfirmingThroughTheProvider(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	v := s.idp.Visitor()
	alice := s.browser()
	back, _ := v.SignIn(alice.depart(p, "/"), "alice")
	alice.arrive(back)
	require.Equal(t, http.StatusOK, alice.post("/auth/refresh", nil).Code)
	s.exec(`update auth_session set mfa_at = mfa_at - interval '10 minutes' where user_id = $1`, alice.user.ID)
	fresh := func() string { return code(t, alice.patchProvider(p, fields{})) }
	require.Equal(t, "step_up_required", fresh())

	address, err := url.Parse(decoded[auth.SsoStarted](t, alice.ask(p, "step_up")).AuthorizeURL)
	require.NoError(t, err)
	require.Equal(t, "login", address.Query().Get("prompt"))
	require.Equal(t, "0", address.Query().Get("max_age"))

	s.idp.Set(map[string]any{"ignore_prompt": true})
	s.clock.Advance(2 * time.Minute)
	require.Equal(t, "/profile?sso_error=sso_not_fresh&tab=security", s.answer(alice, v, "step_up", p, "nobody is asked"))
	s.idp.Set(map[string]any{"ignore_prompt": false})
	require.Equal(t, "/profile?sso_error=sso_not_linked&tab=security", s.answer(alice, s.idp.Visitor(), "step_up", p, "bob"), "somebody else")
	s.idp.SetUser(testidp.User{Username: "alice", Subject: "sub-alice", Groups: []string{"admins"}, AMR: []string{"pwd"}})
	require.Equal(t, "/profile?sso_error=sso_no_second_factor&tab=security", s.answer(alice, s.idp.Visitor(), "step_up", p, "alice"))
	require.Len(t, s.audited("session.step_up_failed"), 3)
	require.Equal(t, "step_up_required", fresh())

	s.clock.Advance(-2 * time.Minute)
	s.idp.SetUser(testidp.User{Username: "alice", Subject: "sub-alice", Groups: []string{"admins"}, ACR: "mfa"})
	require.Equal(t, "/profile?sso=fresh&tab=security", s.answer(alice, s.idp.Visitor(), "step_up", p, "alice"))
	require.JSONEq(t, `{"method":"sso","provider":"Test provider"}`, string(s.audited("session.step_up")[0].Details))
	require.Empty(t, fresh())

	require.Equal(t, "sso_no_second_factor", code(t, s.admin.ask(p, "step_up")), "the admin is not linked")
}

// A mapping cannot take the product away from everybody.
func TestTheLastAdminKeepsTheirRole(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	require.Contains(t, s.answer(s.admin, s.idp.Visitor(), "link", p, "bob"), "sso=linked")
	require.Equal(t, "sso_last_admin", s.refused(p, "bob"), "bob is an operator there, and the only local admin here")
	require.Equal(t, 1, s.count(`select count(*) from auth_user where username = 'admin' and role = 'admin'`))
	require.Empty(t, s.audited("user.role_change"))
	require.EqualValues(t, "admin", s.entered(p, "alice").user.Role)
	require.Equal(t, "sso_last_admin", s.refused(p, "bob"), "alice signs in through the provider only")
}

func TestSingleSignOnOnly(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	other := s.provider(fields{"name": "Second"})
	s.exec(`insert into auth_user (id, username, role, password_hash, created_at, password_changed_at)
		select gen_random_uuid(), 'local', 'admin', password_hash, now(), now() from auth_user where username = 'admin'`)
	s.rules.PasswordOff, s.rules.BreakGlass = true, "admin"
	require.Equal(t, "invalid_credentials", code(t, s.browser().login("local", s.password)))
	require.Equal(t, http.StatusOK, s.browser().login("admin", s.password).Code)

	require.Equal(t, http.StatusNoContent, s.admin.send(http.MethodDelete, "/sso/providers/"+other.ID.String(), nil).Code)
	require.Equal(t, "last_provider", code(t, s.admin.send(http.MethodDelete, "/sso/providers/"+p.ID.String(), nil)))
	require.Equal(t, "last_provider", code(t, s.patch(p, fields{"enabled": false})))
	dave := s.entered(p, "dave")
	secret, _ := dave.setUpTOTP()
	d := newDevice(dave.user.ID)
	registered(t, dave.register(d, "Key"))
	challenged := func() *browser {
		b, end := s.ssoLogin(p, "dave")
		v, err := url.ParseQuery(end.Fragment)
		require.NoError(t, err)
		b.challenge.Token = v.Get("challenge")
		return b
	}
	b := challenged()
	require.Equal(t, http.StatusOK, b.totp(s.codeAt(secret, 0)).Code, "the own factor after the provider is no local sign-in")
	b = challenged()
	d.key.Counter++
	c := b.ceremony("/auth/login/passkey/options", fields{"challenge": b.challenge.Token})
	w := b.post("/auth/login/passkey", b.assert(d, party, c))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Contains(t, string(s.audited("session.login")[0].Details), `"methods":["sso","passkey"]`)
	require.Equal(t, "single_sign_on_only", code(t, s.browser().tap(d)), "the passkey alone is one")
}
