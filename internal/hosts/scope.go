package hosts

import (
	"fmt"
	"strings"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
)

// Scope is the set of hosts that an actor may know of. Every read of anything
// that belongs to a host takes one, so that no query can forget it. The zero
// Scope holds no host. Two Scopes can be compared with ==; equal ones may still
// hold other hosts later, when memberships have changed.
type Scope struct {
	all       bool
	user      ids.ID // the hosts of this user's groups
	ungrouped bool   // and those in no group
	narrowed  bool   // only hosts of groups
	groups    string // what an API token was narrowed to, as SQL literals
}

// ScopeOf returns the hosts of an actor: the product's own loops, admins and
// auditors have all of them, operators those of their groups. An API token that
// was narrowed to groups has those of them that its user has.
func ScopeOf(a auth.Actor) Scope {
	if a.IsAnonymous() {
		return Scope{}
	}
	return Scope{all: a.IsOverseer(), user: a.UserID, ungrouped: a.Ungrouped && a.Groups == nil, narrowed: a.Groups != nil, groups: literals(a.Groups)}
}

// IsAll reports whether no host is out of scope.
func (s Scope) IsAll() bool { return s.all && !s.narrowed }

// SQL is the condition that the host id in a column belongs to the scope. The
// column is a name written in our own source, never input; ids are 16 bytes
// shown in hexadecimal, so they need no quoting beyond the quotes.
func (s Scope) SQL(column string) string {
	switch {
	case s.IsAll():
		return column + " is not null"
	case !s.all && s.user.IsZero():
		return "false"
	}
	// "in", not "exists": there the column would stand inside the subquery, and
	// one without a table before it would be taken for the subquery's own.
	cond := fmt.Sprintf("%s in (select scope_g.host_id from host_group_host scope_g%s where %s)", column, s.join(), s.narrow())
	if s.ungrouped && !s.all {
		cond = fmt.Sprintf("(%s or %s not in (select scope_n.host_id from host_group_host scope_n))", cond, column)
	}
	return cond
}

// GroupSQL is the condition that the group id in a column is one that the scope
// knows: operators know the groups that they are in. The column is as in SQL.
func (s Scope) GroupSQL(column string) string {
	switch {
	case s.IsAll():
		return column + " is not null"
	case !s.all && s.user.IsZero():
		return "false"
	}
	cond := "true"
	if !s.all {
		cond = fmt.Sprintf("%s in (select scope_u.group_id from auth_user_group scope_u where scope_u.user_id = %s)", column, literal(s.user))
	}
	if !s.narrowed {
		return cond
	}
	if s.groups == "" {
		return "false"
	}
	return "(" + cond + " and " + column + " in (" + s.groups + "))"
}

func (s Scope) join() string {
	if s.all {
		return ""
	}
	return fmt.Sprintf(" join auth_user_group scope_u on scope_u.group_id = scope_g.group_id and scope_u.user_id = %s", literal(s.user))
}

func (s Scope) narrow() string {
	if !s.narrowed {
		return "true"
	}
	if s.groups == "" {
		return "false"
	}
	return "scope_g.group_id in (" + s.groups + ")"
}

func literals(list []ids.ID) string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = literal(id)
	}
	return strings.Join(out, ", ")
}

func literal(id ids.ID) string { return fmt.Sprintf("'%x'::uuid", id[:]) }
