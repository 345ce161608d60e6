package auth

import (
	"context"
	"maps"
	"net/netip"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/ids"
)

// Role is what a user may do.
type Role string

// Roles.
const (
	RoleAdmin    Role = "admin"    // everything
	RoleOperator Role = "operator" // the hosts of their groups
	RoleAuditor  Role = "auditor"  // read and export, no change
)

// Actor is whoever a use case acts for. The zero Actor is anonymous and may
// nothing. What it may is in permission.go.
type Actor struct {
	UserID    ids.ID
	SessionID ids.ID // zero for an API token
	TokenID   ids.ID // the API token that acts for the user; zero for a person
	Name      string
	Role      Role // of a token: the lower of its own and its user's
	Address   netip.Addr
	RequestID string

	ReadOnly   bool      // an API token that may only read
	Groups     []ids.ID  // narrowed to the hosts of these groups by its token; nil: not narrowed
	Ungrouped  bool      // hosts without a group are in its scope (a setting); closed by default
	FreshUntil time.Time // until when the last second factor counts as fresh; zero: never shown
	system     bool

	// ownerSeesAll: an API token whose user has the whole fleet in view sees the
	// same hosts in a lower role.
	ownerSeesAll bool
}

// System is the actor of a background loop.
func System(name string) Actor { return Actor{Name: name, system: true} }

// IsSystem reports whether the product itself acts.
func (a Actor) IsSystem() bool { return a.system }

// IsAnonymous reports whether nobody signed in.
func (a Actor) IsAnonymous() bool { return !a.system && a.UserID.IsZero() }

// IsToken reports whether an API token acts, not a person.
func (a Actor) IsToken() bool { return !a.TokenID.IsZero() }

// IsOverseer reports whether the actor has all hosts in view: admins and
// auditors, and API tokens of theirs, in whatever role. A token may still be
// narrowed to groups. It says nothing about what may be done: see Require.
func (a Actor) IsOverseer() bool {
	return a.system || a.ownerSeesAll || (!a.IsAnonymous() && (a.Role == RoleAdmin || a.Role == RoleAuditor))
}

// Entry starts an audit entry of an act of this actor.
func (a Actor) Entry(action string, target audit.Target, details map[string]any) audit.Entry {
	if a.IsToken() { // an act of a program must not look like one of its user
		details = maps.Clone(details)
		if details == nil {
			details = map[string]any{}
		}
		details["api_token_id"] = a.TokenID.String()
	}
	e := audit.Entry{Action: action, Target: target, Details: details, RequestID: a.RequestID, Actor: a.audit()}
	if a.Address.IsValid() {
		e.Address = a.Address.String()
	}
	return e
}

func (a Actor) audit() audit.Actor {
	switch {
	case a.system:
		return audit.Actor{Kind: audit.KindSystem, ID: a.Name, Name: a.Name}
	case a.UserID.IsZero():
		return audit.Actor{Kind: audit.KindAnonymous, Name: a.Name}
	}
	return audit.Actor{Kind: audit.KindUser, ID: a.UserID.String(), Name: a.Name}
}

type actorKey struct{}

// WithActor puts the actor into a request's context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor of a request; anonymous when none was put there.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
