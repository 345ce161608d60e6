package auth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/testkit/testidp"
)

func (b *browser) patchProvider(p auth.Provider, what fields) *httptest.ResponseRecorder {
	raw, err := json.Marshal(what)
	require.NoError(b.r.t, err)
	return b.send(http.MethodPatch, "/sso/providers/"+p.ID.String(), strings.NewReader(string(raw)))
}

func TestTheClientSecretNeverComesBack(t *testing.T) {
	s := newSSORig(t)
	const secret = "a-very-secret-value"
	require.Equal(t, callbackURL, decoded[auth.ProviderList](t, s.admin.get("/sso/providers")).RedirectURI, "before there is one")
	w := s.admin.post("/sso/providers", fields{"name": "Secret", "kind": "oidc", "issuer": s.idp.Issuer, "client_id": "c", "client_secret": secret})
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	p := decoded[auth.Provider](t, w)
	require.True(t, p.HasSecret)
	require.False(t, p.Enabled)
	require.Equal(t, []string{"openid", "profile", "email"}, p.Scopes)
	require.Equal(t, callbackURL, p.RedirectURI)
	again := s.patch(p, fields{"client_secret": secret, "name": "Renamed"})
	all := w.Body.String() + again.Body.String() + s.admin.get("/sso/providers").Body.String() + s.admin.get("/sso/providers/"+p.ID.String()).Body.String()
	for _, action := range []string{"sso_provider.create", "sso_provider.update"} {
		all += string(s.audited(action)[0].Details)
	}
	require.NotContains(t, all, secret)
	require.Zero(t, s.count(`select count(*) from auth_sso_provider where position(convert_to($1, 'UTF8') in sealed_secret) > 0`, secret))
	require.JSONEq(t, `{"name":{"from":"Secret","to":"Renamed"},"secret_replaced":true}`, string(s.audited("sso_provider.update")[0].Details))

	require.Equal(t, "validation_failed", code(t, s.patch(p, fields{"issuer": "https://thief.example.com"})), "it is not sent elsewhere")
	require.True(t, decoded[auth.Provider](t, s.patch(p, fields{"scopes": []string{"openid"}})).HasSecret)
	require.False(t, decoded[auth.Provider](t, s.patch(p, fields{"client_secret": ""})).HasSecret)
}

func TestWhoMayManageProviders(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	path := "/sso/providers/" + p.ID.String()
	auditor := s.entered(p, "dave")
	auditor.setUpTOTP()
	operator := s.entered(p, "bob")
	require.Equal(t, http.StatusOK, auditor.get("/sso/providers").Code)
	require.Equal(t, http.StatusForbidden, operator.get("/sso/providers").Code)
	require.Equal(t, http.StatusForbidden, operator.get(path).Code)
	for _, b := range []*browser{auditor, operator} {
		require.Equal(t, "forbidden", code(t, b.post("/sso/providers", fields{"name": "x", "kind": "oidc", "client_id": "x"})))
		require.Equal(t, "forbidden", code(t, b.patchProvider(p, fields{"name": "x"})))
		require.Equal(t, "forbidden", code(t, b.send(http.MethodDelete, path, nil)))
		require.Equal(t, "forbidden", code(t, b.post(path+"/test", nil)))
	}
	require.Equal(t, http.StatusNotFound, s.admin.get("/sso/providers/"+s.admin.user.ID.String()).Code)
	require.Equal(t, http.StatusNoContent, s.admin.send(http.MethodDelete, path, nil).Code)
	require.JSONEq(t, `{"issuer":"`+s.idp.Issuer+`","links_removed":2}`, string(s.audited("sso_provider.delete")[0].Details))
	s.clock.Advance(6 * time.Minute)
	require.Equal(t, "step_up_required", code(t, s.admin.post("/sso/providers", fields{"name": "x", "kind": "oidc", "client_id": "x"})))
}

func TestAzureIsDescribedByItsTenant(t *testing.T) {
	s := newSSORig(t)
	w := s.admin.post("/sso/providers", fields{"name": "Azure", "kind": "azure", "tenant_id": " 6F1B1A0E-0000-4000-8000-000000000001 ", "client_id": "app",
		"issuer": "", "groups_claim": "groups", "role_claim": "roles"})
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	p := decoded[auth.Provider](t, w)
	require.Equal(t, "https://login.microsoftonline.com/6f1b1a0e-0000-4000-8000-000000000001/v2.0", p.Issuer)
	for _, tenant := range []string{"", "common", "organizations", "contoso.example.com", "6f1b1a0e-0000-4000-8000-000000000001/../common"} {
		w = s.patch(p, fields{"tenant_id": tenant})
		require.Contains(t, w.Body.String(), `"field":"tenant_id"`, tenant)
	}
}

