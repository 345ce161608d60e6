package auth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/testidp"
)

func TestSignInThroughAProvider(t *testing.T) {
	s := newSSORig(t)
	web, db := s.group("web"), s.group("databases")
	p := s.provider(fields{"mappings": []fields{
		{"claim_value": "operators", "role": "operator", "group_ids": []any{web}},
		{"claim_value": "admins", "role": "", "group_ids": []any{db}}}})
	s.idp.SetUser(testidp.User{Username: "Bôb", Subject: "sub-b", Name: "Bob Example", Email: "bob@example.com", Groups: []string{"operators", "admins"}, AMR: []string{"mfa"}})

	b := s.browser()
	address, err := url.Parse(b.depart(p, "/jobs#one"))
	require.NoError(t, err)
	q := address.Query()
	require.Equal(t, "S256", q.Get("code_challenge_method"))
	require.Len(t, q.Get("code_challenge"), 43)
	require.Len(t, q.Get("state"), 43)
	require.Len(t, q.Get("nonce"), 43)
	require.Equal(t, callbackURL, q.Get("redirect_uri"))
	require.Equal(t, "openid profile email groups", q.Get("scope"))
	require.Empty(t, q.Get("prompt"))
	require.Zero(t, s.count(`select count(*) from auth_sso_flow where state_hash = convert_to($1, 'UTF8')
		or position(convert_to($2, 'UTF8') in sealed) > 0 or position(convert_to($1, 'UTF8') in sealed) > 0`, q.Get("state"), q.Get("nonce")))

	back, _ := s.idp.Visitor().SignIn(address.String(), "Bôb")
	w := b.get("/auth/sso/callback?" + back.RawQuery)
	require.Equal(t, "/jobs#one", w.Header().Get("Location"))
	require.NotContains(t, w.Header().Get("Location"), back.Query().Get("code"))
	for _, c := range w.Result().Cookies() {
		require.True(t, c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == "", c.Name)
		require.Equal(t, http.SameSiteStrictMode, c.SameSite, c.Name)
	}
	require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	require.Equal(t, "bob", b.user.Username)
	require.Equal(t, "Bob Example", b.user.DisplayName)
	require.Equal(t, "bob@example.com", b.user.Email)
	require.EqualValues(t, "operator", b.user.Role)
	require.ElementsMatch(t, []ids.ID{web, db}, b.user.GroupIDs)
	require.False(t, b.user.Local)
	require.False(t, b.user.MustSetUpMFA, "the provider has asked")
	require.NotNil(t, b.user.FreshUntil)
	require.Contains(t, b.get("/probe").Body.String(), `"Role":"operator"`)

	e := s.audited("session.login")[0]
	require.Equal(t, "bob", e.Actor.Name)
	require.Contains(t, string(e.Details), `"methods":["sso"]`)
	e = s.audited("user.create")[0]
	require.Equal(t, "single sign-on", e.Actor.Name)
	require.Contains(t, string(e.Details), `"subject":"sub-b"`)

	again := s.entered(p, "Bôb")
	require.Equal(t, b.user.ID, again.user.ID)
	require.Equal(t, 1, s.count(`select count(*) from auth_user where username like 'bob%'`))
	require.Equal(t, "invalid_credentials", code(t, s.browser().login("bob", "")), "there is no password to guess")
}

func TestWaysToSignInAreShown(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	s.provider(fields{"name": "Off", "enabled": false})
	require.JSONEq(t, `{"password":true,"passkey":true,"providers":[{"id":"`+p.ID.String()+`","name":"Test provider"}]}`,
		s.browser().get("/auth/methods").Body.String())
	s.rules.PasswordOff, s.rules.BreakGlass = true, "admin"
	require.Contains(t, s.browser().get("/auth/methods").Body.String(), `"password":false`)
}

