package auth

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// ProviderInput is a new provider.
type ProviderInput struct {
	Name         string            `json:"name" maxLength:"100"`
	Kind         ProviderKind      `json:"kind" enum:"oidc,azure"`
	Issuer       string            `json:"issuer,omitempty" maxLength:"500" doc:"Kind oidc: the issuer, or its discovery address."`
	TenantID     string            `json:"tenant_id,omitempty" maxLength:"100" doc:"Kind azure: the directory (tenant) id."`
	ClientID     string            `json:"client_id" maxLength:"256"`
	ClientSecret string            `json:"client_secret,omitempty" maxLength:"1024" writeOnly:"true"`
	Scopes       []string          `json:"scopes,omitempty" nullable:"false" maxItems:"20" doc:"Empty: openid, profile, email."`
	Enabled      bool              `json:"enabled,omitempty"`
	RoleClaim    string            `json:"role_claim,omitempty" maxLength:"200"`
	GroupsClaim  string            `json:"groups_claim,omitempty" maxLength:"200"`
	DefaultRole  Role              `json:"default_role,omitempty" enum:",admin,operator,auditor"`
	Mappings     []ProviderMapping `json:"mappings,omitempty" nullable:"false" maxItems:"200"`
	CreateUsers  bool              `json:"create_users,omitempty"`
	AcceptMFA    bool              `json:"accept_mfa,omitempty"`
	MFAValues    []string          `json:"mfa_values,omitempty" nullable:"false" maxItems:"20"`
}

// ProviderChange is what is to be different; what is absent stays.
type ProviderChange struct {
	Name         *string            `json:"name,omitempty" maxLength:"100"`
	Kind         *ProviderKind      `json:"kind,omitempty" enum:"oidc,azure"`
	Issuer       *string            `json:"issuer,omitempty" maxLength:"500"`
	TenantID     *string            `json:"tenant_id,omitempty" maxLength:"100"`
	ClientID     *string            `json:"client_id,omitempty" maxLength:"256"`
	ClientSecret *string            `json:"client_secret,omitempty" maxLength:"1024" writeOnly:"true" doc:"Empty: none any more. Wanted again when issuer or tenant change."`
	Scopes       *[]string          `json:"scopes,omitempty" maxItems:"20"`
	Enabled      *bool              `json:"enabled,omitempty"`
	RoleClaim    *string            `json:"role_claim,omitempty" maxLength:"200"`
	GroupsClaim  *string            `json:"groups_claim,omitempty" maxLength:"200"`
	DefaultRole  *Role              `json:"default_role,omitempty" enum:",admin,operator,auditor"`
	Mappings     *[]ProviderMapping `json:"mappings,omitempty" maxItems:"200"`
	CreateUsers  *bool              `json:"create_users,omitempty"`
	AcceptMFA    *bool              `json:"accept_mfa,omitempty"`
	MFAValues    *[]string          `json:"mfa_values,omitempty" maxItems:"20"`
}

// ProviderList are all providers.
type ProviderList struct {
	Items []Provider `json:"items" nullable:"false"`
	Total int        `json:"total"`
	// RedirectURI is the same for all; a client id and a secret are given out for it,
	// so it is wanted before there is a provider here.
	RedirectURI string `json:"redirect_uri" doc:"Register exactly this address at a provider."`
}

func errNoProvider() error { return apierr.NotFound("single sign-on provider") }

func (s *Service) listProviders(ctx context.Context, a Actor) ([]Provider, error) {
	if err := a.Require(SeeSettings); err != nil {
		return nil, err
	}
	stored, err := readProviders(ctx, s.db)
	out := make([]Provider, len(stored))
	for i := range stored {
		out[i] = s.showProvider(stored[i])
	}
	return out, err
}

func (s *Service) getProvider(ctx context.Context, a Actor, id ids.ID) (Provider, error) {
	if err := a.Require(SeeSettings); err != nil {
		return Provider{}, err
	}
	p, found, err := providerByID(ctx, s.db, id)
	if err == nil && !found {
		err = errNoProvider()
	}
	return s.showProvider(p), err
}

// createProvider stores a provider. It is off unless asked otherwise.
func (s *Service) createProvider(ctx context.Context, a Actor, in ProviderInput) (Provider, error) {
	now := s.clock.Now()
	if err := a.RequireFresh(ManageSettings, now); err != nil {
		return Provider{}, err
	}
	id, err := ids.NewAt(now)
	if err != nil {
		return Provider{}, err
	}
	p := provider{createdAt: now, Provider: Provider{ID: id, Name: in.Name, Kind: in.Kind, Issuer: in.Issuer, TenantID: in.TenantID,
		ClientID: in.ClientID, Scopes: in.Scopes, Enabled: in.Enabled, RoleClaim: in.RoleClaim, GroupsClaim: in.GroupsClaim,
		DefaultRole: in.DefaultRole, Mappings: in.Mappings, CreateUsers: in.CreateUsers, AcceptMFA: in.AcceptMFA, MFAValues: in.MFAValues}}
	if err := p.normalise(); err != nil {
		return Provider{}, err
	}
	if p.sealedSecret, err = s.sealSecret(in.ClientSecret); err != nil {
		return Provider{}, err
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := writeProvider(ctx, tx, p, now); err != nil {
			return err
		}
		details := changesOf(Provider{}, s.showProvider(p))
		return audit.Append(ctx, tx, a.Entry("sso_provider.create", p.target(), details))
	})
	return s.showProvider(p), providerError(err)
}

