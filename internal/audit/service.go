package audit

import (
	"sync/atomic"
	"time"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/queue"
	"patchmanager/internal/runner"
)

// Settings are the run-time settings of this package, read with each use.
type Settings struct {
	RetentionDays int    // rows older than this are pruned; 0: none
	Export        string // ExportNone, ExportFile or ExportSyslog
	ExportPath    string // of the file
	SyslogAddress string // "udp://host:port", "tcp://host:port", or the path of a socket
}

// Where checkpoints go.
const (
	ExportNone   = "none"
	ExportFile   = "file"
	ExportSyslog = "syslog"
)

// DefaultSettings are in force until an admin sets others: six months, no export.
func DefaultSettings() Settings { return Settings{RetentionDays: 183, Export: ExportNone} }

// Deps is what a Service works with.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Queue    *queue.Client // inserts verifications
	Key      *Key
	Settings func() Settings // nil: DefaultSettings
}

// Service signs, exports, verifies and prunes the trail.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	queue    *queue.Client
	key      *Key
	settings func() Settings

	broken atomic.Bool // as the newest verification said when last looked
	// crash lets tests end the work between two writes.
	crash func(where string) error
}

// New makes a Service.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, queue: d.Queue, key: d.Key, settings: d.Settings,
		crash: func(string) error { return nil }}
	if s.settings == nil {
		s.settings = DefaultSettings
	}
	return s
}

// Key is the key that this installation signs with.
func (s *Service) Key() *Key { return s.key }

// now is the time as PostgreSQL keeps it.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

const (
	// checkpointEvery leaves a margin to the promised 10 s.
	checkpointEvery = 5 * time.Second
	exportEvery     = 5 * time.Second
	lookEvery       = 15 * time.Second
)

// Loops sign new rows and export the checkpoints. Any number of workers may
// run them; one at a time works.
func (s *Service) Loops() []runner.Loop {
	return []runner.Loop{
		{Name: "audit checkpoint", Interval: checkpointEvery, Jitter: time.Second, Once: s.checkpointOnce},
		{Name: "audit export", Interval: exportEvery, Jitter: time.Second, Once: s.exportOnce},
	}
}

// Watch keeps what Intact reports current, for the metric of a process.
func (s *Service) Watch() runner.Loop {
	return runner.Loop{Name: "audit state", Interval: lookEvery, Jitter: time.Second, Once: s.look}
}

// Intact reports whether the newest finished verification found nothing, or
// there was none yet.
func (s *Service) Intact() bool { return !s.broken.Load() }