// A round trip ends in the browser that began it, once, and not after its time.
func TestARoundTripBelongsToOneBrowser(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	victim, attacker := s.browser(), s.browser()
	begin := func(b *browser) *url.URL {
		back, _ := s.idp.Visitor().SignIn(b.depart(p, "/"), "alice")
		return back
	}
	expired := "/sign-in?error=sso_expired"

	back := begin(attacker)
	require.Equal(t, expired, victim.arrive(back).String(), "a browser that began nothing")
	begin(victim)
	require.Equal(t, expired, victim.arrive(back).String(), "a browser that began another one")
	require.Empty(t, victim.refresh)
	require.Equal(t, "/", attacker.arrive(back).String(), "its own browser still finds it")
	attacker.refresh = ""
	require.Equal(t, expired, attacker.arrive(back).String(), "replayed")
	require.Empty(t, attacker.refresh)

	q := begin(victim).Query()
	q.Set("state", strings.Repeat("A", 43))
	require.Equal(t, expired, victim.arrive(&url.URL{Host: "manager.example.com", Path: "/api/v1/auth/sso/callback", RawQuery: q.Encode()}).String())
	back = begin(victim)
	s.clock.Advance(10*time.Minute + time.Second)
	require.Equal(t, expired, victim.arrive(back).String(), "too old")
	require.Empty(t, s.audited("session.login_failed"), "what nobody began is not recorded")
}

// Two tabs of one browser do not take each other's way back away.
func TestTwoTabs(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	b, v := s.browser(), s.idp.Visitor()
	one, _ := v.SignIn(b.depart(p, "/one"), "alice")
	two, _ := v.SignIn(b.depart(p, "/two"), "alice")
	require.Equal(t, "/one", b.arrive(one).String())
	require.Equal(t, "/two", b.arrive(two).String())
}

// Any process answers what another one began.
func TestTheWayBackMayEndAtAnotherProcess(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	other := handlerOf(s.process())
	b := s.browser()
	address := b.depart(p, "/")
	s.handler = other
	back, _ := s.idp.Visitor().SignIn(address, "alice")
	require.Equal(t, "/", b.arrive(back).String())
	require.Equal(t, http.StatusOK, b.post("/auth/refresh", nil).Code)
	require.EqualValues(t, "admin", b.user.Role)
}

// ID tokens that were not made by the provider, for us, for this request.
func TestForgedIDTokensAreRefused(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	for _, how := range []string{"alg_none", "hs256", "aud", "azp", "nonce", "iss", "foreign_key"} {
		s.idp.Set(map[string]any{"tamper": how})
		require.Equal(t, "sso_failed", s.refused(p, "alice"), how)
		require.Contains(t, string(s.audited("session.login_failed")[0].Details), "id_token:", how)
	}
	require.Zero(t, s.count(`select count(*) from auth_sso_link`))
	s.idp.Set(map[string]any{"tamper": ""})
	s.entered(p, "alice")
}

func TestWrongClocksAreNamed(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	s.idp.Set(map[string]any{"clock_skew": "2h"})
	require.Equal(t, "sso_failed", s.refused(p, "alice"))
	require.Contains(t, string(s.audited("session.login_failed")[0].Details), "one of the two clocks is wrong")
	s.idp.Set(map[string]any{"clock_skew": "-2h"})
	require.Equal(t, "sso_failed", s.refused(p, "alice"))
	require.Contains(t, string(s.audited("session.login_failed")[0].Details), "The ID token ended at")
	s.idp.Set(map[string]any{"clock_skew": "4m"})
	s.entered(p, "alice")
}

func TestKeysComeAndGo(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	s.entered(p, "alice")
	s.idp.Set(map[string]any{"keys": "rotate"})
	s.entered(p, "alice")
	s.idp.Set(map[string]any{"keys": "rotate"})
	s.idp.Set(map[string]any{"keys": "expire"})
	require.Equal(t, "sso_failed", s.refused(p, "alice"), "signed with a key that is not published")
	s.idp.Set(map[string]any{"keys": "restore"})
	s.entered(p, "alice")
	s.idp.Set(map[string]any{"keys": "expire"})
	s.clock.Advance(10*time.Minute + time.Second)
	require.Equal(t, "sso_failed", s.refused(p, "alice"), "a withdrawn key is forgotten after ten minutes")
}

func TestAWrongSecretIsTheProvidersToRefuse(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(fields{"client_secret": "not it"})
	require.Equal(t, "sso_failed", s.refused(p, "alice"))
	details := string(s.audited("session.login_failed")[0].Details)
	require.Contains(t, details, "invalid_client")
	require.NotContains(t, details, "not it\"")
	s.change(p, fields{"client_secret": testidp.Secret})
	s.entered(p, "alice")
}

