package hosts

import (
	"context"
	"net"
	"time"

	"patchmanager/internal/agentclient"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/runner"
)

// Collector reads facts that a package above this one keeps, and stores them.
// It is called by the poller, at most once at a time for a host.
type Collector interface {
	Collect(ctx context.Context, agent *agentclient.Agent, host ids.ID) error
}

// Revoker ends the certificates of hosts that are removed.
type Revoker interface {
	RevokeAll(ctx context.Context, tx db.Tx, hosts []ids.ID, reason string) error
	Revoke(ctx context.Context, tx db.Tx, host ids.ID, reason string) error
}

// Intervals between good polls.
type Intervals struct {
	Health, Inventory, Patches time.Duration
}

// DefaultIntervals are 5 minutes for health and 30 for the rest.
var DefaultIntervals = Intervals{Health: 5 * time.Minute, Inventory: 30 * time.Minute, Patches: 30 * time.Minute}

// Deps is what a Service needs. A process that does not poll leaves Agents and
// Patches nil and asks for no Loops.
type Deps struct {
	DB           *db.DB
	Clock        clock.Clock
	Certificates Revoker
	Agents       *agentclient.Client
	Patches      Collector
	Nudge        <-chan struct{} // of db.ChannelPolls
	Intervals    Intervals       // zero: DefaultIntervals
	Resolver     Resolver        // nil: the one of the system
	MaxCalls     int             // at once, in this process; 0: 64
}

// Service is the use cases of hosts.
type Service struct {
	db     *db.DB
	deps   Deps
	poller *poller
}

// New makes a service.
func New(d Deps) *Service {
	if d.Intervals == (Intervals{}) {
		d.Intervals = DefaultIntervals
	}
	if d.MaxCalls == 0 {
		d.MaxCalls = 64
	}
	if d.Resolver == nil {
		d.Resolver = net.DefaultResolver
	}
	s := &Service{db: d.DB, deps: d}
	s.poller = newPoller(s)
	return s
}

// Loops are the pollers of a worker.
func (s *Service) Loops() []runner.Loop {
	return []runner.Loop{{Name: "poll hosts", Interval: pollTick, Nudge: s.deps.Nudge, Once: s.poller.once}}
}

// now is the time as PostgreSQL keeps it, so that what is returned compares
// with what is read back.
func (s *Service) now() time.Time { return s.deps.Clock.Now().Truncate(time.Microsecond) }
