package main

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// handler is the provider, its sign-in page and its switches.
func handler(issuer string, s *store) (http.Handler, error) {
	cfg := &op.Config{CodeMethodS256: true, AuthMethodPost: true, SupportedScopes: []string{"openid", "profile", "email", "groups"}}
	if _, err := rand.Read(cfg.CryptoKey[:]); err != nil {
		return nil, err
	}
	opts := []op.Option{}
	if strings.HasPrefix(issuer, "http://") {
		opts = append(opts, op.WithAllowInsecure())
	}
	provider, err := op.NewProvider(cfg, s, op.StaticIssuer(issuer), opts...)
	if err != nil {
		return nil, err
	}
	issuers := op.NewIssuerInterceptor(provider.IssuerFromRequest)
	page := &signIn{store: s, callback: op.AuthCallbackURL(provider)}
	mux := http.NewServeMux()
	mux.Handle("GET /login", issuers.HandlerFunc(page.show))
	mux.Handle("POST /login", issuers.HandlerFunc(page.check))
	mux.HandleFunc("GET /control", s.showControl)
	mux.HandleFunc("POST /control", s.changeControl)
	mux.Handle("POST /oauth/token", tampering(s, provider))
	mux.Handle("/", provider)
	return mux, nil
}
