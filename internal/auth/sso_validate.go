package auth

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/ids"
)

var (
	tenantIDs = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	scopeWord = regexp.MustCompile(`^[!#-\[\]-~]{1,100}$`) // RFC 6749
)

// defaultScopes are what every provider knows.
var defaultScopes = []string{"openid", "profile", "email"}

// normalise brings the provider into the form that is stored, and refuses what
// could not work, field by field.
func (p *provider) normalise() error {
	p.Name, p.ClientID = strings.TrimSpace(p.Name), strings.TrimSpace(p.ClientID)
	p.RoleClaim, p.GroupsClaim = strings.TrimSpace(p.RoleClaim), strings.TrimSpace(p.GroupsClaim)
	if len(p.Scopes) == 0 {
		p.Scopes = slices.Clone(defaultScopes)
	}
	p.Mappings, p.MFAValues = orEmpty(p.Mappings), orEmpty(p.MFAValues)
	bad := slices.Concat(p.checkNames(), p.checkIssuer(), p.checkScopes(), p.checkMappings(), p.checkMFA())
	if len(bad) > 0 {
		return apierr.Invalid(bad...)
	}
	return nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (p *provider) checkNames() (bad []apierr.Detail) {
	if n := utf8.RuneCountInString(p.Name); n < 1 || n > 100 || p.Name != printable(p.Name) {
		bad = append(bad, apierr.Detail{Field: "name", Value: cut(printable(p.Name), 100), Message: "Must have 1 to 100 characters: it is the button on the sign-in page."})
	}
	if p.ClientID == "" || p.ClientID != printable(p.ClientID) {
		bad = append(bad, apierr.Detail{Field: "client_id", Value: cut(printable(p.ClientID), 100), Message: "Enter what the provider calls this application (Azure: the application id)."})
	}
	return bad
}

// checkIssuer makes the issuer of an Azure tenant, and takes any other as it is.
func (p *provider) checkIssuer() []apierr.Detail {
	if p.Kind == ProviderAzure {
		p.TenantID = strings.ToLower(strings.TrimSpace(p.TenantID))
		if !tenantIDs.MatchString(p.TenantID) {
			return []apierr.Detail{{Field: "tenant_id", Value: cut(printable(p.TenantID), 100),
				Message: `Enter the directory (tenant) id, such as 6f1b1a0e-0000-4000-8000-000000000000. A domain or "common" is not enough.`}}
		}
		p.Issuer = azureIssuer(p.TenantID)
		return nil
	}
	p.TenantID = ""
	issuer, err := oidcflow.Issuer(p.Issuer)
	if err != nil {
		return []apierr.Detail{{Field: "issuer", Value: cut(printable(p.Issuer), 100), Message: err.Error()}}
	}
	p.Issuer = issuer
	return nil
}

func (p *provider) checkScopes() (bad []apierr.Detail) {
	if !slices.Contains(p.Scopes, "openid") {
		p.Scopes = append([]string{"openid"}, p.Scopes...)
	}
	for i, scope := range p.Scopes {
		if !scopeWord.MatchString(scope) {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("scopes[%d]", i), Value: cut(printable(scope), 100), Message: "A scope is one word."})
		}
	}
	return bad
}

func (p *provider) checkMappings() (bad []apierr.Detail) {
	seen, gives := map[string]bool{}, p.DefaultRole != ""
	for i, m := range p.Mappings {
		field := fmt.Sprintf("mappings[%d]", i)
		p.Mappings[i].GroupIDs = unique(m.GroupIDs)
		gives = gives || m.Role != ""
		switch {
		case m.ClaimValue == "" || utf8.RuneCountInString(m.ClaimValue) > 256 || strings.ContainsRune(m.ClaimValue, 0) || !utf8.ValidString(m.ClaimValue):
			bad = append(bad, apierr.Detail{Field: field + ".claim_value", Message: "Must have 1 to 256 characters."})
		case seen[m.ClaimValue]:
			bad = append(bad, apierr.Detail{Field: field + ".claim_value", Value: cut(m.ClaimValue, 100), Message: "Another mapping has this value: put both into one."})
		case m.Role == "" && len(m.GroupIDs) == 0:
			bad = append(bad, apierr.Detail{Field: field, Value: cut(m.ClaimValue, 100), Message: "Give a role, groups, or both."})
		}
		seen[m.ClaimValue] = true
	}
	if len(p.Mappings) > 0 && p.RoleClaim == "" && p.GroupsClaim == "" {
		bad = append(bad, apierr.Detail{Field: "groups_claim", Message: "Name the claim whose values the mappings are compared with, here or as role claim."})
	}
	if p.CreateUsers && !gives {
		bad = append(bad, apierr.Detail{Field: "default_role", Message: "New accounts need a role: from a mapping, or this one."})
	}
	return bad
}

func unique(list []ids.ID) []ids.ID {
	out := []ids.ID{}
	for _, id := range list {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func (p *provider) checkMFA() (bad []apierr.Detail) {
	if p.AcceptMFA && len(p.MFAValues) == 0 {
		bad = append(bad, apierr.Detail{Field: "mfa_values", Message: `Name at least one value of amr or acr that means that a second factor was shown, such as "mfa".`})
	}
	for i, v := range p.MFAValues {
		if v == "" || len(v) > 256 || v != printable(v) {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("mfa_values[%d]", i), Value: cut(printable(v), 100), Message: "Must have 1 to 256 characters."})
		}
	}
	return bad
}
