package auth

import (
	"context"
	"net/netip"

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
// nothing.
type Actor struct {
	UserID    ids.ID
	SessionID ids.ID
	Name      string
	Role      Role
	Address   netip.Addr
	RequestID string
	system    bool
}

// System is the actor of a background loop.
func System(name string) Actor { return Actor{Name: name, system: true} }

// IsSystem reports whether the product itself acts.
func (a Actor) IsSystem() bool { return a.system }

// IsAnonymous reports whether nobody signed in.
func (a Actor) IsAnonymous() bool { return !a.system && a.UserID.IsZero() }

// IsAdmin reports whether the actor may do everything.
func (a Actor) IsAdmin() bool { return !a.system && !a.UserID.IsZero() && a.Role == RoleAdmin }

// MayOperate reports whether the actor may change hosts that it can see.
func (a Actor) MayOperate() bool {
	return a.system || a.IsAdmin() || (!a.UserID.IsZero() && a.Role == RoleOperator)
}

// MayRead reports whether the actor may see anything at all.
func (a Actor) MayRead() bool { return a.system || !a.UserID.IsZero() }

// Entry starts an audit entry of an act of this actor.
func (a Actor) Entry(action string, target audit.Target, details map[string]any) audit.Entry {
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
