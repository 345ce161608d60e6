package hosts

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"patchmanager/internal/agentclient"
	"patchmanager/internal/ids"
)

// pollKind is what a poll asks for.
type pollKind string

const (
	pollHealth    pollKind = "health"
	pollInventory pollKind = "inventory"
	pollPatches   pollKind = "patches"
)

const (
	// pollTick is the longest time after which a due row is noticed without a nudge.
	pollTick = time.Second
	// leaseTime covers the slowest poll; a worker that dies is followed after it.
	leaseTime = 3 * time.Minute
	// pollTimeout ends a poll before its lease does, so that two workers never
	// ask the same host at once: two lists of 45 s each, and room to store them.
	pollTimeout = leaseTime - 30*time.Second
)

// poller claims due polls and makes them, at most MaxCalls at once.
type poller struct {
	s      *Service
	owner  ids.ID
	freed  chan struct{} // a call has ended
	group  sync.WaitGroup
	writer writer

	mu   sync.Mutex
	busy int
}

func newPoller(s *Service) *poller {
	p := &poller{s: s, owner: ids.New(), freed: make(chan struct{}, 1)}
	p.writer.flush = p.flush
	return p
}

// once claims what is due and starts it. While calls are under way it waits
// for one of them to end, a nudge or the tick, and asks to be called again; so
// a slow host takes one place of MaxCalls and nothing else, and the loop does
// not return to its supervisor before all its calls have ended.
func (p *poller) once(ctx context.Context) (again bool, err error) {
	free := p.s.deps.MaxCalls - p.running()
	claimed := 0
	if free > 0 {
		if claimed, err = p.start(ctx, free); err != nil {
			err = fmt.Errorf("poll hosts: %w", err)
		}
	}
	if claimed > 0 && claimed == free {
		// all places taken; there may be more
	} else if p.running() == 0 {
		return false, err
	}
	if err != nil {
		slog.ErrorContext(ctx, "claiming polls failed", "error", err)
	}
	p.wait(ctx)
	return true, nil
}

func (p *poller) wait(ctx context.Context) {
	select {
	case <-ctx.Done():
		p.group.Wait()
	case <-p.freed:
	case <-p.s.deps.Nudge:
	case <-p.s.deps.Clock.After(pollTick):
	}
}

func (p *poller) running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busy
}

func (p *poller) start(ctx context.Context, limit int) (int, error) {
	list, err := claimPolls(ctx, p.s.db, p.owner, p.s.now(), limit)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	p.busy += len(list)
	p.mu.Unlock()
	for _, c := range list {
		p.group.Go(func() {
			defer p.done()
			p.poll(ctx, c)
		})
	}
	return len(list), nil
}

func (p *poller) done() {
	p.mu.Lock()
	p.busy--
	p.mu.Unlock()
	select {
	case p.freed <- struct{}{}:
	default:
	}
}

// poll makes one poll and stores its result. When this worker is being stopped
// the row is given back: what a cut call saw says nothing about the host.
func (p *poller) poll(ctx context.Context, c claim) {
	defer func() {
		if v := recover(); v != nil { // the lease ends and another attempt is made
			slog.ErrorContext(ctx, "poll failed", "host_id", c.HostID, "kind", c.Kind, "panic", v)
		}
	}()
	callCtx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	agent := p.s.deps.Agents.For(agentclient.Target{HostID: c.HostID, Address: c.Address, Port: c.Port})
	r := p.collect(callCtx, agent, c)
	if ctx.Err() != nil {
		p.release(context.WithoutCancel(ctx), c)
		return
	}
	if err := p.writer.write(ctx, r); err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "storing a poll failed", "host_id", c.HostID, "kind", c.Kind, "error", err)
	}
}

func (p *poller) release(ctx context.Context, c claim) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := p.s.db.Exec(ctx, releasePoll, c.HostID, c.Kind, p.owner, c.ClaimedAt); err != nil {
		slog.WarnContext(ctx, "a poll was not given back; its lease will end", "host_id", c.HostID, "error", err)
	}
}

func (p *poller) collect(ctx context.Context, agent *agentclient.Agent, c claim) result {
	switch c.Kind {
	case pollHealth:
		return p.health(ctx, agent, c)
	case pollInventory:
		return p.inventory(ctx, agent, c)
	}
	err := p.s.deps.Patches.Collect(ctx, agent, c.HostID)
	return p.plainResult(c, "Its patches could not be read", err)
}

// due is the time of the next poll.
func (p *poller) due(c claim, failures int, seen bool) time.Time {
	i := p.s.deps.Intervals
	every := map[pollKind]time.Duration{pollHealth: i.Health, pollInventory: i.Inventory, pollPatches: i.Patches}[c.Kind]
	return p.s.now().Add(delay(every, failures, seen, rand.Float64()))
}
