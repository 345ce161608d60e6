package live

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/clock"
	"patchmanager/internal/hosts"
	"patchmanager/internal/testkit/fakeclock"
)

func clientScope(r *rig) hosts.Scope { return hosts.ScopeOf(r.actor) }

// TestBrowserReconnectsInTheMiddleOfALog writes from four sides at once while a
// browser comes and goes; in the end it has seen what is stored, each once, in order.
func TestBrowserReconnectsInTheMiddleOfALog(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	const writers, batches, lines = 4, 50, 5
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for b := range batches {
				var batch []string
				for l := range lines {
					batch = append(batch, fmt.Sprintf("%d.%d.%d", w, b, l))
				}
				r.tell("log", batch...)
			}
		})
	}
	var seen []int64
	cursor := int64(0)
	for len(seen) < writers*batches*lines {
		conn := r.dial()
		r.subscribe(conn, cursor)
		for range 1 + rand.IntN(120) {
			m, err := r.next(conn)
			require.NoError(t, err)
			if m.Type == "event" {
				seen = append(seen, m.ID)
				cursor = m.ID
			}
			if len(seen) == writers*batches*lines {
				break
			}
		}
		conn.CloseNow()
	}
	wg.Wait()
	require.Equal(t, r.storedIDs(), seen)
}

func TestCatchesUpFromTheDatabaseAndSaysSo(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	for range 30 {
		r.tell("log", make([]string, 100)...)
	}
	conn := r.dial()
	defer conn.CloseNow()
	r.subscribe(conn, 0)
	n, caughtUp := 0, false
	for n < 3000 || !caughtUp {
		m, err := r.next(conn)
		require.NoError(t, err)
		caughtUp = caughtUp || m.Type == "caught_up"
		if m.Type == "event" {
			n++
		}
	}
	r.tell("log", "later")
	require.Equal(t, "later", r.until(conn, "event").Line)
}

func TestSlowBrowserIsClosedAndComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 50)
	conn := r.dial()
	defer conn.CloseNow()
	r.subscribe(conn, 0)
	r.until(conn, "caught_up")
	long := strings.Repeat("x", 8000)
	for range 60 { // 24 MB: more than the sockets hold
		batch := make([]string, 50)
		for i := range batch {
			batch[i] = long
		}
		r.tell("log", batch...)
	}
	cursor := int64(0)
	for {
		m, err := r.next(conn)
		if err != nil {
			require.Equal(t, websocket.StatusTryAgainLater, websocket.CloseStatus(err), "%v", err)
			break
		}
		if m.Type == "event" {
			require.Equal(t, cursor+1, m.ID)
			cursor = m.ID
		}
	}
	require.Less(t, cursor, int64(3000))
	again := r.dial()
	defer again.CloseNow()
	r.subscribe(again, cursor)
	for cursor < 3000 {
		m := r.until(again, "event")
		require.Equal(t, cursor+1, m.ID)
		cursor = m.ID
	}
}

func TestSummariesAreCoalesced(t *testing.T) {
	t.Parallel()
	c := fakeclock.New(clock.System().Now())
	r := newRig(t, c, 0)
	conn := r.dial()
	defer conn.CloseNow()
	r.subscribe(conn, 0)
	r.until(conn, "caught_up")
	c.Advance(flushEvery)
	r.until(conn, "job") // the one of the subscription
	jobs, events := 0, 0
	for range 20 {
		r.tell("status", "")
	}
	for events < 20 {
		m, err := r.next(conn)
		require.NoError(t, err)
		switch m.Type {
		case "event":
			events++
		case "job":
			jobs++
		}
	}
	require.LessOrEqual(t, jobs, 1)
	c.Advance(flushEvery)
	r.until(conn, "job")
}

func TestEndedSessionIsClosed(t *testing.T) {
	t.Parallel()
	c := fakeclock.New(clock.System().Now())
	r := newRig(t, c, 0)
	conn := r.dial()
	defer conn.CloseNow()
	r.subscribe(conn, 0)
	r.until(conn, "caught_up")
	r.ended.Store(true)
	c.Advance(checkEvery)
	for {
		if _, err := r.next(conn); err != nil {
			require.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err), "%v", err)
			return
		}
	}
}

