package live

import (
	"context"
	"net/netip"
	"time"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
	"patchmanager/internal/runner"
)

// Sessions says who a session is now; *auth.Service does.
type Sessions interface {
	SessionActor(ctx context.Context, session ids.ID, addr netip.Addr) (auth.Actor, error)
}

// Deps is what a Service works with.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Jobs     *jobs.Service
	Sessions Sessions
	Listener *db.Listener
	// Behind is how many events a connection may be behind; 0: defaultBehind.
	Behind int
}

// defaultBehind is some seconds of a fleet that talks a lot.
const defaultBehind = ringSize / 2

// Service hands out tickets and serves connections.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	jobs     *jobs.Service
	sessions Sessions
	listen   *db.Listener
	behind   int
	hub      *hub
}

// New makes a Service. It delivers once its loop runs.
func New(d Deps) *Service {
	if d.Behind == 0 {
		d.Behind = defaultBehind
	}
	return &Service{db: d.DB, clock: d.Clock, jobs: d.Jobs, sessions: d.Sessions, listen: d.Listener, behind: d.Behind, hub: newHub()}
}

// Loops is the hub, one for each process that serves browsers.
func (s *Service) Loops() []runner.Loop {
	return []runner.Loop{{Name: "live hub", Interval: time.Second, Once: s.runHub}}
}
