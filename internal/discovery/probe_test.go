package discovery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/fakeclock"
)

// street is a number of real services on loopback addresses, one port for all.
type street struct {
	t    *testing.T
	ca   *agenttest.CA
	port uint16

	mu   sync.Mutex
	seen map[string][]*x509.Certificate // client certificates by service
	wg   sync.WaitGroup
}

func newStreet(t *testing.T) *street {
	s := &street{t: t, ca: agenttest.NewCA(t), seen: map[string][]*x509.Certificate{}}
	t.Cleanup(s.wg.Wait)
	return s
}

// listen serves every connection to an address with fn, until the test ends.
func (s *street) listen(address string, fn func(net.Conn)) netip.AddrPort {
	s.t.Helper()
	at := netip.AddrPortFrom(netip.MustParseAddr(address), s.port)
	l, err := (&net.ListenConfig{}).Listen(s.t.Context(), "tcp", at.String())
	require.NoError(s.t, err)
	s.port = l.Addr().(*net.TCPAddr).AddrPort().Port()
	s.t.Cleanup(func() { l.Close() })
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() {
				defer conn.Close()
				fn(conn)
			})
		}
	})
	return netip.AddrPortFrom(at.Addr(), s.port)
}

// tls serves TLS and notes which client certificate it is shown.
func (s *street) tls(address string, cfg *tls.Config) netip.AddrPort {
	s.t.Helper()
	return s.listen(address, func(conn net.Conn) { s.shake(address, conn, cfg) })
}

func (s *street) shake(name string, conn net.Conn, cfg *tls.Config) {
	server := tls.Server(conn, cfg)
	if err := server.HandshakeContext(s.t.Context()); err != nil {
		return
	}
	s.mu.Lock()
	s.seen[name] = server.ConnectionState().PeerCertificates
	s.mu.Unlock()
	_, _ = io.Copy(io.Discard, server)
}

// shown reports whether a service was shown the manager's certificate.
func (s *street) shown(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen[name]) > 0
}

func (s *street) prober() *prober {
	p := newProber(nil, s.ca.ClientTLS, clock.System(), func(context.Context, string) ([]string, error) {
		return nil, &net.DNSError{IsNotFound: true}
	})
	return p
}

func (s *street) probe(p *prober, at netip.AddrPort) outcome {
	s.t.Helper()
	o, ok := p.probe(s.t.Context(), at, false)
	require.True(s.t, ok)
	return o
}

