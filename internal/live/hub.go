package live

import (
	"context"
	"sync"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
)

const (
	// ringSize is how many events and how many notes are kept: about 6 MB.
	ringSize = 16384
	// readAtOnce is how many events one query reads.
	readAtOnce = 1000
	// lookEvery finds what a lost notification would have told.
	lookEvery = time.Second
)

// note says that something is to be read again.
type note struct {
	job  ids.ID // a job, or the job of a job host
	host ids.ID // a job host, when job is set too; otherwise a host
	all  bool   // anything may have changed
	view bool   // who sees which host may have changed
}

// hub is what this process has heard.
type hub struct {
	mu      sync.Mutex
	ready   bool
	events  ring[jobs.JobEvent]
	base    int64 // every event above it, up to last, is in the ring
	last    int64
	notes   ring[note]
	changed chan struct{} // closed with the next change
}

func newHub() *hub { return &hub{changed: make(chan struct{})} }

// runHub hears and reads until ctx ends or reading fails; it starts again then.
func (s *Service) runHub(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	heard := s.listen.Subscribe(ctx, db.ChannelEvents)
	if err := s.startHub(ctx); err != nil {
		return false, err
	}
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case payload := <-heard:
			s.hub.hear(payload)
			for more := true; more; {
				select {
				case payload = <-heard:
					s.hub.hear(payload)
				default:
					more = false
				}
			}
		case <-s.clock.After(lookEvery):
		}
		if err := s.readEvents(ctx); err != nil {
			return false, err
		}
	}
}

// startHub begins at the newest event, unless it goes on after an error. Either
// way nobody has heard what was said until now: connections that are open
// already are told that anything may have changed.
func (s *Service) startHub(ctx context.Context) error {
	s.hub.mu.Lock()
	ready := s.hub.ready
	s.hub.mu.Unlock()
	if !ready {
		last, err := s.jobs.LastEventID(ctx)
		if err != nil {
			return err
		}
		s.hub.begin(last)
	}
	s.hub.missed()
	return nil
}

// begin makes the ring ready for what comes after an event.
func (h *hub) begin(last int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready, h.base, h.last = true, last, last
}

// missed notes that some notifications were lost.
func (h *hub) missed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(note{all: true})
}

// hear keeps what a notification says beside "there are events".
func (h *hub) hear(payload string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if job, _, ok := jobs.ParseEvent(payload); ok {
		if !job.IsZero() {
			h.add(note{job: job})
		}
		return
	}
	if hosts.IsScopeEvent(payload) {
		h.add(note{view: true})
		return
	}
	changed, all, ok := hosts.ParseEvent(payload)
	if all || !ok { // an unknown or an empty payload: some may have been missed
		h.add(note{all: true})
		return
	}
	for _, id := range changed {
		h.add(note{host: id})
	}
}

func (s *Service) readEvents(ctx context.Context) error {
	for {
		s.hub.mu.Lock()
		after := s.hub.last
		s.hub.mu.Unlock()
		events, err := s.jobs.EventsAfter(ctx, after, readAtOnce)
		if err != nil || len(events) == 0 {
			return err
		}
		s.hub.keep(events)
	}
}

// keep adds events to the ring. A change of state also means that the job host
// and its job are to be read again.
func (h *hub) keep(events []jobs.JobEvent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		if dropped, full := h.events.push(e); full {
			h.base = dropped.ID
		}
		h.last = e.ID
		if e.Kind == jobs.EventStatus {
			h.notes.push(note{job: e.JobID, host: e.HostID})
		}
	}
	h.wake()
}

func (h *hub) add(n note) {
	h.notes.push(n)
	h.wake()
}

// wake tells every connection to look; the lock is held.
func (h *hub) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// position is where the hub is now. Changed is closed once it has moved on.
type position struct {
	ready   bool
	last    int64
	notes   int64
	changed <-chan struct{}
}

func (h *hub) position() position {
	h.mu.Lock()
	defer h.mu.Unlock()
	return position{ready: h.ready, last: h.last, notes: h.notes.end(), changed: h.changed}
}

// start is the id above which the ring has every event.
func (h *hub) start() (base int64, ready bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.base, h.ready
}

// eventsAfter returns the events above an id in the ring and the id that this
// covers; reached is false when the ring does not go back that far.
func (h *hub) eventsAfter(id int64) (events []jobs.JobEvent, last int64, reached bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ready || id < h.base {
		return nil, id, false
	}
	return h.events.after(func(e jobs.JobEvent) bool { return e.ID > id }), max(id, h.last), true
}

// notesAfter returns the notes from a position on, and the next position. A
// connection that is too far behind is told that anything may have changed.
func (h *hub) notesAfter(pos int64) ([]note, int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if pos < h.notes.start() {
		return []note{{all: true}}, h.notes.end()
	}
	return h.notes.from(pos), h.notes.end()
}
