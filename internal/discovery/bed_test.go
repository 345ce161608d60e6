package discovery

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/ca"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/pgtest"
)

// movable is the machine's clock, moved on by the test: what works while the
// test runs takes real time, and leases and retention need not.
type movable struct {
	clock.Clock
	ahead atomic.Int64
}

func newMovable() *movable { return &movable{Clock: clock.System()} }

// Now implements clock.Clock.
func (m *movable) Now() time.Time { return m.Clock.Now().Add(time.Duration(m.ahead.Load())) }

// Advance moves it on.
func (m *movable) Advance(d time.Duration) { m.ahead.Add(int64(d)) }

// bed is a database and a network that the test makes up: whoever is not in it
// refuses.
type bed struct {
	t     *testing.T
	db    *db.DB
	clock *movable
	ca    *agenttest.CA
	svc   *Service

	mu      sync.Mutex
	there   map[netip.Addr]DialFunc
	others  DialFunc
	dialled map[netip.Addr]int
}

func newBed(t *testing.T) *bed {
	b := &bed{t: t, db: pgtest.New(t), clock: newMovable(), ca: agenttest.NewCA(t), there: map[netip.Addr]DialFunc{},
		others: refuses, dialled: map[netip.Addr]int{}}
	b.svc = b.worker(b.db, b.clock)
	return b
}

// worker is one more process.
func (b *bed) worker(d *db.DB, c clock.Clock) *Service {
	return New(Deps{DB: d, Clock: c, TLS: b.ca.ClientTLS, Dial: b.dial, Resolve: b.resolve,
		EnrollCommand: func() string { return "enroll" }})
}

func (b *bed) dial(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
	b.mu.Lock()
	b.dialled[at.Addr()]++
	fn := b.there[at.Addr()]
	if fn == nil {
		fn = b.others
	}
	b.mu.Unlock()
	return fn(ctx, at)
}

func (b *bed) resolve(_ context.Context, a string) ([]string, error) {
	if a == "192.0.2.20" {
		return []string{"db1.example.com."}, nil
	}
	return nil, &net.DNSError{IsNotFound: true}
}

func refuses(context.Context, netip.AddrPort) (net.Conn, error) { return nil, syscall.ECONNREFUSED }

func dropped(context.Context, netip.AddrPort) (net.Conn, error) { return nil, syscall.ETIMEDOUT }

func noWay(context.Context, netip.AddrPort) (net.Conn, error) { return nil, syscall.EHOSTUNREACH }

// hangs until the scan is stopped.
func hangs(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (b *bed) at(address string, fn DialFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.there[netip.MustParseAddr(address)] = fn
}

// agent serves with a certificate at an address.
func (b *bed) agent(address string, c tls.Certificate) {
	b.at(address, func(context.Context, netip.AddrPort) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS13})
			if server.Handshake() == nil {
				silence(server)
			}
		}()
		return near, nil
	})
}

// banner says something that is not TLS.
func (b *bed) banner(address, text string) {
	b.at(address, func(context.Context, netip.AddrPort) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			go silence(far)
			_, _ = far.Write([]byte(text))
		}()
		return near, nil
	})
}

// host is one that has enrolled with a key, which the database knows.
func (b *bed) host(name, address string) (ids.ID, tls.Certificate) {
	b.t.Helper()
	var id ids.ID
	require.NoError(b.t, b.db.InTx(b.t.Context(), func(tx db.Tx) (err error) {
		id, err = hosts.Attach(b.t.Context(), tx, nil, hosts.Enrolled{Name: name, MachineID: name, Address: address, Port: 12443}, b.clock.Now())
		return err
	}))
	c := b.ca.HostCertificate(id)
	b.exec(`insert into ca_certificate (serial, profile, host_id, key_fingerprint, names, not_before, not_after, issued_at)
		values ($1, 'host', $2, $3, '{}', $4, $5, $4)`, id[:], id, ca.KeyFingerprint(c.Leaf.RawSubjectPublicKeyInfo), b.clock.Now(), b.clock.Now().AddDate(0, 3, 0))
	return id, c
}

func (b *bed) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.db.Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

func (b *bed) one(sql string, args ...any) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.db.QueryRow(b.t.Context(), sql, args...).Scan(&n))
	return n
}

func admin() auth.Actor { return auth.Actor{UserID: ids.New(), Name: "admin", Role: auth.RoleAdmin} }

func (b *bed) scan(in ScanOrder) DiscoveryScan {
	b.t.Helper()
	d, err := b.svc.CreateScan(b.t.Context(), admin(), in)
	require.NoError(b.t, err)
	return d
}

func (b *bed) get(id ids.ID) DiscoveryScan {
	b.t.Helper()
	d, err := b.svc.Scan(b.t.Context(), admin(), id)
	require.NoError(b.t, err)
	return d
}

func (b *bed) results(id ids.ID, f ResultFilter) map[string]DiscoveryResult {
	b.t.Helper()
	f.Page, f.PageSize = 1, 1000
	p, err := b.svc.Results(b.t.Context(), admin(), id, f)
	require.NoError(b.t, err)
	require.Len(b.t, p.Items, p.Total)
	out := map[string]DiscoveryResult{}
	for _, r := range p.Items {
		out[r.Address.String()] = r
	}
	return out
}

// run works until there is nothing more to do.
func (b *bed) run(s *Service) {
	b.t.Helper()
	require.NoError(b.t, drain(b.t.Context(), s))
}

func drain(ctx context.Context, s *Service) error {
	loop := s.Loops()[0]
	for {
		again, err := loop.Once(ctx)
		if !again || err != nil || ctx.Err() != nil {
			return err
		}
	}
}

func (b *bed) lastEntry() audit.Row {
	b.t.Helper()
	entries, _, err := audit.List(b.t.Context(), b.db, audit.Filter{Limit: 1})
	require.NoError(b.t, err)
	require.NotEmpty(b.t, entries)
	return entries[0]
}

// breakAudit makes every further entry fail.
func (b *bed) breakAudit() {
	b.exec(`create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$`)
	b.exec(`create trigger refuse_entry before insert on audit_entry for each row execute function refuse_entry()`)
}

func refusal(t *testing.T, err error) *apierr.Error {
	t.Helper()
	e, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	return e
}
