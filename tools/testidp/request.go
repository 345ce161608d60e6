package main

import (
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// request is one sign-in that is under way.
type request struct {
	id    string
	asked oidc.AuthRequest
	skew  time.Duration
	who   user // zero: nobody yet
	at    time.Time
}

func (r *request) GetID() string                      { return r.id }
func (r *request) GetACR() string                     { return r.who.ACR }
func (r *request) GetAMR() []string                   { return r.who.AMR }
func (r *request) GetAudience() []string              { return []string{clientID} }
func (r *request) GetAuthTime() time.Time             { return r.at.Add(r.skew) }
func (r *request) GetClientID() string                { return r.asked.ClientID }
func (r *request) GetNonce() string                   { return r.asked.Nonce }
func (r *request) GetRedirectURI() string             { return r.asked.RedirectURI }
func (r *request) GetResponseType() oidc.ResponseType { return r.asked.ResponseType }
func (r *request) GetResponseMode() oidc.ResponseMode { return r.asked.ResponseMode }
func (r *request) GetScopes() []string                { return r.asked.Scopes }
func (r *request) GetState() string                   { return r.asked.State }
func (r *request) GetSubject() string                 { return r.who.Subject }
func (r *request) Done() bool                         { return r.who.Subject != "" }

func (r *request) GetCodeChallenge() *oidc.CodeChallenge {
	if r.asked.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: r.asked.CodeChallenge, Method: r.asked.CodeChallengeMethod}
}

// wantsFresh reports whether a sign-in of that time is too old.
func (r *request) wantsFresh(at time.Time) bool {
	return slices.Contains(r.asked.Prompt, oidc.PromptLogin) ||
		r.asked.MaxAge != nil && time.Since(at) >= time.Duration(*r.asked.MaxAge)*time.Second
}
