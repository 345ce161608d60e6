package oidcflow_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth/oidcflow"
)

func TestIssuersThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"https://login.example.com":                                    "https://login.example.com",
		" https://login.example.com/a/ ":                               "https://login.example.com/a/",
		"https://login.example.com/a/.well-known/openid-configuration": "https://login.example.com/a",
		"http://127.0.0.1:5556":                                        "http://127.0.0.1:5556",
		"http://[::1]:5556/x":                                          "http://[::1]:5556/x",
		"http://localhost":                                             "http://localhost",
	} {
		got, err := oidcflow.Issuer(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "login.example.com", "http://login.example.com", "http://169.254.169.254/latest", "http://localhost.example.com",
		"https://", "https://:443", "https://user:secret@login.example.com", "https://login.example.com?x=1", "https://login.example.com#x", "file:///etc/passwd", "https:login.example.com"} {
		_, err := oidcflow.Issuer(text)
		require.Error(t, err, text)
	}
}

// description serves a discovery document; change may break it.
func description(t *testing.T, change func(issuer string, doc map[string]any)) string {
	t.Helper()
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		doc := map[string]any{"issuer": s.URL, "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys"}
		change(s.URL, doc)
		_ = json.NewEncoder(w).Encode(doc)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[{"kty":"oct","k":"AAAA"}]}`) })
	mux.HandleFunc("GET /long", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"keys":[], "padding":"`, strings.Repeat("x", 2<<20), `"}`)
	})
	mux.Handle("GET /away", http.RedirectHandler("http://localhost.example.com/keys", http.StatusFound))
	mux.Handle("GET /round", http.RedirectHandler("/round", http.StatusFound))
	return s.URL
}

func client() *oidcflow.Client {
	return oidcflow.New(func() time.Time { return time.Unix(1_800_000_000, 0) })
}

func TestDescriptionsThatAreRefused(t *testing.T) {
	for want, change := range map[string]func(string, map[string]any){
		"calls itself":            func(_ string, d map[string]any) { d["issuer"] = "https://login.example.com" },
		"names no token_endpoint": func(_ string, d map[string]any) { delete(d, "token_endpoint") },
		"is not an https address": func(_ string, d map[string]any) { d["token_endpoint"] = "http://192.0.2.1/token" },
		"the userinfo_endpoint":   func(_ string, d map[string]any) { d["userinfo_endpoint"] = "file:///etc/passwd" },
		"does not support PKCE":   func(_ string, d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} },
		"does not answer as it":   func(_ string, d map[string]any) { d["issuer"] = 7 },
	} {
		err := client().CheckDiscovery(t.Context(), description(t, change))
		require.ErrorContains(t, err, want)
		var p *oidcflow.Problem
		require.ErrorAs(t, err, &p)
		require.Equal(t, oidcflow.StepDiscovery, p.Step)
	}
}

// What a provider answers cannot lead elsewhere, fill the memory or go on for ever.
func TestAnswersHaveLimits(t *testing.T) {
	for path, want := range map[string]string{
		"/keys":    "no key that could verify",
		"/long":    "longer than",
		"/away":    "redirects to another host",
		"/round":   "too many redirects",
		"/missing": "status 404",
	} {
		issuer := description(t, func(issuer string, d map[string]any) { d["jwks_uri"] = issuer + path })
		_, err := client().CheckKeys(t.Context(), issuer)
		require.ErrorContains(t, err, want, path)
	}
}

// A provider that says where answers come from is not believed without it.
func TestAnswersOfAnotherProvider(t *testing.T) {
	issuer := description(t, func(_ string, d map[string]any) { d["authorization_response_iss_parameter_supported"] = true })
	c, r := client(), oidcflow.Registration{Issuer: issuer}
	require.ErrorContains(t, c.CheckAnswer(t.Context(), r, oidcflow.Answer{Code: "x"}), "does not say which provider")
	require.ErrorContains(t, c.CheckAnswer(t.Context(), r, oidcflow.Answer{Code: "x", Issuer: "https://other.example.com"}), "another provider")
	require.NoError(t, c.CheckAnswer(t.Context(), r, oidcflow.Answer{Code: "x", Issuer: issuer}))
	require.ErrorContains(t, c.CheckAnswer(t.Context(), r, oidcflow.Answer{Issuer: issuer}), "without a code")
}

// A provider that is down is asked again after seconds, not by each visitor.
func TestABrokenProviderIsNotAskedByEverybody(t *testing.T) {
	asked, now := 0, time.Unix(1_800_000_000, 0)
	issuer := description(t, func(_ string, d map[string]any) {
		asked++
		delete(d, "jwks_uri")
	})
	c := oidcflow.New(func() time.Time { return now })
	r := oidcflow.Registration{Issuer: issuer}
	for range 3 {
		_, err := c.AuthorizeURL(t.Context(), r, oidcflow.NewRequest())
		require.Error(t, err)
	}
	require.Equal(t, 1, asked)
	now = now.Add(6 * time.Second)
	_, err := c.AuthorizeURL(t.Context(), r, oidcflow.NewRequest())
	require.Error(t, err)
	require.Equal(t, 2, asked)
}

func TestClaims(t *testing.T) {
	var i oidcflow.Identity
	require.NoError(t, json.Unmarshal([]byte(`{"groups":["a","b",7,""],"role":"x","realm_access":{"roles":["r"]},"a.b":"dotted","a":{"b":"nested"},
		"_claim_names":{"many":"src1"},"amr":["pwd","mfa"],"acr":"level2"}`), &i.Claims))
	require.Equal(t, []string{"a", "b"}, i.Values("groups"))
	require.Equal(t, []string{"x"}, i.Values("role"))
	require.Equal(t, []string{"r"}, i.Values("realm_access.roles"))
	require.Equal(t, []string{"dotted"}, i.Values("a.b"))
	require.Empty(t, i.Values("realm_access"))
	require.Empty(t, i.Values("none"))
	require.Empty(t, i.Values(""))
	require.True(t, i.LeftOut("many"))
	require.False(t, i.LeftOut("groups"))
	require.True(t, i.Has([]string{"x", "mfa"}))
	require.True(t, i.Has([]string{"level2"}))
	require.False(t, i.Has([]string{"level1"}))
}

func TestSecretsPrintAsStars(t *testing.T) {
	r := oidcflow.Registration{Secret: "hidden"}
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", r, r, r, raw), "hidden")
}
