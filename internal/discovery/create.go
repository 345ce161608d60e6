package discovery

import (
	"context"
	"fmt"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// maxOpen is how many scans may wait or run: more of them are a mistake.
const maxOpen = 20

// ScanOrder says what to scan.
type ScanOrder struct {
	Network    string
	Addresses  []string
	Port       int // 0: the agents'
	ReverseDNS bool
}

// CreateScan queues a scan. Connecting to every machine of a network is noticed
// there, so only admins may order it, and the trail says who did.
func (s *Service) CreateScan(ctx context.Context, actor auth.Actor, in ScanOrder) (DiscoveryScan, error) {
	if err := actor.Require(auth.ScanNetworks); err != nil {
		return DiscoveryScan{}, err
	}
	targets, err := ParseTargets(in.Network, in.Addresses)
	if err != nil {
		return DiscoveryScan{}, err
	}
	if in.Port == 0 {
		in.Port = agentapi.DefaultPort
	}
	if in.Port < 1 || in.Port > 65535 {
		return DiscoveryScan{}, invalid("port", fmt.Sprint(in.Port), "Must be a TCP port, 1 to 65535.")
	}
	id := ids.New()
	err = s.db.InTx(ctx, func(tx db.Tx) error { return s.create(ctx, tx, actor, id, targets, in) })
	if err != nil {
		return DiscoveryScan{}, err
	}
	return s.Scan(ctx, actor, id)
}

func (s *Service) create(ctx context.Context, tx db.Tx, actor auth.Actor, id ids.ID, t Targets, in ScanOrder) error {
	open, err := lockOpen(ctx, tx)
	if err != nil {
		return err
	}
	if open >= maxOpen {
		return apierr.Conflict("scans_waiting", "%d scans wait or run already. Wait for them, or cancel some.", open)
	}
	if err := insertScan(ctx, tx, id, t, in.Port, in.ReverseDNS, actor.Name, s.now()); err != nil {
		return err
	}
	if err := db.Notify(ctx, tx, db.ChannelDiscovery, ""); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("discovery.scan", target(id, t.String()),
		map[string]any{"addresses": t.Len(), "port": in.Port, "reverse_dns": in.ReverseDNS}))
}

// CancelScan stops a scan. Whoever carries it out notices with its next write,
// within a second, and stores nothing from now on; what was found stays.
func (s *Service) CancelScan(ctx context.Context, actor auth.Actor, id ids.ID) (DiscoveryScan, error) {
	if err := actor.Require(auth.ScanNetworks); err != nil {
		return DiscoveryScan{}, err
	}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		scan, err := cancelScan(ctx, tx, id, s.now())
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("discovery.cancel", target(id, scan.Targets), map[string]any{"probed": scan.Probed, "addresses": scan.Total}))
	})
	if err != nil {
		return DiscoveryScan{}, err
	}
	return s.Scan(ctx, actor, id)
}