func TestAPersonMayBeRefusedThere(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	s.idp.Set(map[string]any{"deny": true})
	require.Equal(t, "sso_denied", s.refused(p, "alice"))
	s.idp.Set(map[string]any{"deny": false, "redirect_uris": []string{"https://elsewhere.example.com/"}})
	_, status := s.idp.Visitor().SignIn(s.browser().depart(p, "/"), "alice")
	require.Equal(t, http.StatusBadRequest, status, "an address that is not registered never comes back")
}

// An address or a name at the provider is no proof of who somebody is here.
func TestNobodysAccountIsTakenOverByEMailOrName(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(fields{"create_users": false})
	s.exec(`update auth_user set email = 'admin@example.com' where username = 'admin'`)
	s.idp.SetUser(testidp.User{Username: "admin", Subject: "sub-thief", Name: "Administrator", Email: "admin@example.com", Verified: true,
		Groups: []string{"auditors"}, AMR: []string{"mfa"}})
	require.Equal(t, "sso_unknown_user", s.refused(p, "admin"))
	require.Contains(t, string(s.audited("session.login_failed")[0].Details), "sub-thief")

	s.change(p, fields{"create_users": true})
	thief := s.entered(p, "admin")
	require.Equal(t, "admin-2", thief.user.Username)
	require.NotEqual(t, s.admin.user.ID, thief.user.ID)
	require.EqualValues(t, "auditor", thief.user.Role)
	require.Zero(t, s.count(`select count(*) from auth_sso_link where user_id = $1`, s.admin.user.ID))
}

// The issuer is part of who somebody is: another one behind the same provider
// does not inherit the links.
func TestAnotherIssuerDoesNotInheritLinks(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	first := s.entered(p, "alice")
	other := testidp.Start(t, callbackURL)
	require.Equal(t, http.StatusUnprocessableEntity, s.patch(p, fields{"issuer": other.Issuer}).Code, "the secret is for the old issuer")
	s.change(p, fields{"issuer": other.Issuer, "client_secret": testidp.Secret})
	s.idp = other
	require.NotEqual(t, first.user.ID, s.entered(p, "alice").user.ID)
}

// Role and groups are evaluated with each sign-in, and sessions that exist follow.
func TestAMappingChangeActsAtTheNextSignIn(t *testing.T) {
	s := newSSORig(t)
	web, db := s.group("web"), s.group("databases")
	p := s.provider(fields{"mappings": []fields{
		{"claim_value": "admins", "role": "admin", "group_ids": []any{web}},
		{"claim_value": "operators", "role": "operator", "group_ids": []any{db}}}})
	old := s.entered(p, "alice")
	require.EqualValues(t, "admin", old.user.Role)
	alice := testidp.User{Username: "alice", Subject: "sub-alice", Groups: []string{"operators"}, AMR: []string{"mfa"}}
	s.idp.SetUser(alice)
	now := s.entered(p, "alice")
	require.EqualValues(t, "operator", now.user.Role)
	require.Len(t, now.user.GroupIDs, 1)
	require.Equal(t, db, now.user.GroupIDs[0])
	require.Contains(t, old.get("/probe").Body.String(), `"Role":"operator"`, "with its next request")
	e := s.audited("user.role_change")[0]
	require.JSONEq(t, `{"provider":"Test provider","from":"admin","to":"operator"}`, string(e.Details))
	e = s.audited("user.groups_change")[0]
	require.JSONEq(t, `{"provider":"Test provider","added":[{"id":"`+db.String()+`","name":"databases"}],"removed":[{"id":"`+web.String()+`","name":"web"}]}`,
		string(e.Details))
	require.Equal(t, "single sign-on", e.Actor.Name)
	require.Equal(t, "alice", e.Target.Name)

	alice.Groups = []string{"strangers"}
	s.idp.SetUser(alice)
	require.Equal(t, "sso_no_role", s.refused(p, "alice"))
	s.change(p, fields{"default_role": "auditor"})
	require.EqualValues(t, "auditor", s.entered(p, "alice").user.Role)
	require.Len(t, s.audited("user.create"), 2, "the first admin's and this one")
	require.Len(t, s.audited("user.role_change"), 2)
}

