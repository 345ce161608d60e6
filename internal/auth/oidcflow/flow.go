package oidcflow

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// Secret is a client secret; it prints as stars.
type Secret string

// String keeps the secret out of logs and messages.
func (Secret) String() string { return "***" }

// GoString keeps it out of %#v too.
func (Secret) GoString() string { return "***" }

// MarshalText keeps it out of JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Registration is what this product is called at a provider.
type Registration struct {
	Issuer      string
	ClientID    string
	Secret      Secret // empty: a public client
	Scopes      []string
	RedirectURI string
}

// Request is one round trip. Its members are secrets of one browser.
type Request struct {
	State    string
	Nonce    string
	Verifier string // of PKCE
	Fresh    bool   // the person must show anew who they are
}

// NewRequest has 256 random bits in each member.
func NewRequest() Request {
	return Request{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier()}
}

func random() string {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails, says its documentation
	return base64.RawURLEncoding.EncodeToString(b)
}

func (r Registration) config(p *provider) *oauth2.Config {
	scopes := r.Scopes
	if !slices.Contains(scopes, "openid") {
		scopes = append([]string{"openid"}, scopes...)
	}
	return &oauth2.Config{ClientID: r.ClientID, ClientSecret: string(r.Secret), RedirectURL: r.RedirectURI, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.meta.Auth, TokenURL: p.meta.Token, AuthStyle: p.meta.authStyle(string(r.Secret))}}
}

// AuthorizeURL is where the browser goes.
func (c *Client) AuthorizeURL(ctx context.Context, r Registration, q Request) (string, error) {
	p, err := c.provider(ctx, r.Issuer)
	if err != nil {
		return "", err
	}
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(q.Verifier), oauth2.SetAuthURLParam("nonce", q.Nonce)}
	if q.Fresh {
		// both: some providers know only one of them, and auth_time tells whether it was heeded
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return r.config(p).AuthCodeURL(q.State, opts...), nil
}

// CheckAuthorize asks the authorization endpoint without a person. Many
// providers refuse an unknown client or address with 4xx at once; one that
// answers with a page says it only to the person.
func (c *Client) CheckAuthorize(ctx context.Context, r Registration) error {
	address, err := c.AuthorizeURL(ctx, r, NewRequest())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return problem(StepRedirect, words(err))
	}
	once := *c.http
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := once.Do(req)
	if err != nil {
		return problem(StepRedirect, "the authorization endpoint cannot be reached: "+words(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return problem(StepRedirect, fmt.Sprintf("The provider refuses the request with status %d. "+
			"Register the client id %q there, with exactly the redirect address %s.", resp.StatusCode, r.ClientID, r.RedirectURI))
	}
	return nil
}

// Answer is what the browser brings back.
type Answer struct {
	Code        string
	Issuer      string // RFC 9207; empty when the provider does not send it
	Error       string
	Description string
}

// CheckAnswer reads the provider's refusal, and refuses an answer of another
// provider.
func (c *Client) CheckAnswer(ctx context.Context, r Registration, a Answer) error {
	p, err := c.provider(ctx, r.Issuer)
	if err != nil {
		return err
	}
	switch {
	case a.Issuer != "" && a.Issuer != r.Issuer:
		return problem(StepRedirect, fmt.Sprintf("the answer is of another provider (%s)", clean(a.Issuer)))
	case a.Issuer == "" && p.meta.SendsIssuer:
		return problem(StepRedirect, "the answer does not say which provider it is of, although this one always does")
	case a.Error != "":
		return problem(StepRedirect, strings.TrimSuffix("The provider answers "+clean(a.Error)+": "+clean(a.Description), ": "))
	case a.Code == "":
		return problem(StepCode, "the provider sent the browser back without a code")
	}
	return nil
}

// Tokens are what a code is exchanged for. They print as nothing.
type Tokens struct {
	id     string
	access *oauth2.Token
}

// String keeps the tokens out of logs.
func (Tokens) String() string { return "***" }

// GoString keeps them out of %#v too.
func (Tokens) GoString() string { return "***" }

// Exchange gives the code back for tokens.
func (c *Client) Exchange(ctx context.Context, r Registration, code, verifier string) (Tokens, error) {
	p, err := c.provider(ctx, r.Issuer)
	if err != nil {
		return Tokens{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c.http)
	t, err := r.config(p).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Tokens{}, problem(StepToken, exchangeWords(err))
	}
	id, _ := t.Extra("id_token").(string)
	if id == "" {
		return Tokens{}, problem(StepToken, "the provider sent no ID token; the scope openid must be allowed for this client")
	}
	return Tokens{id: id, access: t}, nil
}

func exchangeWords(err error) string {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return "the token endpoint does not answer as it should: " + words(err)
	}
	said := clean(strings.TrimSuffix(refused.ErrorCode+": "+refused.ErrorDescription, ": "))
	switch {
	case refused.ErrorCode == "invalid_client" || refused.ErrorCode == "unauthorized_client":
		return "The provider does not accept the client id and secret (" + said + "). Enter the secret anew; it may have expired."
	case refused.ErrorCode == "invalid_grant":
		return "The provider does not accept the code (" + said + "). It works once, for a short time, and for the same redirect address only."
	case refused.ErrorCode != "":
		return "The provider refuses to give tokens (" + said + ")."
	case refused.Response != nil:
		return fmt.Sprintf("the token endpoint answers with status %d", refused.Response.StatusCode)
	}
	return "the token endpoint does not answer as it should"
}
