package live

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/coder/websocket"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

const (
	// maxSubscriptions of one connection: more than any page shows.
	maxSubscriptions = 64
	// flushEvery bounds the summaries of one job to four a second.
	flushEvery = 250 * time.Millisecond
	// checkEvery is how soon an ended session is noticed; the promise is 5 s.
	checkEvery = 2 * time.Second
	pingEvery  = 15 * time.Second
	// writeTimeout is how long one message may take to leave.
	writeTimeout = 10 * time.Second
)

// client is one connection.
type client struct {
	s     *Service
	conn  *websocket.Conn
	actor auth.Actor
	scope hosts.Scope
	mark  string // of the hosts that the scope held when the connection began

	jobs  map[ids.ID]*subscription
	fleet bool
	notes int64 // how far the hub's notes were read

	dirty     map[ids.ID]map[ids.ID]bool // jobs to be told about, with their changed hosts
	hosts     map[ids.ID]bool            // hosts to be told about
	allHosts  bool
	flushedAt time.Time
}

// subscription is one followed job.
type subscription struct {
	cursor   int64 // every event up to it has been sent
	visible  map[ids.ID]bool
	caughtUp bool
}

// closing ends a connection with a code and a word for the browser.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c closing) Error() string { return c.reason }

var (
	errSlow         = closing{websocket.StatusTryAgainLater, "too_slow"}
	errSessionEnded = closing{websocket.StatusPolicyViolation, "session_ended"}
	errRights       = closing{websocket.StatusTryAgainLater, "rights_changed"}
	errRequest      = closing{websocket.StatusUnsupportedData, "not_understood"}
	errStopping     = closing{websocket.StatusGoingAway, "server_stops"}
)

// newClient reads the position of the hub before the mark: a membership that
// changes after the mark is heard of later.
func newClient(ctx context.Context, s *Service, conn *websocket.Conn, actor auth.Actor) (*client, error) {
	c := &client{s: s, conn: conn, actor: actor, scope: hosts.ScopeOf(actor), jobs: map[ids.ID]*subscription{},
		notes: s.hub.position().notes, dirty: map[ids.ID]map[ids.ID]bool{}, hosts: map[ids.ID]bool{}}
	var err error
	c.mark, err = hosts.Mark(ctx, s.db, c.scope)
	return c, err
}

// serve runs the connection to its end.
func (c *client) serve(ctx context.Context) {
	// reading goes on when ctx ends: the library breaks a connection whose
	// reader is cancelled, and the browser would never hear why
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer c.conn.CloseNow()
	requests := make(chan request)
	read := make(chan error, 1)
	go func() { read <- c.read(reading, requests) }()
	err := c.loop(ctx, requests, read)
	if ctx.Err() != nil {
		err = errStopping // whatever it was doing at that moment
	}
	var end closing
	switch {
	case errors.As(err, &end):
		c.conn.Close(end.code, end.reason)
	case err != nil && websocket.CloseStatus(err) == -1 && ctx.Err() == nil:
		slog.DebugContext(ctx, "live connection broke", "error", err, "user", c.actor.Name)
	}
}

func (c *client) read(ctx context.Context, out chan<- request) error {
	for {
		_, b, err := c.conn.Read(ctx)
		if err != nil {
			return err
		}
		var r request
		if json.Unmarshal(b, &r) != nil {
			return errRequest
		}
		select {
		case out <- r:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// loop waits for something to do and does all of it, one thing after another:
// a connection writes from this goroutine only.
func (c *client) loop(ctx context.Context, requests <-chan request, read <-chan error) error {
	check, ping := c.s.clock.After(checkEvery), c.s.clock.After(pingEvery)
	var flush <-chan time.Time
	for {
		hub := c.s.hub.position()
		if err := c.deliver(ctx); err != nil {
			return err
		}
		if flush == nil && c.hasDirty() {
			flush = c.s.clock.After(max(0, flushEvery-c.s.clock.Now().Sub(c.flushedAt)))
		}
		var err error
		select {
		case <-ctx.Done():
			return errStopping
		case err = <-read:
			return err
		case r := <-requests:
			err = c.handle(ctx, r)
		case <-hub.changed:
		case <-flush:
			flush = nil
			err = c.flush(ctx)
		case <-check:
			check = c.s.clock.After(checkEvery)
			err = c.check(ctx)
		case <-ping:
			ping = c.s.clock.After(pingEvery)
			err = c.ping(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// check ends the connection of a session that has ended or may see other hosts
// now. Trouble of our own does not: the next check will tell.
func (c *client) check(ctx context.Context) error {
	actor, err := c.s.sessions.SessionActor(ctx, c.actor.SessionID, c.actor.Address)
	if _, refused := apierr.As(err); refused {
		return errSessionEnded
	}
	if err != nil {
		slog.WarnContext(ctx, "live session not checked", "error", err)
		return nil
	}
	if hosts.ScopeOf(actor) != c.scope {
		return errRights
	}
	return nil
}

// checkView ends the connection when memberships have changed which hosts are in
// its scope: what it keeps about jobs was true of the old ones. The browser
// comes back and asks for everything anew. The memberships of a deleted user go
// too, so who it is comes first: that session has ended.
func (c *client) checkView(ctx context.Context) error {
	if err := c.check(ctx); err != nil {
		return err
	}
	mark, err := hosts.Mark(ctx, c.s.db, c.scope)
	if err != nil {
		return err
	}
	if mark != c.mark {
		return errRights
	}
	return nil
}

func (c *client) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return c.conn.Ping(ctx)
}

// handle carries out a request of the browser.
func (c *client) handle(ctx context.Context, r request) error {
	switch r.Action + " " + r.Channel {
	case "subscribe fleet":
		c.fleet = true
	case "unsubscribe fleet":
		c.fleet = false
	case "subscribe job":
		return c.subscribe(ctx, r)
	case "unsubscribe job":
		delete(c.jobs, r.JobID)
	default:
		return errRequest
	}
	return nil
}

func (c *client) subscribe(ctx context.Context, r request) error {
	if len(c.jobs) >= maxSubscriptions && c.jobs[r.JobID] == nil {
		return c.say(ctx, errorMessage{"error", "too_many_subscriptions", "This connection follows too many jobs already."})
	}
	visible, err := c.s.jobs.VisibleHosts(ctx, c.scope, r.JobID)
	if err != nil {
		return err
	}
	if len(visible) == 0 {
		return c.say(ctx, errorMessage{"error", "not_found", "There is no such job."})
	}
	c.jobs[r.JobID] = &subscription{cursor: max(0, r.After), visible: visible}
	c.touch(r.JobID)
	return nil
}

// say sends one message.
func (c *client) say(ctx context.Context, message any) error {
	b, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, b)
}