func silence(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestEachKindOfServiceIsTold(t *testing.T) {
	s := newStreet(t)
	host := ids.New()
	stranger := agenttest.NewCA(t)
	mutual := func(c tls.Certificate) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{c}, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	}
	own := s.ca.HostCertificate(host)
	copied := own
	copied.PrivateKey = stranger.HostCertificate(host).PrivateKey
	old := &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequestClientCert, MaxVersion: tls.VersionTLS12, MinVersion: tls.VersionTLS12}
	web := stranger.Issue("https://example.com/", x509.ExtKeyUsageServerAuth)
	for name, c := range map[string]struct {
		at   netip.AddrPort
		want outcome
		says string
		sees bool // the manager's certificate
	}{
		"an agent":              {at: s.tls("127.9.1.1", mutual(own)), want: outcome{sighting: sighting{kind: KindEnrolled, host: host}}, sees: true},
		"an agent with TLS 1.2": {at: s.tls("127.9.1.2", old), want: outcome{sighting: sighting{kind: KindEnrolled, host: host}}},
		"a copied certificate": {at: s.tls("127.9.1.3", mutual(copied)), want: outcome{sighting: sighting{kind: KindOtherTLS}},
			says: "has not proved that it holds its key"},
		"the manager itself": {at: s.tls("127.9.1.4", mutual(s.ca.Issue(agentapi.ManagerURI, x509.ExtKeyUsageServerAuth))),
			want: outcome{sighting: sighting{kind: KindOtherTLS}}, says: "probably the manager itself", sees: true},
		"a host of another installation": {at: s.tls("127.9.1.5", mutual(stranger.HostCertificate(host))),
			want: outcome{sighting: sighting{kind: KindOtherAgent}}, says: "another installation"},
		"another TLS service": {at: s.tls("127.9.1.6", &tls.Config{Certificates: []tls.Certificate{web}, MinVersion: tls.VersionTLS12}),
			want: outcome{sighting: sighting{kind: KindOtherTLS}}},
		"one that wants client certificates": {at: s.tls("127.9.1.7", mutual(web)), want: outcome{sighting: sighting{kind: KindOtherTLS}}},
		"one for clients only": {at: s.tls("127.9.1.8", mutual(s.ca.Issue("spiffe://patch-manager/host/"+host.String(), x509.ExtKeyUsageClientAuth))),
			want: outcome{sighting: sighting{kind: KindOtherAgent}}},
		"SSH": {at: s.listen("127.9.1.9", func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n"); silence(c) }),
			want: outcome{sighting: sighting{kind: KindOpen}}, says: `beginning with "SSH-2.0-OpenSSH_"`},
		"HTTP": {at: s.listen("127.9.1.10", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); silence(c) }),
			want: outcome{sighting: sighting{kind: KindOpen}}, says: `beginning with "HTTP/1.1 400 Bad"`},
		"one that closes": {at: s.listen("127.9.1.11", func(c net.Conn) {}), want: outcome{sighting: sighting{kind: KindOpen}}},
		"one that refuses the hello": {at: s.tls("127.9.1.12", &tls.Config{MinVersion: tls.VersionTLS13}),
			want: outcome{sighting: sighting{kind: KindOtherTLS}}, says: "It speaks TLS and refused"},
		"nobody at the port": {at: netip.AddrPortFrom(netip.MustParseAddr("127.9.1.200"), s.port), want: outcome{answer: closed}},
	} {
		t.Run(name, func(t *testing.T) {
			o := s.probe(s.prober(), c.at)
			require.Equal(t, c.want.answer, o.answer)
			require.Equal(t, c.at.Addr(), o.address)
			require.Equal(t, c.want.sighting.kind, o.sighting.kind, o.sighting.note)
			require.Equal(t, c.want.sighting.host, o.sighting.host)
			require.Contains(t, o.sighting.note, c.says)
			if c.sees {
				require.Eventually(t, func() bool { return s.shown(c.at.Addr().String()) }, 10*time.Second, time.Millisecond,
					"who has proved to be ours may know who asks")
			}
			require.Equal(t, c.sees, s.shown(c.at.Addr().String()), "nobody else learns who the manager is")
		})
	}
}

func TestWhatACertificateSaysIsShown(t *testing.T) {
	s := newStreet(t)
	host := ids.New()
	at := s.tls("127.9.2.1", &tls.Config{Certificates: []tls.Certificate{s.ca.HostCertificate(host)}, MinVersion: tls.VersionTLS13})
	g := s.probe(s.prober(), at).sighting
	require.Equal(t, "CN=test", g.subject)
	require.Equal(t, "CN=Test CA", g.issuer)
	require.Len(t, g.fingerprint, 64)
	require.Contains(t, g.key, "sha256:")
	require.Equal(t, "1.3", g.tls)
	require.True(t, g.notBefore.Before(*g.notAfter))
	require.False(t, g.expired)

	late := s.prober()
	late.tls = func() *tls.Config {
		cfg := s.ca.ClientTLS()
		cfg.Time = func() time.Time { return g.notAfter.Add(time.Hour) }
		return cfg
	}
	o := s.probe(late, at)
	require.Equal(t, host, o.sighting.host, "it is still known whose it was")
	require.True(t, o.sighting.expired)
}