func TestProvidersAreCheckedFieldByField(t *testing.T) {
	s := newSSORig(t)
	s.provider(nil)
	bad := func(field string, other fields) {
		t.Helper()
		in := fields{"name": "n", "kind": "oidc", "issuer": "https://login.example.com", "client_id": "c"}
		for k, v := range other {
			in[k] = v
		}
		w := s.admin.post("/sso/providers", in)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
		require.Contains(t, w.Body.String(), `"field":"`+field+`"`)
	}
	bad("name", fields{"name": " "})
	bad("name", fields{"name": "TEST provider"})
	bad("client_id", fields{"client_id": ""})
	for _, issuer := range []string{"", "login.example.com", "http://login.example.com", "https://user:pw@login.example.com", "https://login.example.com?x", "ftp://login.example.com", "https://"} {
		bad("issuer", fields{"issuer": issuer})
	}
	bad("scopes[1]", fields{"scopes": []string{"openid", "a b"}})
	bad("mappings[0]", fields{"groups_claim": "g", "mappings": []fields{{"claim_value": "x", "role": "", "group_ids": []string{}}}})
	bad("mappings[1].claim_value", fields{"groups_claim": "g", "mappings": []fields{
		{"claim_value": "x", "role": "admin", "group_ids": []string{}}, {"claim_value": "x", "role": "auditor", "group_ids": []string{}}}})
	bad("groups_claim", fields{"mappings": []fields{{"claim_value": "x", "role": "admin", "group_ids": []string{}}}})
	bad("mappings", fields{"groups_claim": "g", "mappings": []fields{{"claim_value": "x", "role": "admin", "group_ids": []any{s.admin.user.ID}}}})
	bad("default_role", fields{"create_users": true})
	bad("mfa_values", fields{"accept_mfa": true})
}

// startTest begins "Test connection".
func (s *ssoRig) startTest(p auth.Provider) auth.SsoTestStarted {
	s.t.Helper()
	w := s.admin.post("/sso/providers/"+p.ID.String()+"/test", nil)
	require.Equal(s.t, http.StatusCreated, w.Code, w.Body)
	return decoded[auth.SsoTestStarted](s.t, w)
}

