package settings

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
)

// Deps is what a Service works with.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
	Nudge <-chan struct{} // of db.ChannelSettings; nil: the loop only looks at its interval
}

// Service has the settings in memory and the use cases that change them.
type Service struct {
	db    *db.DB
	clock clock.Clock
	nudge <-chan struct{}

	reading sync.Mutex // one read after the other, so that an older one never wins
	memory  atomic.Pointer[map[string]any]
}

// New makes a service that has the defaults until Load.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, nudge: d.Nudge}
	s.memory.Store(&map[string]any{})
	return s
}

// Security is in force now.
func (s *Service) Security() Security { return inForce(s, security) }

// Access is in force now.
func (s *Service) Access() Access { return inForce(s, access) }

// Audit is in force now.
func (s *Service) Audit() Audit { return inForce(s, trail) }

func inForce[T any](s *Service, sec section[T]) T {
	k := pick(*s.memory.Load(), sec)
	if k.revertAt == nil { // and no clock is needed
		return k.value
	}
	return k.inForce(s.now())
}

// now is the time as PostgreSQL keeps it.
func (s *Service) now() time.Time { return s.clock.Now().Truncate(time.Microsecond) }

// Load reads all sections. A row that this version of the product does not know
// is left alone.
func (s *Service) Load(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	all, err := s.stored(ctx)
	if err != nil {
		return err
	}
	s.memory.Store(&all)
	return nil
}

func (s *Service) stored(ctx context.Context) (map[string]any, error) {
	rows, err := listSections(ctx, s.db)
	if err != nil {
		return nil, err
	}
	all := make(map[string]any, len(rows))
	for _, r := range rows {
		for _, sec := range sections {
			if sec.title() != r.Name {
				continue
			}
			if all[r.Name], err = sec.read(r); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
