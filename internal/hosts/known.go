package hosts

import (
	"context"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Known is what enrollment compares a request with.
type Known struct {
	ID         ids.ID
	Name       string
	FQDN       string
	MachineID  string
	Address    string
	State      State
	LastSeenAt *time.Time
	RemovedAt  *time.Time
	EnrolledAt *time.Time // nil: registered, and its agent has not enrolled yet
}

// Claimed is what an agent says of itself, and where it was seen.
type Claimed struct {
	Name, FQDN string
	Addresses  []string
	Port       int
}

// FindRegistered returns the hosts that people have registered, whose agents
// have not enrolled, and that an agent may be: the name or FQDN is theirs, or
// one of the addresses with the port. Those with the name come first.
func FindRegistered(ctx context.Context, q db.Querier, c Claimed) ([]Known, error) {
	return findRegistered(ctx, q, c)
}

// FindSimilar returns the enrolled hosts, removed ones too, with this machine
// id, and the living ones with this name or FQDN; the living first, then the
// latest.
func FindSimilar(ctx context.Context, q db.Querier, machineID, name, fqdn string) ([]Known, error) {
	return similarHosts(ctx, q, machineID, name, fqdn)
}

// Enrolled is a host whose enrollment was approved.
type Enrolled struct {
	Name, FQDN, MachineID, Address string
	Port                           int
	OS                             string
}

// Attach makes a host of an approved enrollment, or gives a known one, which may
// be one that was only registered, its new name and address and its life back,
// history kept. Its polls are due at once.
func Attach(ctx context.Context, tx db.Tx, known *ids.ID, e Enrolled, now time.Time) (ids.ID, error) {
	id := ids.New()
	var err error
	if known == nil {
		err = insertHost(ctx, tx, id, e, now)
	} else {
		id = *known
		err = reviveHost(ctx, tx, id, e, now)
	}
	if err != nil {
		return ids.ID{}, err
	}
	if err := insertPolls(ctx, tx, id, now); err != nil {
		return ids.ID{}, err
	}
	if err := RequestRefresh(ctx, tx, id, now); err != nil {
		return ids.ID{}, err
	}
	return id, NotifyChanged(ctx, tx, id)
}
