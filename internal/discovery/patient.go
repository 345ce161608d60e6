package discovery

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// patient is a connection under a handshake. The other side has a limited time
// to begin its answer. Once it has, the handshake waits for its turn to compute,
// and the other side has the same time once more to end it. So a thousand
// machines that accept connections and say nothing hold up nobody, and a
// thousand that answer at once do not run into the limit because we are slow.
type patient struct {
	net.Conn
	ctx   context.Context //nolint:containedctx // of one handshake, whose calls take none
	p     *prober
	heard []byte // how the answer begins

	answered bool
	greeted  func() // gives the place of its hello back, once
	ended    func()
	turn     bool

	mu     sync.Mutex
	limit  int  // counts limits: a late one must not end its successor
	paused bool // waits for its turn: no limit holds
	stop   func() bool
}

// maxHeard is enough to tell an SSH banner or an HTTP answer.
const maxHeard = 16

// lateGrace is for an answer that arrived in time while this process had none
// itself: it is looked for once more.
const lateGrace = 20 * time.Millisecond

// newPatient waits for a place to greet. It closes conn when ctx ends first.
func newPatient(ctx context.Context, conn net.Conn, p *prober) (*patient, error) {
	select {
	case p.hellos <- struct{}{}:
	case <-ctx.Done():
		conn.Close()
		return nil, ctx.Err()
	}
	c := &patient{Conn: conn, ctx: ctx, p: p, greeted: sync.OnceFunc(func() { <-p.hellos }), stop: func() bool { return true }}
	mute, cancel := context.WithTimeout(ctx, p.muteAfter)
	stop := context.AfterFunc(mute, c.greeted)
	c.ended = func() { stop(); cancel(); c.greeted() }
	c.allow(p.handshakeTime)
	return c, nil
}

// allow ends reading and writing after d, or when the scan ends.
func (c *patient) allow(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop()
	c.paused = false
	c.limit++
	mine := c.limit
	limited, cancel := context.WithTimeout(c.ctx, d)
	stop := context.AfterFunc(limited, func() { c.expire(mine) })
	c.stop = func() bool { defer cancel(); return stop() }
	c.SetDeadline(time.Time{}) //nolint:errcheck // a connection that is gone fails with its next use
}

// pause lifts the limit while the connection waits for us.
func (c *patient) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = true
}

func (c *patient) expire(which int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if which == c.limit && !c.paused {
		c.SetDeadline(time.Unix(1, 0)) //nolint:errcheck // as above
	}
}

// Read implements net.Conn.
func (c *patient) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.answered {
		return n, err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && c.ctx.Err() == nil {
		c.allow(lateGrace)
		n, err = c.Conn.Read(b)
	}
	if n == 0 {
		return n, err
	}
	c.answered = true
	c.greeted()
	c.heard = append(c.heard, b[:min(n, maxHeard)]...)
	c.pause()
	select {
	case c.p.turns <- struct{}{}:
		c.turn = true
	case <-c.ctx.Done():
		return 0, c.ctx.Err()
	}
	c.allow(c.p.handshakeTime)
	return n, err
}

func (c *patient) end() {
	c.ended()
	if c.turn {
		<-c.p.turns
	}
	c.mu.Lock()
	c.stop()
	c.limit++
	c.mu.Unlock()
	c.Conn.Close()
}
