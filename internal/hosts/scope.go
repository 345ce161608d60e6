package hosts

import "patchmanager/internal/auth"

// Scope is the set of hosts that an actor may know of. Every read of anything
// that belongs to a host takes one, so that no query can forget it. The zero
// Scope holds no host.
type Scope struct{ all bool }

// ScopeOf returns the hosts of an actor: admins and the product's own loops
// have all of them.
func ScopeOf(a auth.Actor) Scope { return Scope{all: a.IsAdmin() || a.IsSystem()} }

// SQL is the condition that the host id in a column belongs to the scope. The
// column is a name written in our own source, never input.
func (s Scope) SQL(column string) string {
	if !s.all {
		return "false"
	}
	return column + " is not null"
}