// sealSecret is nil for none.
func (s *Service) sealSecret(secret string) ([]byte, error) {
	if secret == "" {
		return nil, nil
	}
	box, err := s.sealer.Seal(sealedForSSOSecret, []byte(secret))
	if err != nil {
		return nil, fmt.Errorf("seal client secret: %w", err)
	}
	return box, nil
}

// updateProvider changes a provider; it is in force with the next request of any
// process.
func (s *Service) updateProvider(ctx context.Context, a Actor, id ids.ID, change ProviderChange) (Provider, error) {
	if err := a.RequireFresh(ManageSettings, s.clock.Now()); err != nil {
		return Provider{}, err
	}
	var out Provider
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		before, found, err := lockProvider(ctx, tx, id)
		if err != nil {
			return err
		}
		if !found {
			return errNoProvider()
		}
		after, err := s.withChange(before, change)
		if err != nil {
			return err
		}
		if err := writeProvider(ctx, tx, after, s.clock.Now()); err != nil {
			return err
		}
		if err := s.keepAProvider(ctx, tx, before.Enabled && !after.Enabled); err != nil {
			return err
		}
		out = s.showProvider(after)
		details := changesOf(s.showProvider(before), out)
		if change.ClientSecret != nil {
			details["secret_replaced"] = true
		}
		return audit.Append(ctx, tx, a.Entry("sso_provider.update", after.target(), details))
	})
	return out, providerError(err)
}

// withChange is the provider after the change, checked as a whole. A stored secret
// goes to the issuer that it was entered for and to no other: it is wanted again
// when that changes.
func (s *Service) withChange(p provider, c ProviderChange) (provider, error) {
	issuer := p.Issuer
	set(&p.Name, c.Name)
	set(&p.Kind, c.Kind)
	set(&p.Issuer, c.Issuer)
	set(&p.TenantID, c.TenantID)
	set(&p.ClientID, c.ClientID)
	set(&p.Scopes, c.Scopes)
	set(&p.Enabled, c.Enabled)
	set(&p.RoleClaim, c.RoleClaim)
	set(&p.GroupsClaim, c.GroupsClaim)
	set(&p.DefaultRole, c.DefaultRole)
	set(&p.Mappings, c.Mappings)
	set(&p.CreateUsers, c.CreateUsers)
	set(&p.AcceptMFA, c.AcceptMFA)
	set(&p.MFAValues, c.MFAValues)
	if err := p.normalise(); err != nil {
		return p, err
	}
	if c.ClientSecret == nil {
		if p.Issuer != issuer && p.sealedSecret != nil {
			return p, apierr.Invalid(apierr.Detail{Field: "client_secret",
				Message: "Enter the secret again: the stored one is not sent to another issuer."})
		}
		return p, nil
	}
	var err error
	p.sealedSecret, err = s.sealSecret(*c.ClientSecret)
	return p, err
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// deleteProvider also ends its links: whoever has no password and no passkey
// needs one from an admin then.
func (s *Service) deleteProvider(ctx context.Context, a Actor, id ids.ID) error {
	if err := a.RequireFresh(ManageSettings, s.clock.Now()); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx db.Tx) error {
		p, found, err := lockProvider(ctx, tx, id)
		if err != nil {
			return err
		}
		if !found {
			return errNoProvider()
		}
		links, err := deleteProviderRows(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.keepAProvider(ctx, tx, p.Enabled); err != nil {
			return err
		}
		return audit.Append(ctx, tx, a.Entry("sso_provider.delete", p.target(), map[string]any{"issuer": p.Issuer, "links_removed": links}))
	})
}

// keepAProvider refuses, at the end of a change that takes an enabled provider
// away, to leave none while passwords are switched off.
func (s *Service) keepAProvider(ctx context.Context, tx db.Tx, takesAway bool) error {
	if !takesAway || !s.rules().PasswordOff {
		return nil
	}
	left, err := enabledProviders(ctx, tx)
	if err == nil && len(left) == 0 {
		err = apierr.Conflict("last_provider", "Passwords are switched off: without an enabled provider nobody but %s could sign in. Allow passwords first.", s.rules().BreakGlass)
	}
	return err
}

func providerError(err error) error {
	switch {
	case db.IsUnique(err, "auth_sso_provider_name_unique"):
		return apierr.Invalid(apierr.Detail{Field: "name", Message: "Another provider has this name."})
	case db.IsForeignKey(err, "auth_sso_mapping_group_group_id_fkey"):
		return apierr.Invalid(apierr.Detail{Field: "mappings", Message: "A mapping names a group that does not exist."})
	}
	return err
}

// changesOf are the members that differ, for the audit trail. There is no secret
// among them.
func changesOf(before, after Provider) map[string]any {
	out := map[string]any{}
	b, a := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if was, is := b.Field(i).Interface(), a.Field(i).Interface(); name != "id" && name != "redirect_uri" && !reflect.DeepEqual(was, is) {
			out[name] = map[string]any{"from": was, "to": is}
			if before.ID.IsZero() {
				out[name] = is
			}
		}
	}
	return out
}
