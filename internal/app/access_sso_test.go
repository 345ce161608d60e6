package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"

	"patchmanager/internal/ids"
)

// describedIssuer describes itself and does nothing else: what the matrix asks
// ends before anybody would sign in there.
func (w *world) describedIssuer() string {
	if w.issuer != "" {
		return w.issuer
	}
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	w.t.Cleanup(s.Close)
	w.issuer = s.URL
	mux.HandleFunc("GET /.well-known/openid-configuration", func(rw http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(rw).Encode(map[string]string{"issuer": s.URL, "authorization_endpoint": s.URL + "/auth",
			"token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys"})
	})
	return w.issuer
}

func (w *world) newProvider() ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec(`insert into auth_sso_provider (id, name, kind, issuer, client_id, scopes, enabled, created_at, updated_at)
		values ($1, $2, 'oidc', $3, 'patch-manager', '{openid}', true, now(), now())`, id, w.name("provider"), w.describedIssuer())
	return id
}

// ownLink is a link of the caller, and somebody's for whoever has none.
func (w *world) ownLink(c *caller) ids.ID {
	w.t.Helper()
	if c.user.IsZero() {
		c = w.newUser()
	}
	provider := w.newProvider()
	w.exec(`insert into auth_sso_link (provider_id, issuer, subject, user_id, linked_at) values ($1, $2, $3, $4, now())`,
		provider, w.describedIssuer(), w.name("subject"), c.user)
	return provider
}

func (w *world) newSSOTest() ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec(`insert into auth_sso_test (id, provider_id, state, steps, created_at, expires_at) values ($1, $2, 'waiting', '[]', now(), now() + interval '10 min')`,
		id, w.newProvider())
	return id
}

func createProviderRequest(w *world, _ *caller) request {
	return request{body: map[string]any{"name": w.name("created"), "kind": "oidc", "issuer": w.describedIssuer(), "client_id": "patch-manager"}}
}
