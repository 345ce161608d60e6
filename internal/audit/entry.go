package audit

import (
	"time"
)

// ActorKind says what acted.
type ActorKind string

// Kinds of actors.
const (
	KindUser      ActorKind = "user"
	KindAgent     ActorKind = "agent"
	KindSystem    ActorKind = "system"
	KindAnonymous ActorKind = "anonymous"
)

// Actor is who acted, as it was named at that moment: a user may be renamed or
// deleted later and the entry stays true.
type Actor struct {
	Kind ActorKind
	ID   string
	Name string
}

// Target is what was acted on.
type Target struct {
	Kind string // host, job, user, session, enrollment, enrollment_token, certificate …
	ID   string
	Name string
}

// Entry is one act.
type Entry struct {
	Actor     Actor
	Action    string // noun.verb, e.g. host.remove
	Target    Target
	Details   map[string]any // no secrets; encoded with sorted keys
	Address   string
	RequestID string
	At        time.Time // zero: the time of the database
}
