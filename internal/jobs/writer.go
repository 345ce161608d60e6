package jobs

import (
	"context"
	"errors"
	"sync"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// writer stores what followers hear. It commits for many hosts at once: while
// one transaction is under way what arrives is collected for the next one. So a
// quiet fleet has its events stored within one commit's time, and a busy one
// costs not more commits but larger ones.
type writer struct {
	s *Service

	mu      sync.Mutex
	pending []*write
	running bool
	drains  sync.WaitGroup // a drain outlives the followers that it writes for
}

// write is what one follower wants to have stored: events of one host, in order.
type write struct {
	progress progressRow
	events   []eventRow
	done     chan error
}

// maxWriteEvents bounds one transaction.
const maxWriteEvents = 5000

var errWriterEnded = errors.New("the writer of events ended")

// store returns once the events are committed; errStale when the claim no longer holds.
func (w *writer) store(ctx context.Context, p progressRow, events []eventRow) error {
	wr := &write{progress: p, events: events, done: make(chan error, 1)}
	w.mu.Lock()
	w.pending = append(w.pending, wr)
	if !w.running {
		w.running = true
		w.drains.Go(func() { w.drain(context.WithoutCancel(ctx)) })
	}
	w.mu.Unlock()
	select {
	case err := <-wr.done:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may be stored or not: the next worker reads the cursor
	}
}

func (w *writer) drain(ctx context.Context) {
	var batch []*write
	defer func() { w.ended(batch) }()
	for {
		if batch = w.take(); batch == nil {
			return
		}
		w.commit(ctx, batch)
	}
}

// ended answers whoever still waits when a drain stops in the middle.
func (w *writer) ended(batch []*write) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
	for _, wr := range append(batch, w.pending...) {
		select {
		case wr.done <- errWriterEnded:
		default:
		}
	}
	w.pending = nil
}

// take returns what is to be stored next; nil, once there is nothing, ends the
// drain under the same lock that store starts one under.
func (w *writer) take() []*write {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, events := 0, 0
	for n < len(w.pending) && (n == 0 || events+len(w.pending[n].events) <= maxWriteEvents) {
		events += len(w.pending[n].events)
		n++
	}
	batch := w.pending[:n:n]
	w.pending = w.pending[n:]
	if n == 0 {
		w.running = false
		return nil
	}
	return batch
}

// commit stores a batch. When it fails each host is tried alone, so that what
// one host said cannot hold up the others.
func (w *writer) commit(ctx context.Context, batch []*write) {
	stale, err := w.transaction(ctx, batch)
	if err != nil && len(batch) > 1 {
		for _, wr := range batch {
			w.commit(ctx, []*write{wr})
		}
		return
	}
	for _, wr := range batch {
		if err == nil && stale[wr.progress.ID] {
			wr.done <- errStale
			continue
		}
		wr.done <- err
	}
}

func (w *writer) transaction(ctx context.Context, batch []*write) (map[ids.ID]bool, error) {
	stale := map[ids.ID]bool{}
	err := w.s.inTx(ctx, "events", func(tx db.Tx) error {
		rows := make([]progressRow, len(batch))
		for i, wr := range batch {
			rows[i] = wr.progress
		}
		held, err := advance(ctx, tx, rows, w.s.clock.Now())
		if err != nil {
			return err
		}
		w.s.crash("in events")
		var events []eventRow
		for _, wr := range batch {
			if held[wr.progress.ID] {
				events = append(events, wr.events...)
			} else {
				stale[wr.progress.ID] = true
			}
		}
		return insertEvents(ctx, tx, events)
	})
	return stale, err
}
