package main

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is the product, as it is registered at this moment.
type client struct{ switches }

func (c client) GetID() string                       { return clientID }
func (c client) RedirectURIs() []string              { return c.switches.RedirectURIs }
func (c client) PostLogoutRedirectURIs() []string    { return nil }
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) GrantTypes() []oidc.GrantType         { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c client) LoginURL(id string) string            { return "/login?id=" + id }
func (c client) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (c client) DevMode() bool                        { return false }
func (c client) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c client) IsScopeAllowed(scope string) bool     { return scope == "groups" }

// AuthMethod is none for the library when no secret is expected: PKCE alone.
func (c client) AuthMethod() oidc.AuthMethod {
	if c.ClientSecret == "" {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

// ClockSkew is taken from iat and added to exp by the library. With the life
// below both move the same way, as on a machine whose clock is wrong.
func (c client) ClockSkew() time.Duration { return -time.Duration(c.switches.ClockSkew) }

func (c client) IDTokenLifetime() time.Duration {
	return time.Hour + 2*time.Duration(c.switches.ClockSkew)
}
