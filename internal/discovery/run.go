package discovery

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

const (
	// flushEvery is how often progress is written, the lease renewed and a
	// cancellation noticed.
	flushEvery = 400 * time.Millisecond
	// window is how far a probe may be ahead of the first one that has not ended:
	// so much is probed again when a worker dies, and no more waits in memory.
	window = 4 * maxConnects
	// handOver is how long a worker that stops takes to write what it knows.
	handOver = 3 * time.Second
)

// run is one worker's work on one scan.
//
//	positions   0 …… stored ………… next ………… total
//	             written   probing, or      not begun
//	             together  done and waiting
//	                       for their turn
//
// Outcomes are stored in the order of their positions, so "everything before
// stored" says all that the next worker has to know.
type run struct {
	sc      *scanner
	c       claim
	stored  int             // everything before it is in the database
	whole   int             // everything before it is done
	next    int             // the first one that has not begun
	waiting map[int]outcome // done, from stored on
	ended   chan ended
	probes  sync.WaitGroup
	rate    rate
	until   time.Time // the end of the lease
}

type ended struct {
	at      int
	outcome outcome
	ok      bool
}

func newRun(sc *scanner, c claim) *run {
	return &run{sc: sc, c: c, stored: c.Done, whole: c.Done, next: c.Done, waiting: map[int]outcome{}, ended: make(chan ended, window),
		rate: rate{at: sc.s.now(), done: c.Done}, until: c.LeaseUntil}
}

// carryOut probes until the scan is done, ctx ends, or another one has the scan.
func (r *run) carryOut(ctx context.Context) {
	probing, stop := context.WithCancel(ctx)
	defer r.probes.Wait()
	defer stop()
	tick := r.sc.s.deps.Clock.After(flushEvery)
	for r.stored < r.c.Targets.Len() {
		select {
		case r.place() <- struct{}{}:
			r.begin(probing)
		case e := <-r.ended:
			r.keep(e)
			if r.isWorthIt() && !r.flush(ctx) {
				return
			}
		case <-tick:
			if !r.flush(ctx) {
				return
			}
			tick = r.sc.s.deps.Clock.After(flushEvery)
		case <-ctx.Done():
			r.giveBack(ctx)
			return
		}
	}
}

// place is where a probe that may begin gets its place; nil, which never
// delivers, when none may.
func (r *run) place() chan<- struct{} {
	if r.next >= r.c.Targets.Len() || r.next-r.stored >= window {
		return nil
	}
	return r.sc.prober.connects
}

// begin probes the next address in the place that was just taken.
func (r *run) begin(ctx context.Context) {
	at := r.next
	r.next++
	to := netip.AddrPortFrom(r.c.Targets.At(at), uint16(r.c.Port))
	r.probes.Go(func() {
		defer func() { <-r.sc.prober.connects }()
		o, ok := r.sc.prober.probe(ctx, to, r.c.ReverseDNS)
		r.ended <- ended{at, o, ok}
	})
}

func (r *run) keep(e ended) {
	if !e.ok {
		return
	}
	r.waiting[e.at] = e.outcome
	for more := true; more; {
		if _, more = r.waiting[r.whole]; more {
			r.whole++
		}
	}
}

// isWorthIt reports whether to store before the tick: all is done, or so much
// that probing would have to wait.
func (r *run) isWorthIt() bool {
	return r.whole == r.c.Targets.Len() || r.whole-r.stored >= window/2
}

// ready is what can be stored: all outcomes without a gap.
func (r *run) ready() []outcome {
	list := make([]outcome, 0, r.whole-r.stored)
	for at := r.stored; at < r.whole; at++ {
		list = append(list, r.waiting[at])
	}
	return list
}

// flush stores what is ready and renews the lease. It returns false when this
// worker has nothing more to do with the scan. When the database does not
// answer, everything waits for the next flush, as long as the lease holds.
func (r *run) flush(ctx context.Context) bool {
	list := r.ready()
	now := r.sc.s.now()
	p := progress{claim: r.c, from: r.stored, outcomes: list, rate: r.rate.step(now, r.stored+len(list)), until: now.Add(leaseTime)}
	err := r.sc.s.advance(ctx, p)
	switch {
	case err == nil:
		r.advance(len(list), p.until)
		return true
	case errors.Is(err, errLost):
		return false // cancelled, or another worker has it
	case ctx.Err() != nil:
		return true // carryOut gives it back
	}
	slog.ErrorContext(ctx, "storing the progress of a scan failed", "scan_id", r.c.ID, "error", err)
	return now.Before(r.until)
}

func (r *run) advance(n int, until time.Time) {
	for range n {
		delete(r.waiting, r.stored)
		r.stored++
	}
	r.until = until
}

// giveBack stores what is known and ends the lease, so that another worker goes
// on at once.
func (r *run) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOver)
	defer cancel()
	p := progress{claim: r.c, from: r.stored, outcomes: r.ready(), rate: r.rate.last, until: r.sc.s.now()}
	if err := r.sc.s.advance(ctx, p); err != nil && !errors.Is(err, errLost) {
		slog.WarnContext(ctx, "a scan was not given back; its lease will end", "scan_id", r.c.ID, "error", err)
	}
}

// rate is how many addresses are done in a second, lately.
type rate struct {
	at   time.Time
	done int
	last *float64
}

// rateWeight of a new measurement: a jump shows within two seconds, a pause of
// one flush does not.
const rateWeight = 0.25

func (r *rate) step(now time.Time, done int) *float64 {
	passed := now.Sub(r.at).Seconds()
	if passed < flushEvery.Seconds()/2 {
		return r.last
	}
	fresh := float64(done-r.done) / passed
	if r.last != nil {
		fresh = *r.last + rateWeight*(fresh-*r.last)
	}
	r.at, r.done, r.last = now, done, &fresh
	return r.last
}
