package auth

import (
	"slices"

	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/ids"
)

// ssoRights are what a provider's claims give to somebody.
type ssoRights struct {
	role      Role // empty: the claims do not decide
	groups    []ids.ID
	setGroups bool // groups are the provider's to say, also when they are none
	matched   int
}

// rank orders roles by how much they may.
var rank = map[Role]int{RoleAuditor: 1, RoleOperator: 2, RoleAdmin: 3}

// rights compares the claims with the mappings. ok is false for whoever is to be
// refused.
//
// Roles are the provider's to say as soon as one mapping gives a role, groups as
// soon as one gives a group; otherwise they stay what admins set here.
func (p Provider) rights(who oidcflow.Identity) (r ssoRights, ok bool) {
	have := append(who.Values(p.RoleClaim), who.Values(p.GroupsClaim)...)
	setRole := false
	for _, m := range p.Mappings {
		setRole = setRole || m.Role != ""
		r.setGroups = r.setGroups || len(m.GroupIDs) > 0
		if !slices.Contains(have, m.ClaimValue) {
			continue
		}
		r.matched++
		if rank[m.Role] > rank[r.role] {
			r.role = m.Role
		}
		for _, g := range m.GroupIDs {
			if !slices.Contains(r.groups, g) {
				r.groups = append(r.groups, g)
			}
		}
	}
	if setRole && r.role == "" {
		r.role = p.DefaultRole
	}
	switch {
	case setRole:
		return r, r.role != ""
	case len(p.Mappings) > 0:
		return r, r.matched > 0 || p.DefaultRole != ""
	}
	return r, true
}

// claims are the names that rights needs.
func (p Provider) claims() []string {
	return slices.DeleteFunc([]string{p.RoleClaim, p.GroupsClaim}, func(c string) bool { return c == "" || len(p.Mappings) == 0 })
}
