package db

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/clock"
)

// Channels that the product notifies on. A notification only says "look": what
// there is to see stands in rows, so a lost one costs time and never data.
const (
	ChannelJobs      = "pm_jobs"      // something may be due
	ChannelEvents    = "pm_events"    // new events, changed jobs or hosts
	ChannelPolls     = "pm_polls"     // a host is to be asked soon
	ChannelSettings  = "pm_settings"  // a run-time setting has changed
	ChannelDiscovery = "pm_discovery" // a scan of a network waits
)

// Listener is a process's one connection for notifications.
//
//	[connecting] --LISTEN on every channel, nudge everyone--> [waiting]
//	      ^                                                       |
//	      +---------- connection lost, back-off -----------------+
//
// Whoever subscribes gets every payload that arrives while they keep up, and an
// empty one after each reconnect, because notifications in between are gone.
type Listener struct {
	cfg      *pgx.ConnConfig
	clock    clock.Clock
	channels []string

	mu   sync.Mutex
	subs map[string][]*subscription
}

type subscription struct{ ch chan string }

// subscriptionBuffer holds what arrives while a subscriber is busy. When it is
// full a payload is dropped and the subscriber finds an empty one in its place
// at the end, which means the same as after a reconnect: look at everything.
const subscriptionBuffer = 256

// Listen prepares a listener for the channels; Run connects it. It uses a
// connection of its own, outside the pool: LISTEN belongs to a session.
func Listen(d *DB, c clock.Clock, channels ...string) *Listener {
	cfg := d.Config().ConnConfig.Copy()
	cfg.RuntimeParams["application_name"] += " listen"
	return &Listener{cfg: cfg, clock: c, channels: channels, subs: map[string][]*subscription{}}
}

// Subscribe returns the payloads of one channel until ctx ends. An empty
// payload means that some may have been missed.
func (l *Listener) Subscribe(ctx context.Context, channel string) <-chan string {
	s := &subscription{ch: make(chan string, subscriptionBuffer)}
	l.mu.Lock()
	l.subs[channel] = append(l.subs[channel], s)
	l.mu.Unlock()
	context.AfterFunc(ctx, func() { l.unsubscribe(channel, s) })
	return s.ch
}

func (l *Listener) unsubscribe(channel string, gone *subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.subs[channel][:0:0]
	for _, s := range l.subs[channel] {
		if s != gone {
			kept = append(kept, s)
		}
	}
	l.subs[channel] = kept
}

// Nudge is Subscribe for a loop that only wants to be woken: any number of
// notifications while it is busy are one.
func (l *Listener) Nudge(ctx context.Context, channel string) <-chan struct{} {
	in := l.Subscribe(ctx, channel)
	out := make(chan struct{}, 1)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-in:
			}
			select {
			case out <- struct{}{}:
			default:
			}
		}
	}()
	return out
}

// Reconnects begin at 100 ms and double up to 5 s: a restart of the server is
// noticed soon, a long outage does not fill the log.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// Run keeps the connection until ctx ends.
func (l *Listener) Run(ctx context.Context) {
	backoff := firstBackoff
	for ctx.Err() == nil {
		connected, err := l.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			backoff = firstBackoff
		}
		slog.WarnContext(ctx, "database notifications interrupted", "error", err, "again_in", backoff.String())
		if clock.Sleep(ctx, l.clock, backoff) != nil {
			return
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

func (l *Listener) session(ctx context.Context) (connected bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, l.cfg)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, c := range l.channels {
		if _, err := conn.Exec(ctx, "listen "+pgx.Identifier{c}.Sanitize()); err != nil {
			return false, fmt.Errorf("listen on %s: %w", c, err)
		}
	}
	l.nudgeAll()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return true, fmt.Errorf("wait for notification: %w", err)
		}
		l.deliver(n.Channel, n.Payload)
	}
}

func (l *Listener) nudgeAll() {
	for _, c := range l.channels {
		l.deliver(c, "")
	}
}

func (l *Listener) deliver(channel, payload string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.subs[channel] {
		s.put(payload)
	}
}

// put never blocks: one slow subscriber must not hold up the others. The last
// place of the buffer is kept for the empty payload that says "some were lost".
// Only deliver calls it, under the lock, so the length can only shrink meanwhile.
func (s *subscription) put(payload string) {
	switch {
	case len(s.ch) < cap(s.ch)-1:
		s.ch <- payload
	case len(s.ch) == cap(s.ch)-1:
		s.ch <- ""
	}
}

// Notify sends a nudge that arrives when tx commits. PostgreSQL folds equal
// ones of the same transaction into one.
func Notify(ctx context.Context, tx Tx, channel, payload string) error {
	if _, err := tx.Exec(ctx, "select pg_notify($1, $2)", channel, payload); err != nil {
		return fmt.Errorf("notify %s: %w", channel, err)
	}
	return nil
}
