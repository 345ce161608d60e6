package auth

// covers reports whether a role may do all that the other one may. Operators
// and auditors do not cover each other: one changes hosts of its groups, the
// other reads everything.
func (r Role) covers(other Role) bool { return r == RoleAdmin || r == other }

// lowerOf is what both roles may. What an operator and an auditor have in
// common is to read the hosts of the operator's groups.
func lowerOf(a, b Role) (role Role, readOnly bool) {
	switch {
	case a.covers(b):
		return b, false
	case b.covers(a):
		return a, false
	}
	return RoleOperator, true
}
