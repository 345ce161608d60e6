package discovery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"time"

	"patchmanager/internal/clock"
)

// Limits of probing. Connecting to an address that does not answer costs
// nothing but the wait, so it is done wide; a handshake costs processor time, of
// which too many at once have too little, and then machines look silent that
// are not.
const (
	// answerTime is how long an address has to accept a connection. A lost packet
	// is sent again by the system after a second, within it.
	answerTime = 1500 * time.Millisecond
	// handshakeTime is how long a service has to begin its answer in TLS, and once
	// more to end it. Waiting for our own turn does not count.
	handshakeTime = 1500 * time.Millisecond
	maxConnects   = 1024 // at once, in this process
	perCore       = 32   // handshakes at once that have something to compute
	// maxHellos is how many machines are greeted at once, because many of them may
	// share the processors of one. Whoever has not begun to answer within muteAfter
	// is probably mute and gives its place to the next: a firewall that accepts
	// connections for a whole network then costs no more time than silence.
	maxHellos = 256
	muteAfter = 400 * time.Millisecond
)

// DialFunc opens one TCP connection.
type DialFunc func(ctx context.Context, at netip.AddrPort) (net.Conn, error)

func dialTCP(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1} // none lives long enough
	return d.DialContext(ctx, "tcp", at.String())
}

// prober asks single addresses. It knows nothing of scans and hosts.
type prober struct {
	dial     DialFunc
	tls      func() *tls.Config // the manager's side of calls to agents
	clock    clock.Clock
	names    *namer
	connects chan struct{} // a place for each connection that is being opened or used
	hellos   chan struct{} // a place for each machine that was just greeted
	turns    chan struct{} // a place for each handshake that computes

	answerTime, handshakeTime, muteAfter time.Duration
}

func newProber(dial DialFunc, base func() *tls.Config, c clock.Clock, resolve ResolveFunc) *prober {
	if dial == nil {
		dial = dialTCP
	}
	return &prober{dial: dial, tls: base, clock: c, names: newNamer(resolve), connects: make(chan struct{}, connectLimit()),
		hellos: make(chan struct{}, maxHellos), turns: make(chan struct{}, perCore*runtime.GOMAXPROCS(0)),
		answerTime: answerTime, handshakeTime: handshakeTime, muteAfter: muteAfter}
}

// connectLimit leaves most of the process's files to everything else.
func connectLimit() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur > 4*maxConnects {
		return maxConnects
	}
	return max(16, int(l.Cur/4))
}

// answer is how an address behaved.
type answer int

const (
	found       answer = iota // something accepts connections; the sighting says what
	closed                    // a machine refuses: nothing listens on the port
	silent                    // nothing came back in time
	unreachable               // the network says that there is no way
	skipped                   // this machine could not try
)

// outcome is what one probe has found.
type outcome struct {
	address  netip.Addr
	answer   answer
	sighting sighting // of what was found
	name     string   // what the name servers call it; they may lie
}

// probe asks one address; the caller holds a place of connects. ok is false when
// ctx ended: then nothing is known.
func (p *prober) probe(ctx context.Context, at netip.AddrPort, reverse bool) (o outcome, ok bool) {
	o.address = at.Addr()
	conn, err := p.connect(ctx, at)
	if ctx.Err() != nil {
		return o, false
	}
	if err != nil {
		o.answer = answerOf(err)
		return o, true
	}
	o.sighting = p.look(ctx, conn, at.Port())
	if reverse && ctx.Err() == nil {
		o.name = p.names.name(ctx, at.Addr())
	}
	return o, ctx.Err() == nil
}

const (
	// retries of a connection that this machine itself could not open: too many
	// files, no room for more neighbours. The room comes back within seconds.
	retries    = 6
	retryAfter = 400 * time.Millisecond
)

func (p *prober) connect(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
	for try := 1; ; try++ {
		limited, cancel := context.WithTimeout(ctx, p.answerTime)
		conn, err := p.dial(limited, at)
		cancel()
		if err == nil || answerOf(err) != skipped || try == retries {
			return conn, err
		}
		if err := clock.Sleep(ctx, p.clock, time.Duration(try)*retryAfter); err != nil {
			return nil, err
		}
	}
}

// answerOf reads the error of a connection that did not come about.
func answerOf(err error) answer {
	var no syscall.Errno
	if errors.As(err, &no) {
		switch no {
		case syscall.ECONNREFUSED, syscall.ECONNRESET:
			return closed
		case syscall.ETIMEDOUT:
			return silent
		case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EAGAIN, syscall.EADDRNOTAVAIL:
			return skipped
		}
		return unreachable
	}
	var late net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || (errors.As(err, &late) && late.Timeout()) {
		return silent
	}
	return unreachable
}

// look finds out what listens at the other end of conn, and closes it.
func (p *prober) look(ctx context.Context, conn net.Conn, port uint16) sighting {
	var e evidence
	c, err := newPatient(ctx, conn, p)
	if err != nil {
		return sighting{} // the scan has ended
	}
	defer c.end()
	cfg := p.handshake(&e)
	client := tls.Client(c, cfg)
	e.err = client.HandshakeContext(ctx)
	e.complete, e.heard = e.err == nil, c.heard
	if e.complete {
		client.Close() //nolint:errcheck // said goodbye; there is nothing more to lose
	}
	return e.sight(port, cfg.RootCAs, cfg.Time)
}

// handshake is a TLS client that notes what it is shown. It trusts nobody: what
// it was shown is judged afterwards. See the package comment for who sees the
// manager's certificate.
func (p *prober) handshake(e *evidence) *tls.Config {
	base := p.tls()
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384}, // half the work; no secret is told
		InsecureSkipVerify: true,                                                    //nolint:gosec // judged by evidence.sight
		RootCAs:            base.RootCAs, Time: base.Time,
	}
	if cfg.Time == nil {
		cfg.Time = p.clock.Now
	}
	cfg.VerifyConnection = func(cs tls.ConnectionState) error {
		e.chain, e.version = cs.PeerCertificates, cs.Version
		return nil
	}
	cfg.GetClientCertificate = func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		e.asked = true
		if asked.Version < tls.VersionTLS13 || trust(e.chain, cfg.RootCAs, cfg.Time()) != valid {
			return &tls.Certificate{}, nil // none
		}
		return certificateOf(base, asked)
	}
	return cfg
}

func certificateOf(base *tls.Config, asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if base.GetClientCertificate != nil {
		return base.GetClientCertificate(asked)
	}
	if len(base.Certificates) > 0 {
		return &base.Certificates[0], nil
	}
	return &tls.Certificate{}, nil
}

// standing is what the manager's own authority says of a certificate.
type standing int

const (
	foreign standing = iota // not signed by it
	expired                 // signed by it, and not valid now
	valid
)

func trust(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) standing {
	if len(chain) == 0 || roots == nil {
		return foreign
	}
	opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	_, err := chain[0].Verify(opts)
	var why x509.CertificateInvalidError
	switch {
	case err == nil:
		return valid
	case !errors.As(err, &why) || why.Reason != x509.Expired:
		return foreign
	}
	opts.CurrentTime = chain[0].NotAfter.Add(-time.Second)
	if _, err := chain[0].Verify(opts); err != nil {
		return foreign
	}
	return expired
}
