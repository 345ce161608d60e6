package hosts_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentclient"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// admin sees and may do everything.
func admin() auth.Actor { return auth.Actor{UserID: ids.New(), Name: "admin", Role: auth.RoleAdmin} }

var everything = hosts.ScopeOf(auth.System("test"))

// bed is a database, a clock, a CA and a service that polls.
type bed struct {
	t     *testing.T
	db    *db.DB
	clock *fakeclock.Clock
	ca    *agenttest.CA
	svc   *hosts.Service
	fake  *collector
	gone  []ids.ID // revoked
}

func newBed(t *testing.T) *bed {
	b := &bed{t: t, db: pgtest.New(t), clock: fakeclock.New(start), ca: agenttest.NewCA(t), fake: &collector{}}
	b.svc = b.service()
	return b
}

// service makes one more worker on the same database.
func (b *bed) service() *hosts.Service {
	client := agentclient.New(agentclient.Config{TLS: b.ca.ClientTLS, Timeouts: agentclient.Timeouts{Dial: 5 * time.Second}})
	b.t.Cleanup(client.Close)
	return hosts.New(hosts.Deps{DB: b.db, Clock: b.clock, Agents: client, Patches: b.fake, Certificates: b, Resolver: names{}})
}

// Revoke implements hosts.Revoker.
func (b *bed) Revoke(_ context.Context, _ db.Tx, host ids.ID, _ string) error {
	b.gone = append(b.gone, host)
	return nil
}

// RevokeAll implements hosts.Revoker.
func (b *bed) RevokeAll(_ context.Context, _ db.Tx, list []ids.ID, _ string) error {
	b.gone = append(b.gone, list...)
	return nil
}

// collector counts what it was asked for.
type collector struct {
	mu    sync.Mutex
	asked []ids.ID
	err   error
}

func (c *collector) Collect(_ context.Context, _ *agentclient.Agent, host ids.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, host)
	return c.err
}

func (c *collector) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func (c *collector) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.asked)
}

// host enrolls a host whose agent listens where the target says.
func (b *bed) host(name string, at agentclient.Target) ids.ID {
	b.t.Helper()
	var id ids.ID
	require.NoError(b.t, b.db.InTx(b.t.Context(), func(tx db.Tx) (err error) {
		id, err = hosts.Attach(b.t.Context(), tx, nil, hosts.Enrolled{Name: name, FQDN: name + ".example.com", MachineID: name,
			Address: at.Address, Port: at.Port, OS: "Debian"}, b.clock.Now())
		return err
	}))
	return id
}

// agentFor starts an agent for a host that is enrolled already.
func (b *bed) agentFor(name string) (*agenttest.Agent, ids.ID) {
	b.t.Helper()
	id := b.host(name, agentclient.Target{Address: "192.0.2.1", Port: 1})
	a := agenttest.Start(b.t, agenttest.Options{CA: b.ca, HostID: id, Clock: b.clock})
	at := a.Target()
	_, err := b.db.Exec(b.t.Context(), "update host set address = $2, port = $3 where id = $1", id, at.Address, at.Port)
	require.NoError(b.t, err)
	return a, id
}

// poll makes every poll that is due now.
func (b *bed) poll() { drain(b.t, b.svc) }

func drain(t *testing.T, s *hosts.Service) {
	t.Helper()
	loop := s.Loops()[0]
	for again := true; again; {
		var err error
		again, err = loop.Once(t.Context())
		require.NoError(t, err)
	}
}

func (b *bed) get(id ids.ID) hosts.Host {
	b.t.Helper()
	h, err := b.svc.Get(b.t.Context(), everything, id)
	require.NoError(b.t, err)
	return h
}