func TestOnTheAgentsPortWhoAsksForACertificateMayBeAnAgent(t *testing.T) {
	s := newStreet(t)
	s.port = agentapi.DefaultPort
	web := agenttest.NewCA(t).Issue("https://example.com/", x509.ExtKeyUsageServerAuth)
	asks := s.tls("127.9.3.1", &tls.Config{Certificates: []tls.Certificate{web}, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12})
	does := s.tls("127.9.3.2", &tls.Config{Certificates: []tls.Certificate{web}, MinVersion: tls.VersionTLS12})
	o := s.probe(s.prober(), asks)
	require.Equal(t, KindOtherAgent, o.sighting.kind)
	require.Contains(t, o.sighting.note, "possibly an agent")
	require.Equal(t, KindOtherTLS, s.probe(s.prober(), does).sighting.kind)
}

func TestWhoStopsInTheMiddleIsToldApart(t *testing.T) {
	s := newStreet(t)
	p := s.prober()
	p.handshakeTime = 50 * time.Millisecond
	mute := s.listen("127.9.4.1", silence)
	begins := s.listen("127.9.4.2", func(c net.Conn) {
		_, _ = c.Write([]byte{recordHandshake, 3, 3, 0, 100, 2})
		silence(c)
	})
	o := s.probe(p, mute)
	require.Equal(t, KindOpen, o.sighting.kind)
	require.Equal(t, "It accepts connections: it did not go on in time.", o.sighting.note)
	o = s.probe(p, begins)
	require.Equal(t, KindOtherTLS, o.sighting.kind)
	require.Equal(t, "It began to speak TLS: it did not go on in time.", o.sighting.note)
	require.Empty(t, p.turns, "turns are given back")
	require.Empty(t, p.hellos, "and the places of hellos")
}

// TestThoseWhoSayNothingTakeNoTurn: firewalls accept connections for every
// address of a network. They must not hold up those that answer.
func TestThoseWhoSayNothingTakeNoTurn(t *testing.T) {
	s := newStreet(t)
	p := s.prober()
	p.turns = make(chan struct{}, 1)
	p.hellos = make(chan struct{}, 1)
	p.muteAfter = time.Millisecond
	p.handshakeTime = time.Hour // as long as it takes: nobody is to be waited for
	mute := s.listen("127.9.5.1", silence)
	host := ids.New()
	agent := s.tls("127.9.5.2", &tls.Config{Certificates: []tls.Certificate{s.ca.HostCertificate(host)}, MinVersion: tls.VersionTLS13})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { p.probe(ctx, mute, false) })
	}
	require.Equal(t, host, s.probe(p, agent).sighting.host)
	cancel()
	wg.Wait()
}

// TestWaitingForATurnIsNotHeldAgainstAnybody: with one turn, many answer at once.
func TestWaitingForATurnIsNotHeldAgainstAnybody(t *testing.T) {
	s := newStreet(t)
	p := s.prober()
	p.turns = make(chan struct{}, 1)
	p.turns <- struct{}{} // somebody computes
	host := ids.New()
	agent := s.tls("127.9.6.1", &tls.Config{Certificates: []tls.Certificate{s.ca.HostCertificate(host)}, MinVersion: tls.VersionTLS13})
	p.handshakeTime = 5 * time.Second
	found := make(chan outcome)
	conn, err := dialTCP(t.Context(), agent)
	require.NoError(t, err)
	c, err := newPatient(t.Context(), conn, p)
	require.NoError(t, err)
	var e evidence
	go func() {
		e.err = tls.Client(c, p.handshake(&e)).HandshakeContext(t.Context())
		e.complete = e.err == nil
		found <- outcome{sighting: e.sight(1, s.ca.Pool(), time.Now)}
	}()
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.paused
	}, 10*time.Second, time.Millisecond)
	c.expire(c.limit) // its time is over while it waits
	<-p.turns
	o := <-found
	require.NoError(t, e.err)
	require.Equal(t, host, o.sighting.host)
	c.end()
}

