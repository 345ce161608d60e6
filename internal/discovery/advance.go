package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// claim is one worker's hold on a scan. Stamp is the fencing stamp: every write
// names it and changes nothing when another worker has taken over since.
type claim struct {
	ID, Stamp  ids.ID
	Targets    Targets
	Port       int
	ReverseDNS bool
	Done       int
	Attempts   int
	LeaseUntil time.Time
}

// errLost says that the claim does not hold any more.
var errLost = errors.New("another worker has the scan, or it was cancelled")

// claim takes scans that wait, and those whose worker has died.
func (s *Service) claim(ctx context.Context) (list []claim, err error) {
	if open, err := anyOpen(ctx, s.db); err != nil || !open {
		return nil, err
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		taken, err := claimScans(ctx, tx, s.now(), maxRunning)
		if err != nil {
			return err
		}
		for _, c := range taken {
			if c.Attempts <= maxAttempts {
				list = append(list, c)
			} else if err := s.fail(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim scans: %w", err)
	}
	return list, nil
}

// fail ends a scan that takes every worker down with it.
func (s *Service) fail(ctx context.Context, tx db.Tx, c claim) error {
	why := fmt.Sprintf("%d workers in a row took it up and got no further than address %d. See their logs.", maxAttempts, c.Done)
	if err := setFailed(ctx, tx, c, why, s.now()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, worksAs.Entry("discovery.fail", target(c.ID, c.Targets.String()), map[string]any{"reason": why}))
}

// progress is what a worker has got on with.
type progress struct {
	claim    claim
	from     int // everything before it is stored already
	outcomes []outcome
	rate     *float64
	until    time.Time
}

func (p progress) to() int { return p.from + len(p.outcomes) }

// counts of outcomes.
type counts struct {
	DiscoveryCounts
	Closed, Silent, Unreachable, Skipped int
}

func (c *counts) add(o answer, k Kind) {
	switch o {
	case found:
		c.DiscoveryCounts.add(k)
	case closed:
		c.Closed++
	case silent:
		c.Silent++
	case unreachable:
		c.Unreachable++
	case skipped:
		c.Skipped++
	}
}

// advance stores outcomes together with how far the scan has come, or nothing:
// so none is lost and none counted twice, whoever dies when.
func (s *Service) advance(ctx context.Context, p progress) error {
	return s.db.InTx(ctx, func(tx db.Tx) error {
		if err := settle(ctx, tx, p); err != nil {
			return err
		}
		var c counts
		var results []outcome
		for _, o := range p.outcomes {
			c.add(o.answer, o.sighting.kind)
			if o.answer == found {
				results = append(results, o)
			}
		}
		over := p.to() == p.claim.Targets.Len()
		total, err := storeProgress(ctx, tx, p, c, over, s.now())
		if err != nil {
			return err
		}
		if err := insertResults(ctx, tx, p.claim.ID, results); err != nil || !over {
			return err
		}
		return audit.Append(ctx, tx, worksAs.Entry("discovery.finish", target(p.claim.ID, p.claim.Targets.String()), total.details()))
	})
}

func (c counts) details() map[string]any {
	return map[string]any{"enrolled": c.Enrolled, "elsewhere": c.Elsewhere, "ended": c.Ended, "other_agent": c.OtherAgent, "other_tls": c.OtherTLS,
		"open": c.Open, "closed": c.Closed, "silent": c.Silent, "unreachable": c.Unreachable, "skipped": c.Skipped}
}

// place is where a host is to be found, and the keys that it may use now.
type place struct {
	ID        ids.ID
	Address   string
	Port      int
	Removed   bool
	Addresses []string // as its own agent says
	Keys      []string
}

// settle decides, for machines that hold a certificate of a host, whether they
// are that host.
func settle(ctx context.Context, tx db.Tx, p progress) error {
	var named []ids.ID
	for _, o := range p.outcomes {
		if o.answer == found && !o.sighting.host.IsZero() {
			named = append(named, o.sighting.host)
		}
	}
	if len(named) == 0 {
		return nil
	}
	places, err := placesOf(ctx, tx, named)
	if err != nil {
		return err
	}
	for i := range p.outcomes {
		if o := &p.outcomes[i]; o.answer == found && !o.sighting.host.IsZero() {
			known, ok := places[o.sighting.host]
			o.sighting.settle(o.address, p.claim.Port, known, ok)
		}
	}
	return nil
}

// settle is the rule. A copied key is good too, so an address that is not the
// host's own is always told.
func (s *sighting) settle(at netip.Addr, port int, p place, known bool) {
	switch {
	case !known:
		s.kind, s.note = KindEnded, "Its certificate is of this manager, for a host that the database does not know: probably from before a restore. Enroll it again."
	case p.Removed:
		s.kind, s.note = KindEnded, "Its host was removed, its agent still runs. Uninstall the agent, or enroll the machine again."
	case !slices.Contains(p.Keys, s.key):
		s.kind, s.note = KindEnded, "Its certificate was revoked: the host has enrolled again since, with another key. This is an older copy of it, or an agent that has to be enrolled again."
	case !p.isAt(at):
		s.kind, s.note = KindElsewhere, fmt.Sprintf("It proves to be this host, whose address is %s. It has moved, has a second address, or is a clone with a copied key.", p.Address)
	case port != p.Port:
		s.kind, s.note = KindEnrolled, fmt.Sprintf("The manager asks this host on port %d.", p.Port)
	default:
		s.kind = KindEnrolled
	}
	if s.expired {
		s.note = "Its certificate has expired. " + s.note
	}
}

// isAt reports whether an address is the host's. One that is registered by a
// name cannot be compared; there is no evidence against it.
func (p place) isAt(at netip.Addr) bool {
	registered, err := netip.ParseAddr(p.Address)
	if err != nil || registered.Unmap() == at {
		return true
	}
	return slices.ContainsFunc(p.Addresses, func(text string) bool {
		bare, err := netip.ParseAddr(text)
		if err != nil {
			network, err := netip.ParsePrefix(text)
			return err == nil && network.Addr().Unmap() == at
		}
		return bare.WithZone("").Unmap() == at
	})
}
