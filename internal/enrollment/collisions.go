package enrollment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// finding is what the comparison of a claim with the known hosts gives.
type finding struct {
	collisions []string // for people
	// wait says that a token alone must not approve.
	wait bool
	// known is the host that approval would bring back; nil: a new one.
	known *ids.ID
}

// compare looks for hosts and requests that a claim may be mistaken for, or may
// want to be mistaken for.
func compare(ctx context.Context, q db.Querier, request ids.ID, c claim) (finding, error) {
	similar, err := hosts.FindSimilar(ctx, q, c.machineID, c.hostname, c.fqdn)
	if err != nil {
		return finding{}, err
	}
	owner, err := keyOwner(ctx, q, c.key)
	if err != nil {
		return finding{}, err
	}
	f := judge(similar, owner, c)
	registered, err := hosts.FindRegistered(ctx, q, hosts.Claimed{Name: c.hostname, FQDN: c.fqdn, Addresses: []string{c.addressSeen, c.address()}, Port: c.port})
	if err != nil {
		return finding{}, err
	}
	f.await(registered, similar, c)
	others, err := otherRequests(ctx, q, request, c)
	if err != nil {
		return finding{}, err
	}
	for _, from := range others {
		f.wait = true
		f.collisions = append(f.collisions, "Another request with the same machine id waits, from "+from+": one of them may be a clone.")
	}
	return f, nil
}

// judge decides for each similar host. A living one that answers from another
// place is never given away: the claim is a clone, or worse, and becomes a host
// of its own if a person approves it.
func judge(similar []hosts.Known, keyOwner *ids.ID, c claim) finding {
	var f finding
	cloned := false
	for _, h := range similar {
		id := h.ID
		switch {
		case h.MachineID != c.machineID || c.machineID == "":
			f.wait = true
			f.collisions = append(f.collisions, fmt.Sprintf("Host %s (%s) already has this name.", h.Name, h.Address))
		case h.RemovedAt != nil:
			if f.known == nil {
				f.known = &id
				f.collisions = append(f.collisions, fmt.Sprintf("This was host %s, removed at %s. Approval brings it back with its history.",
					h.Name, h.RemovedAt.UTC().Format(time.RFC3339)))
			}
		case keyOwner != nil && *keyOwner == h.ID:
			f.known = &id
			f.collisions = append(f.collisions, fmt.Sprintf("This is host %s with the key it has now. Approval gives it a new certificate.", h.Name))
		case answers(h) && h.Address != c.address() && h.Address != c.addressSeen:
			cloned, f.wait = true, true
			f.collisions = append(f.collisions, fmt.Sprintf("The machine id is that of host %s, which answers from %s: this is probably a clone. Approval makes a new host.",
				h.Name, h.Address))
		default:
			f.wait = true
			if f.known == nil {
				f.known = &id
			}
			f.collisions = append(f.collisions, fmt.Sprintf("The machine id is that of host %s (%s, %s), but the key is another one. Approval gives this agent its place and history and revokes the old certificate.",
				h.Name, h.Address, h.State))
		}
	}
	if cloned {
		f.known = nil
	}
	return f
}

// await takes the claim for the host that a person has registered for it, unless
// the machine is known to be another living one. A token alone is enough only
// from the very address that was registered: a name proves nothing.
func (f *finding) await(registered, similar []hosts.Known, c claim) {
	if len(registered) == 0 {
		return
	}
	h := registered[0]
	if f.known != nil && lives(*f.known, similar) {
		f.collisions = append(f.collisions, fmt.Sprintf("Host %s (%s) was registered under this name or address and waits on for its agent; remove it if this is the machine that was meant.",
			h.Name, h.Address))
		return
	}
	id := h.ID
	f.known = &id
	switch {
	case len(registered) > 1:
		f.wait = true
		f.collisions = append(f.collisions, fmt.Sprintf("Both %s (%s) and %s (%s) were registered and may be meant. Approval attaches this agent to %s.",
			h.Name, h.Address, registered[1].Name, registered[1].Address, h.Name))
	case c.addressSeen != h.Address:
		f.wait = true
		f.collisions = append(f.collisions, fmt.Sprintf("Host %s was registered with the address %s, but the request comes from %s. Approval attaches this agent to it.",
			h.Name, h.Address, c.addressSeen))
	default:
		f.collisions = append(f.collisions, fmt.Sprintf("This is the registered host %s (%s). Approval attaches this agent to it; its groups, labels and note stay.", h.Name, h.Address))
	}
}

func lives(id ids.ID, list []hosts.Known) bool {
	return slices.ContainsFunc(list, func(h hosts.Known) bool { return h.ID == id && h.RemovedAt == nil })
}

func answers(h hosts.Known) bool { return h.State == hosts.Healthy || h.State == hosts.Degraded }