func TestTicketWorksOnceAndForAMinute(t *testing.T) {
	t.Parallel()
	c := fakeclock.New(clock.System().Now())
	r := newRig(t, c, 0)
	first, err := r.s.CreateTicket(t.Context(), r.actor)
	require.NoError(t, err)
	_, err = r.s.redeem(t.Context(), first.Ticket)
	require.NoError(t, err)
	second, err := r.s.CreateTicket(t.Context(), r.actor)
	require.NoError(t, err)
	c.Advance(ticketLife)
	for _, ticket := range []string{first.Ticket, second.Ticket, "", "guess"} {
		_, err = r.s.redeem(t.Context(), ticket)
		e, ok := apierr.As(err)
		require.True(t, ok)
		require.Equal(t, "ticket_invalid", e.Code)
	}
	_, res, err := websocket.Dial(t.Context(), r.url+"?ticket=guess", nil)
	require.Error(t, err)
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
}

func TestForeignPageIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	ticket, err := r.s.CreateTicket(t.Context(), r.actor)
	require.NoError(t, err)
	_, res, err := websocket.Dial(t.Context(), r.url+"?ticket="+ticket.Ticket,
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example.com"}}})
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, res.StatusCode)
}

func TestLimitsOfAConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	conn := r.dial()
	defer conn.CloseNow()
	r.send(conn, `{"action":"subscribe","channel":"job","job_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}`)
	require.Equal(t, "not_found", r.until(conn, "error").Code)
	r.subscribe(conn, 0)
	for i := range maxSubscriptions {
		r.job, _, _ = r.newJob(fmt.Sprintf("more-%d", i))
		r.subscribe(conn, 0)
	}
	require.Equal(t, "too_many_subscriptions", r.until(conn, "error").Code)
	for _, text := range []string{"no json", `{"action":"drop"}`, strings.Repeat("x", maxRequest+1)} {
		bad := r.dial()
		r.send(bad, "%s", text)
		_, err := r.next(bad)
		require.Contains(t, []websocket.StatusCode{websocket.StatusUnsupportedData, websocket.StatusMessageTooBig}, websocket.CloseStatus(err))
		bad.CloseNow()
	}
}

func TestFleetHearsOfHostsAndJobs(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	conn := r.dial()
	defer conn.CloseNow()
	r.send(conn, `{"action":"subscribe","channel":"fleet"}`)
	r.send(conn, `{"action":"subscribe","channel":"job","job_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}`)
	r.until(conn, "error") // both were heard
	r.exec("select pg_notify('pm_events', $1)", "hosts "+r.host.String())
	require.Equal(t, r.host.String(), r.until(conn, "host").HostID)
	r.tell("status", "")
	r.until(conn, "job")
}

// TestHubThatStartsAgainSaysThatSomeWasMissed: between two turns of the hub
// nobody hears the database.
func TestHubThatStartsAgainSaysThatSomeWasMissed(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	conn := r.dial()
	defer conn.CloseNow()
	r.send(conn, `{"action":"subscribe","channel":"fleet"}`)
	r.send(conn, `{"action":"subscribe","channel":"job","job_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}`)
	r.until(conn, "error") // both were heard
	require.NoError(t, r.s.startHub(t.Context()))
	require.Empty(t, r.until(conn, "host").HostID)
}

// TestRingGoesOnInTheDatabase checks the hand-over where the ring has moved on.
func TestRingGoesOnInTheDatabase(t *testing.T) {
	var r ring[int64]
	for i := range int64(ringSize + 10) {
		r.push(i)
	}
	require.Equal(t, int64(10), r.start())
	require.Equal(t, []int64{ringSize + 8, ringSize + 9}, r.after(func(v int64) bool { return v > ringSize+7 }))
	require.Empty(t, r.after(func(v int64) bool { return v > ringSize+9 }))
	require.Len(t, r.after(func(int64) bool { return true }), ringSize)
}
