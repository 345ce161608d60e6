package discovery

import (
	"crypto/tls"
	"time"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/runner"
)

// Deps is what a Service needs. A process that scans nothing leaves TLS nil and
// asks for no Loops.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
	// TLS is the manager's side of calls to agents: root, time and certificate.
	TLS     func() *tls.Config
	Nudge   <-chan struct{} // of db.ChannelDiscovery
	Dial    DialFunc        // nil: TCP
	Resolve ResolveFunc     // nil: the system's name servers
	// EnrollCommand is what to run on a machine that shall be enrolled.
	EnrollCommand func() string
}

// Service is the use cases of discovery.
type Service struct {
	db      *db.DB
	deps    Deps
	scanner *scanner
}

// New makes a service.
func New(d Deps) *Service {
	s := &Service{db: d.DB, deps: d}
	s.scanner = newScanner(s)
	return s
}

// Loops are those of a worker.
func (s *Service) Loops() []runner.Loop {
	return []runner.Loop{{Name: "scan networks", Interval: scanTick, Nudge: s.deps.Nudge, Once: s.scanner.once}}
}

// now is the time as PostgreSQL keeps it.
func (s *Service) now() time.Time { return s.deps.Clock.Now().Truncate(time.Microsecond) }

// worksAs is who ends and removes scans.
var worksAs = auth.System("discovery")