func TestGroupsFromTheUserInfoEndpoint(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(fields{"role_claim": "roles", "groups_claim": "",
		"mappings": []fields{{"claim_value": "pm-operator", "role": "operator", "group_ids": []string{}}}})
	s.idp.Set(map[string]any{"userinfo_only": true})
	require.EqualValues(t, "operator", s.entered(p, "bob").user.Role)
	require.Equal(t, "sso_no_role", s.refused(p, "carol"))
}

// Without mappings the provider says who, and admins say what.
func TestWithoutMappingsRolesStayLocal(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(fields{"mappings": []fields{}, "default_role": "auditor"})
	b := s.entered(p, "alice")
	require.EqualValues(t, "auditor", b.user.Role)
	s.exec(`update auth_user set role = 'operator' where id = $1`, b.user.ID)
	require.EqualValues(t, "operator", s.entered(p, "alice").user.Role)
}

func TestADisabledUserIsRefused(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	b := s.entered(p, "alice")
	s.exec(`update auth_user set disabled_at = now() where id = $1`, b.user.ID)
	require.Equal(t, "sso_account_disabled", s.refused(p, "alice"))
	require.Equal(t, "session_ended", code(t, b.get("/probe")))
}

func TestAProviderThatIsOff(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	b := s.browser()
	back, _ := s.idp.Visitor().SignIn(b.depart(p, "/"), "alice")
	s.change(p, fields{"enabled": false})
	require.Equal(t, "/sign-in?error=sso_unavailable", b.arrive(back).String())
	require.Equal(t, "/sign-in?error=sso_unavailable", s.browser().depart(p, "/"))
	for _, id := range []string{"nonsense", s.admin.user.ID.String()} {
		require.Equal(t, "/sign-in?error=sso_unavailable", s.browser().get("/auth/sso/"+id+"/start").Header().Get("Location"))
	}
	s.change(p, fields{"enabled": true, "issuer": "http://127.0.0.1:1", "client_secret": "x"})
	require.Equal(t, "/sign-in?error=sso_unavailable", s.browser().depart(p, "/"), "it does not answer")
}

// The way out of a round trip is a page of this site, whatever was asked for.
func TestNoOpenRedirect(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	v := s.idp.Visitor()
	for _, evil := range []string{"//evil.example.com", "https://evil.example.com", `\\evil.example.com`, "/%2f%2fevil.example.com"} {
		b := s.browser()
		back, _ := v.SignIn(b.depart(p, evil), "alice")
		require.Equal(t, "/", b.arrive(back).String(), evil)
		require.NotEmpty(t, b.refresh)
	}
	for text, want := range map[string]string{
		"": "/", "/": "/", "/hosts?q=a%20b&x=//y#top": "/hosts?q=a%20b&x=//y#top", "hosts": "/", "/\\evil": "/", "/%5cevil": "/",
		"/%252f%252fevil": "/", "/a//b": "/", "/\tevil": "/", "/%09/evil": "/", "javascript:alert(1)": "/", "/api/v1/auth/logout": "/",
		"https:/evil": "/", "/" + strings.Repeat("a", 2000): "/", "///evil": "/", "/%zz": "/", "/.%2f/evil": "/",
	} {
		require.Equal(t, want, auth.LocalPathForTest(text), text)
	}
}

func TestAFloodOfSignInsIsBounded(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	s.browser().depart(p, "/")
	s.exec(`insert into auth_sso_flow (state_hash, provider_id, purpose, sealed, browser_hash, household, return_to, created_at, expires_at)
		select sha256(convert_to(n::text, 'UTF8')), provider_id, purpose, sealed, browser_hash, household, return_to, created_at, expires_at
		from auth_sso_flow, generate_series(1, 299) n`)
	require.Equal(t, "/sign-in?error=sso_busy", s.browser().depart(p, "/"))
	elsewhere := s.browser()
	elsewhere.addr = "192.0.2.9:1"
	require.NotContains(t, elsewhere.depart(p, "/"), "error")
	s.clock.Advance(10*time.Minute + time.Second)
	require.NotContains(t, s.browser().depart(p, "/"), "error")
	for _, l := range s.svc.Loops() {
		_, err := l.Once(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, 1, s.count(`select count(*) from auth_sso_flow`), "what is over is forgotten")
}
