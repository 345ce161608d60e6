package auth

import (
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// ProviderKind says how a provider is described.
type ProviderKind string

// Kinds.
const (
	ProviderOIDC  ProviderKind = "oidc"  // by its issuer
	ProviderAzure ProviderKind = "azure" // by its tenant
)

// Provider is an OpenID provider that people may sign in through. Its secret is
// never shown.
type Provider struct {
	ID          ids.ID            `json:"id"`
	Name        string            `json:"name"`
	Kind        ProviderKind      `json:"kind" enum:"oidc,azure"`
	Issuer      string            `json:"issuer"`
	TenantID    string            `json:"tenant_id" doc:"Azure only."`
	ClientID    string            `json:"client_id"`
	HasSecret   bool              `json:"has_secret"`
	Scopes      []string          `json:"scopes" nullable:"false"`
	RedirectURI string            `json:"redirect_uri" doc:"Register exactly this address at the provider."`
	Enabled     bool              `json:"enabled"`
	RoleClaim   string            `json:"role_claim" doc:"A claim whose values the mappings are compared with; dots lead into nested claims."`
	GroupsClaim string            `json:"groups_claim" doc:"Another such claim."`
	DefaultRole Role              `json:"default_role" enum:",admin,operator,auditor" doc:"For whoever matches no mapping; empty: they are refused."`
	Mappings    []ProviderMapping `json:"mappings" nullable:"false"`
	CreateUsers bool              `json:"create_users" doc:"Whoever signs in for the first time gets an account."`
	AcceptMFA   bool              `json:"accept_mfa" doc:"A second factor shown at the provider counts here."`
	MFAValues   []string          `json:"mfa_values" nullable:"false" doc:"Values of amr or acr that mean that a second factor was shown."`
}

// ProviderMapping gives whoever has the value in one of the two claims a role,
// groups, or both.
type ProviderMapping struct {
	ClaimValue string   `json:"claim_value" minLength:"1" maxLength:"256"`
	Role       Role     `json:"role" enum:",admin,operator,auditor" doc:"Of several that match, the highest counts."`
	GroupIDs   []ids.ID `json:"group_ids" nullable:"false" maxItems:"200" doc:"Of several that match, all count."`
}

// provider is a stored provider with what the API never shows.
type provider struct {
	Provider
	sealedSecret []byte
	createdAt    time.Time
}

func (p Provider) target() audit.Target {
	return audit.Target{Kind: "sso_provider", ID: p.ID.String(), Name: p.Name}
}

// azureIssuer is Microsoft's issuer of one tenant. Those of many tenants
// ("common") are not offered: anybody's tenant could sign in through them.
func azureIssuer(tenant string) string {
	return "https://login.microsoftonline.com/" + tenant + "/v2.0"
}

// redirectURI is where providers send browsers back to.
func (s *Service) redirectURI() string { return s.publicURL + httpx.BasePath + "/auth/sso/callback" }

// show completes a provider as the API shows it.
func (s *Service) showProvider(p provider) Provider {
	p.Provider.HasSecret = p.sealedSecret != nil
	p.Provider.RedirectURI = s.redirectURI()
	return p.Provider
}

const sealedForSSOSecret = "auth_sso_provider.secret"

// registration is what the provider has to be told with each request.
func (s *Service) registration(p provider) (oidcflow.Registration, error) {
	r := oidcflow.Registration{Issuer: p.Issuer, ClientID: p.ClientID, Scopes: p.Scopes, RedirectURI: s.redirectURI()}
	if p.sealedSecret == nil {
		return r, nil
	}
	secret, err := s.sealer.Open(sealedForSSOSecret, p.sealedSecret)
	r.Secret = oidcflow.Secret(secret)
	return r, err
}
