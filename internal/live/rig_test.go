package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
	"patchmanager/internal/runner"
	"patchmanager/internal/testkit/pgtest"
)

// rig is a live service behind a real listener, with one signed-in admin.
type rig struct {
	t       testing.TB
	db      *db.DB
	s       *Service
	url     string
	actor   auth.Actor
	ended   atomic.Bool
	job     ids.ID
	jobHost ids.ID
	host    ids.ID
}

// SessionActor implements Sessions.
func (r *rig) SessionActor(_ context.Context, session ids.ID, addr netip.Addr) (auth.Actor, error) {
	if r.ended.Load() || session != r.actor.SessionID {
		return auth.Actor{}, apierr.Unauthorized("session_ended", "The session has ended.")
	}
	a := r.actor
	a.Address = addr
	return a, nil
}

func newRig(t testing.TB, c clock.Clock, behind int) *rig {
	r := &rig{t: t, db: pgtest.New(t), actor: auth.Actor{UserID: ids.New(), SessionID: ids.New(), Name: "admin", Role: auth.RoleAdmin}}
	r.exec(`insert into auth_user (id, username, role, password_hash, created_at, password_changed_at) values ($1, 'admin', 'admin', 'x', now(), now())`, r.actor.UserID)
	r.exec(`insert into auth_session (id, user_id, created_at, last_used_at, expires_at, address, user_agent)
		values ($1, $2, now(), now(), now() + interval '1 h', '', '')`, r.actor.SessionID, r.actor.UserID)
	r.job, r.jobHost, r.host = r.newJob("web-01")
	listener := db.Listen(r.db, clock.System(), db.ChannelEvents)
	r.s = New(Deps{DB: r.db, Clock: c, Jobs: jobs.New(jobs.Deps{DB: r.db, Clock: c}), Sessions: r, Listener: listener, Behind: behind})
	srv := httptest.NewServer(r.s.Socket())
	r.url = "ws" + strings.TrimPrefix(srv.URL, "http")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		runner.Run(ctx, clock.System(), r.s.Loops()...)
	}()
	listening := make(chan struct{})
	r.hear(1) // the start; it subscribed before
	go func() {
		defer close(listening)
		listener.Run(ctx)
	}()
	r.hear(2) // the connect; from here on no notification is lost
	t.Cleanup(func() { cancel(); <-done; <-listening; srv.Close() })
	return r
}

// hear waits until the hub has made a number of notes. A test that begins with
// the hub still connecting would see its own notifications lost, or folded into
// the one word that anything may have changed.
func (r *rig) hear(notes int64) {
	r.t.Helper()
	timeout := time.After(patience)
	for {
		p := r.s.hub.position()
		if p.notes >= notes {
			return
		}
		select {
		case <-p.changed:
		case <-timeout:
			require.FailNow(r.t, "the hub does not start")
		}
	}
}

// patience ends a test that waits for what will never come, long before the
// whole run is given up.
const patience = time.Minute

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.db.Exec(context.Background(), sql, args...)
	require.NoError(r.t, err)
}

func (r *rig) newJob(name string) (job, jobHost, host ids.ID) {
	job, jobHost, host = ids.New(), ids.New(), ids.New()
	r.exec(`insert into host (id, name, machine_id, address, port, enrolled_at, state_since) values ($1, $2, $2, 'x', 1, now(), now())`, host, name)
	r.exec(`insert into job (id, kind, title, reboot, allow_removals, created_at, created_by, deadline_at)
		values ($1, 'refresh', 't', 'never', false, now(), 'admin', now() + interval '1 d')`, job)
	r.exec(`insert into job_host (id, job_id, host_id, state, due_at, deadline_at) values ($1, $2, $3, 'queued', now(), now())`, jobHost, job, host)
	return job, jobHost, host
}

// tell stores events as jobs does: ids under a lock, a notification with the commit.
func (r *rig) tell(kind string, lines ...string) {
	r.t.Helper()
	ctx := context.Background()
	err := r.db.InTx(ctx, func(tx db.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(1886191618)"); err != nil {
			return err
		}
		for _, l := range lines {
			if _, err := tx.Exec(ctx, `insert into job_event (id, job_id, host_id, job_host_id, run, seq, at, kind, phase, line, stream, state, progress, message, package)
				values (nextval('job_event_id'), $1, $2, $3, 1, 0, now(), $4, 'unpack', $5, 'tool', 'running', 0, '', '')`,
				r.job, r.host, r.jobHost, kind, l); err != nil {
				return err
			}
		}
		return db.Notify(ctx, tx, db.ChannelEvents, "events")
	})
	require.NoError(r.t, err)
}

func (r *rig) dial() *websocket.Conn {
	r.t.Helper()
	t, err := r.s.CreateTicket(context.Background(), r.actor)
	require.NoError(r.t, err)
	conn, _, err := websocket.Dial(context.Background(), r.url+"?ticket="+t.Ticket, nil)
	require.NoError(r.t, err)
	conn.SetReadLimit(1 << 20)
	return conn
}

func (r *rig) send(conn *websocket.Conn, format string, args ...any) {
	r.t.Helper()
	require.NoError(r.t, conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, format, args...)))
}

func (r *rig) subscribe(conn *websocket.Conn, after int64) {
	r.t.Helper()
	r.send(conn, `{"action":"subscribe","channel":"job","job_id":"%s","after":%d}`, r.job, after)
}

// message is any message of the server.
type message struct {
	Type   string          `json:"type"`
	ID     int64           `json:"id"`
	Line   string          `json:"line"`
	After  int64           `json:"after"`
	Code   string          `json:"code"`
	HostID string          `json:"host_id"`
	Job    json.RawMessage `json:"job"`
}

func (r *rig) next(conn *websocket.Conn) (m message, err error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	_, b, err := conn.Read(ctx)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(b, &m)
}

// until reads until a message of a kind arrives.
func (r *rig) until(conn *websocket.Conn, kind string) message {
	r.t.Helper()
	for {
		m, err := r.next(conn)
		require.NoError(r.t, err)
		if m.Type == kind {
			return m
		}
	}
}

func (r *rig) storedIDs() (out []int64) {
	r.t.Helper()
	events, err := r.s.jobs.JobEvents(context.Background(), clientScope(r), r.job, 0, 1_000_000)
	require.NoError(r.t, err)
	for _, e := range events {
		out = append(out, e.ID)
	}
	return out
}
