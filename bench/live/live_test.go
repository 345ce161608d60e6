package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
	"patchmanager/internal/live"
	"patchmanager/internal/pgserver"
	"patchmanager/internal/runner"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/pgtest"
)

const (
	running   = 50  // hosts that run and talk
	perSecond = 10  // events of each
	eventsOf  = 200 // each host tells in all
	orders    = 60  // measured while they run
)

type manager struct {
	b     *testing.B
	db    *db.DB
	jobs  *jobs.Service
	live  *live.Service
	actor auth.Actor
	ca    *agenttest.CA
	url   string
}

// SessionActor implements live.Sessions.
func (m *manager) SessionActor(context.Context, ids.ID, netip.Addr) (auth.Actor, error) {
	return m.actor, nil
}

func startManager(b *testing.B) *manager {
	dir := pgtest.Dir(b)
	pg, err := pgserver.Start(b.Context(), pgserver.Config{Dir: dir, Clock: clock.System()})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, pg.Stop(context.Background())) })
	m := &manager{b: b, ca: agenttest.NewCA(b), actor: auth.Actor{UserID: ids.New(), SessionID: ids.New(), Name: "admin", Role: auth.RoleAdmin}}
	m.db, err = db.Open(b.Context(), pg.DSN("postgres"), db.Options{MaxConns: 16})
	require.NoError(b, err)
	b.Cleanup(m.db.Close)
	require.NoError(b, db.Migrate(b.Context(), m.db))
	m.signIn()

	client := agentclient.New(agentclient.Config{TLS: m.ca.ClientTLS})
	listener := db.Listen(m.db, clock.System(), db.ChannelJobs, db.ChannelEvents)
	m.jobs = jobs.New(jobs.Deps{DB: m.db, Clock: clock.System(), Agents: jobs.AgentsOf(client), Listener: listener})
	m.live = live.New(live.Deps{DB: m.db, Clock: clock.System(), Jobs: m.jobs, Sessions: m, Listener: listener})
	srv := httptest.NewServer(m.live.Socket())
	m.url = "ws" + strings.TrimPrefix(srv.URL, "http")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { listener.Run(ctx) })
	wg.Go(func() { runner.Run(ctx, clock.System(), append(m.jobs.Loops(ctx), m.live.Loops()...)...) })
	b.Cleanup(func() { cancel(); wg.Wait(); srv.Close() })
	return m
}

func (m *manager) signIn() {
	_, err := m.db.Exec(m.b.Context(), `insert into auth_user (id, username, role, password_hash, created_at, password_changed_at)
		values ($1, 'admin', 'admin', 'x', now(), now())`, m.actor.UserID)
	require.NoError(m.b, err)
	_, err = m.db.Exec(m.b.Context(), `insert into auth_session (id, user_id, created_at, last_used_at, expires_at, address, user_agent)
		values ($1, $2, now(), now(), now() + interval '1 d', '', '')`, m.actor.SessionID, m.actor.UserID)
	require.NoError(m.b, err)
}

func (m *manager) host(n int, script agenttest.Script) (ids.ID, *agenttest.Agent) {
	id := ids.New()
	a := agenttest.Start(m.b, agenttest.Options{CA: m.ca, HostID: id, Script: script})
	_, err := m.db.Exec(m.b.Context(), `insert into host (id, name, machine_id, address, port, enrolled_at, state_since)
		values ($1, $2, $2, $3, $4, now(), now())`, id, fmt.Sprintf("host-%03d", n), a.Target().Address, a.Target().Port)
	require.NoError(m.b, err)
	return id, a
}

func (m *manager) order(hostIDs ...ids.ID) jobs.Job {
	j, err := m.jobs.Create(m.b.Context(), m.actor, jobs.JobInput{Kind: jobs.KindRefresh, HostIDs: hostIDs, Reboot: "never"})
	require.NoError(m.b, err)
	return j
}

// browser follows a job and returns how long each of n events took from the
// agent to here.
func (m *manager) browser(job ids.ID, n int) []time.Duration {
	t, err := m.live.CreateTicket(m.b.Context(), m.actor)
	require.NoError(m.b, err)
	conn, _, err := websocket.Dial(m.b.Context(), m.url+"?ticket="+t.Ticket, nil)
	require.NoError(m.b, err)
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	require.NoError(m.b, conn.Write(m.b.Context(), websocket.MessageText,
		fmt.Appendf(nil, `{"action":"subscribe","channel":"job","job_id":"%s","after":0}`, job)))
	var took []time.Duration
	for len(took) < n {
		_, b, err := conn.Read(m.b.Context())
		require.NoError(m.b, err)
		var e struct {
			Type string    `json:"type"`
			Kind string    `json:"kind"`
			At   time.Time `json:"at"`
		}
		require.NoError(m.b, json.Unmarshal(b, &e))
		if e.Type == "event" && e.Kind == "log" {
			took = append(took, time.Since(e.At))
		}
	}
	return took
}

func BenchmarkOrdersAndEvents(b *testing.B) {
	m := startManager(b)
	quiet, agent := m.host(0, nil)
	talk := func(r *agenttest.Run) *agentapi.Error {
		tick := time.NewTicker(time.Second / perSecond)
		defer tick.Stop()
		for i := range eventsOf {
			select {
			case <-tick.C:
				r.Log("Unpacking package-%d:amd64 (1.2.3-4+deb12u2) over (1.2.3-4+deb12u1) ...", i)
			case <-r.Context().Done():
				return nil
			}
		}
		return nil
	}
	var talkers []ids.ID
	for n := range running {
		id, _ := m.host(n+1, talk)
		talkers = append(talkers, id)
	}
	for b.Loop() {
		round(b, m, quiet, agent, talkers)
	}
}

func round(b *testing.B, m *manager, quiet ids.ID, agent *agenttest.Agent, talkers []ids.ID) {
	job := m.order(talkers...)
	events := make(chan []time.Duration, 1)
	go func() { events <- m.browser(job.ID, running*eventsOf) }()
	var took []time.Duration
	for range orders {
		before := len(agent.Orders())
		began := time.Now()
		j := m.order(quiet)
		for { // the host must be free for the next order
			got, err := m.jobs.Get(b.Context(), hosts.ScopeOf(m.actor), j.ID)
			require.NoError(b, err)
			if got.FinishedAt != nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		took = append(took, agent.Orders()[before].At.Sub(began))
	}
	report(b, "order", took)
	report(b, "event", <-events)
}

func report(b *testing.B, what string, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), what+"-p50-ms")
	b.ReportMetric(at(0.95), what+"-p95-ms")
	b.ReportMetric(at(1), what+"-max-ms")
}