func TestAnswersOfTheNetwork(t *testing.T) {
	late := &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	for err, want := range map[error]answer{
		syscall.ECONNREFUSED: closed, syscall.ECONNRESET: closed, syscall.ETIMEDOUT: silent, late: silent,
		syscall.EHOSTUNREACH: unreachable, syscall.ENETUNREACH: unreachable, syscall.EACCES: unreachable, syscall.EPERM: unreachable,
		syscall.EMFILE: skipped, syscall.ENFILE: skipped, syscall.ENOBUFS: skipped, syscall.EADDRNOTAVAIL: skipped,
		errors.New("something new"): unreachable,
	} {
		require.Equal(t, want, answerOf(err), err.Error())
	}
}

// TestOurOwnTroubleIsNotTheirs: a machine without room for more connections
// tries again, and says so when that does not help.
func TestOurOwnTroubleIsNotTheirs(t *testing.T) {
	clk := fakeclock.New(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	tries := 0
	p := newProber(func(context.Context, netip.AddrPort) (net.Conn, error) {
		tries++
		if tries < 3 {
			return nil, syscall.ENOBUFS
		}
		return nil, syscall.ECONNREFUSED
	}, agenttest.NewCA(t).ClientTLS, clk, nil)
	step := func() outcome {
		done := make(chan outcome, 1)
		go func() {
			o, _ := p.probe(t.Context(), netip.MustParseAddrPort("192.0.2.1:12443"), false)
			done <- o
		}()
		for {
			select {
			case o := <-done:
				return o
			default:
				clk.Advance(time.Second)
			}
		}
	}
	require.Equal(t, closed, step().answer)
	require.Equal(t, 3, tries)
	tries = -1000
	require.Equal(t, skipped, step().answer)
	require.Equal(t, -1000+retries, tries)
}

func TestACancelledProbeKnowsNothing(t *testing.T) {
	s := newStreet(t)
	p := s.prober()
	p.handshakeTime = time.Hour
	accepted := make(chan struct{})
	mute := s.listen("127.9.7.1", func(c net.Conn) { close(accepted); silence(c) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-accepted
		cancel()
	}()
	_, ok := p.probe(ctx, mute, false)
	require.False(t, ok, "it says neither that it is silent nor that it is open")

	hanging := newProber(func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, s.ca.ClientTLS, clock.System(), nil)
	hanging.answerTime = time.Hour
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	_, ok = hanging.probe(ctx, mute, false)
	require.False(t, ok)
}

func TestNamesAreACourtesy(t *testing.T) {
	answers := map[string][]string{"192.0.2.1": {"WEB1.example.com."}, "192.0.2.2": {"<script>.example.com.", "-bad.example.com", "192.0.2.9.", "ok.example.com."}, "192.0.2.3": {"x\x00y."}}
	asked := 0
	n := newNamer(func(_ context.Context, a string) ([]string, error) {
		asked++
		if names, ok := answers[a]; ok {
			return names, nil
		}
		return nil, &net.DNSError{Err: "timeout", IsTimeout: true}
	})
	name := func(a string) string { return n.name(t.Context(), netip.MustParseAddr(a)) }
	require.Equal(t, "web1.example.com", name("192.0.2.1"))
	require.Equal(t, "ok.example.com", name("192.0.2.2"), "the first that is a name of a host")
	require.Empty(t, name("192.0.2.3"))
	asked = 0
	for range 2 * giveUpAfter {
		require.Empty(t, name("192.0.2.99"))
	}
	require.Equal(t, giveUpAfter, asked, "then no more is asked")
	require.Empty(t, name("192.0.2.1"))
	n.again()
	require.Equal(t, "web1.example.com", name("192.0.2.1"))
}

func TestWhatStrangersWriteIsOneLine(t *testing.T) {
	require.Equal(t, "a b  c d", plain("a\x00b\r\nc\u202ed"))
	require.Equal(t, "�", plain("\xff"))
	require.Len(t, []rune(plain(string(make([]rune, 1000)))), 0)
	require.Len(t, []rune(plain(strings.Repeat("é", 1000))), maxText)
	require.Equal(t, 9999, databaseTime(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)).Year())
	require.Equal(t, 1, databaseTime(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)).Year())
}
