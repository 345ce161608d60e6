package hosts

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// result is what a poll found, as the statement that stores it.
type result struct {
	host    ids.ID
	polls   []pollKind // of the host that the statement may write
	sql     string
	args    pgx.NamedArgs
	changed bool // users should see it now
}

// writer stores results together: while one batch is being written the next
// one gathers, so that a busy poller needs few transactions and an idle one
// waits for nothing.
type writer struct {
	flush func(ctx context.Context, batch []result) error

	mu      sync.Mutex
	waiting []item
	active  bool
}

type item struct {
	r    result
	done chan error
}

// write returns when the result is stored or has failed.
func (w *writer) write(ctx context.Context, r result) error {
	i := item{r, make(chan error, 1)}
	w.mu.Lock()
	w.waiting = append(w.waiting, i)
	lead := !w.active
	w.active = true
	w.mu.Unlock()
	if lead {
		w.drain(ctx)
	}
	return <-i.done
}

func (w *writer) drain(ctx context.Context) {
	for {
		w.mu.Lock()
		batch := w.waiting
		w.waiting = nil
		w.active = len(batch) > 0
		w.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		w.store(ctx, batch)
	}
}

// store falls back to one by one, so that one result that the database refuses
// does not cost the others theirs.
func (w *writer) store(ctx context.Context, batch []item) {
	results := make([]result, len(batch))
	for i := range batch {
		results[i] = batch[i].r
	}
	err := w.flush(ctx, results)
	for i := range batch {
		if err != nil && len(batch) > 1 {
			batch[i].done <- w.flush(ctx, results[i:i+1])
		} else {
			batch[i].done <- err
		}
	}
}

// flush writes a batch in one transaction and one round trip. It takes all polls
// first, then one host after the other in their order, so that it waits for nobody
// who waits for it: see "Locks" in doc.go.
func (p *poller) flush(ctx context.Context, batch []result) error {
	batch = slices.Clone(batch) // the caller's order says whose answer is whose
	slices.SortStableFunc(batch, func(a, b result) int { return bytes.Compare(a.host[:], b.host[:]) })
	return p.s.db.InTx(ctx, func(tx db.Tx) error {
		var b pgx.Batch
		var changed []ids.ID
		queueLocks(&b, batch)
		for _, r := range batch {
			b.Queue(r.sql, r.args)
			if r.changed {
				changed = append(changed, r.host)
			}
		}
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("store polls: %w", err)
		}
		return NotifyChanged(ctx, tx, changed...)
	})
}