// tested is a whole test; the answer is its state and the steps as one text.
func (s *ssoRig) tested(p auth.Provider, username string) (auth.SsoTest, string) {
	s.t.Helper()
	started := s.startTest(p)
	if started.AuthorizeURL != "" {
		back, _ := s.idp.Visitor().SignIn(started.AuthorizeURL, username)
		w := s.admin.get("/auth/sso/callback?" + back.RawQuery)
		require.Equal(s.t, http.StatusOK, w.Code)
		require.Contains(s.t, w.Body.String(), "You can close this window.")
		require.Equal(s.t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	}
	return s.testResult(started)
}

func (s *ssoRig) testResult(started auth.SsoTestStarted) (auth.SsoTest, string) {
	s.t.Helper()
	r := decoded[auth.SsoTest](s.t, s.admin.get("/sso/tests/"+started.ID.String()))
	var text []string
	for _, step := range r.Steps {
		text = append(text, step.Name+" "+step.State)
	}
	return r, strings.Join(text, ", ")
}

func detail(t auth.SsoTest, name string) string {
	for _, s := range t.Steps {
		if s.Name == name {
			return s.Detail
		}
	}
	return ""
}

const allOK = "discovery ok, keys ok, redirect ok, code ok, token ok, id_token ok, claims ok, mapping ok"

func TestTheConnectionIsTestedWithoutEnablingAnything(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(fields{"enabled": false})
	before := s.count(`select (select count(*) from auth_user) + (select count(*) from auth_session) + (select count(*) from auth_sso_link)`)
	r, steps := s.tested(p, "alice")
	require.Equal(t, "succeeded", r.State)
	require.Equal(t, allOK, steps)
	require.Contains(t, detail(r, "claims"), "subject sub-alice")
	require.Contains(t, detail(r, "claims"), "groups admins")
	require.Contains(t, detail(r, "mapping"), "role admin")
	require.Contains(t, detail(r, "mapping"), "second factor is accepted")
	require.Equal(t, before, s.count(`select (select count(*) from auth_user) + (select count(*) from auth_session) + (select count(*) from auth_sso_link)`))
	require.False(t, decoded[auth.Provider](t, s.admin.get("/sso/providers/"+p.ID.String())).Enabled)
	require.Len(t, s.audited("sso_provider.test"), 1)

	r, steps = s.tested(p, "carol")
	require.Equal(t, "failed", r.State)
	require.Contains(t, steps, "mapping failed")
	require.Contains(t, detail(r, "mapping"), "would be refused")
}

func TestTheTestNamesWhatIsWrong(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(fields{"enabled": false, "client_secret": "wrong"})
	r, steps := s.tested(p, "alice")
	require.Equal(t, "failed", r.State)
	require.Equal(t, "discovery ok, keys ok, redirect ok, code ok, token failed, id_token pending, claims pending, mapping pending", steps)
	require.Contains(t, detail(r, "token"), "Enter the secret anew")

	s.change(p, fields{"client_secret": testidp.Secret})
	s.idp.Set(map[string]any{"redirect_uris": []string{"https://elsewhere.example.com/"}})
	r, steps = s.tested(p, "alice")
	require.Equal(t, "failed", r.State)
	require.Contains(t, steps, "keys ok, redirect failed, code pending")
	require.Contains(t, detail(r, "redirect"), callbackURL)

	s.idp.Set(map[string]any{"redirect_uris": []string{callbackURL}, "clock_skew": "-3h"})
	r, _ = s.tested(p, "alice")
	require.Contains(t, detail(r, "id_token"), "one of the two clocks is wrong")
	s.idp.Set(map[string]any{"clock_skew": "3h"})
	r, _ = s.tested(p, "alice")
	require.Contains(t, detail(r, "id_token"), "one of the two clocks is wrong")

	s.idp.Set(map[string]any{"clock_skew": "0s", "keys": "expire"})
	r, steps = s.tested(p, "alice")
	require.Contains(t, steps, "id_token failed")
	require.Contains(t, detail(r, "id_token"), "signed with a key that the provider does not publish")

	s.idp.Set(map[string]any{"keys": "restore", "deny": true})
	r, steps = s.tested(p, "alice")
	require.Contains(t, steps, "redirect failed")
	require.Contains(t, detail(r, "redirect"), "access_denied: The policy does not allow it.")

	s.idp.Set(map[string]any{"deny": false})
	s.change(p, fields{"issuer": "http://127.0.0.1:1", "client_secret": "x"})
	r, steps = s.tested(p, "alice")
	require.Equal(t, "failed", r.State)
	require.Contains(t, steps, "discovery failed, keys pending")
	require.NotEmpty(t, detail(r, "discovery"))

	s.change(p, fields{"issuer": strings.Replace(s.idp.Issuer, "127.0.0.1", "localhost", 1), "client_secret": testidp.Secret})
	r, _ = s.tested(p, "alice")
	require.Contains(t, detail(r, "discovery"), "calls itself \""+s.idp.Issuer+"\"")
}

// A window that is closed, or that another browser answers, does not pass.
func TestATestThatNobodyComesBackFrom(t *testing.T) {
	s := newSSORig(t)
	p := s.provider(nil)
	started := s.startTest(p)
	back, _ := s.idp.Visitor().SignIn(started.AuthorizeURL, "alice")
	require.Equal(t, "/sign-in?error=sso_expired", s.browser().arrive(back).String(), "another browser")
	r, _ := s.testResult(started)
	require.Equal(t, "waiting", r.State)
	require.Contains(t, detail(r, "redirect"), callbackURL)
	s.clock.Advance(10 * time.Minute)
	r, steps := s.testResult(started)
	require.Equal(t, "failed", r.State)
	require.Contains(t, steps, "redirect failed")
	require.Contains(t, detail(r, "redirect"), "Nobody came back")
	require.Equal(t, "/sign-in?error=sso_expired", s.admin.arrive(&url.URL{Host: back.Host, Path: back.Path, RawQuery: back.RawQuery}).String())
}
