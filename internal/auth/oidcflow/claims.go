package oidcflow

import "strings"

// Values are the texts of a claim: itself, or the members of its list. A name
// with dots also finds what is nested ("realm_access.roles"), unless a claim is
// called exactly so.
func (i Identity) Values(name string) []string {
	return texts(find(i.Claims, name))
}

// Text is a claim that is one text; empty when there is none.
func (i Identity) Text(name string) string {
	s, _ := i.Claims[name].(string)
	return strings.TrimSpace(s)
}

func find(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok || name == "" {
		return v
	}
	head, rest, nested := strings.Cut(name, ".")
	inner, ok := claims[head].(map[string]any)
	if !nested || !ok {
		return nil
	}
	return find(inner, rest)
}

func texts(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		var out []string
		for _, one := range v {
			if s, ok := one.(string); ok && s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// LeftOut reports whether the provider had too many values to send the claim,
// as Azure does beyond 200 groups: it sends a link in their place.
func (i Identity) LeftOut(name string) bool {
	names, _ := i.Claims["_claim_names"].(map[string]any)
	_, ok := names[name]
	return ok
}

// Has reports whether amr or acr has one of the values.
func (i Identity) Has(values []string) bool {
	have := append(i.Values("amr"), i.Values("acr")...)
	for _, v := range values {
		for _, h := range have {
			if h == v {
				return true
			}
		}
	}
	return false
}
