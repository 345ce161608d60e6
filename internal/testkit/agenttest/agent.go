package agenttest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/clock"
	"patchmanager/internal/ids"
)

// Options make an agent.
type Options struct {
	CA     *CA
	HostID ids.ID
	Clock  clock.Clock // nil: the machine's clock
	// Certificate and Roots replace those that CA would give.
	Certificate *tls.Certificate
	Roots       *x509.CertPool
	// Script carries out jobs; nil means DefaultScript.
	Script Script
}

// Agent is one running (or stopped) agent.
type Agent struct {
	tb     testing.TB
	opts   Options
	addr   netip.AddrPort
	ctx    context.Context // ends with the test
	script sync.WaitGroup

	mu        sync.Mutex
	changed   *sync.Cond // new events
	srv       *http.Server
	crash     context.CancelFunc // ends the requests and streams of srv
	facts     facts
	jobs      []*job // oldest first
	orders    []Order
	calls     map[string]int
	intercept func(http.ResponseWriter, *http.Request) bool
	lose      int
	run       Script
}

// Start starts an agent; it ends with the test.
func Start(tb testing.TB, o Options) *Agent {
	tb.Helper()
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Script == nil {
		o.Script = DefaultScript
	}
	a := &Agent{tb: tb, opts: o, calls: map[string]int{}, run: o.Script, facts: defaultFacts(o)}
	a.changed = sync.NewCond(&a.mu)
	ctx, cancel := context.WithCancel(context.Background())
	a.ctx = ctx
	a.addr = netip.AddrPortFrom(nextAddr(), 0)
	a.Restart()
	tb.Cleanup(func() {
		cancel()
		a.Stop()
		a.script.Wait()
	})
	return a
}

var addrCount atomic.Uint32

// nextAddr gives every agent of every test process a loopback address of its
// own, so that the port stays free while an agent is stopped.
func nextAddr() netip.Addr {
	n := addrCount.Add(1)
	return netip.AddrFrom4([4]byte{127, byte(1 + os.Getpid()%250), byte(n >> 8), byte(n)})
}

// Target is how agentclient reaches this agent.
func (a *Agent) Target() agentclient.Target {
	return agentclient.Target{HostID: a.opts.HostID, Address: a.addr.Addr().String(), Port: int(a.addr.Port())}
}

// Stop crashes the agent: the listener and every connection are gone.
func (a *Agent) Stop() {
	a.mu.Lock()
	srv, crash := a.srv, a.crash
	a.srv = nil
	a.mu.Unlock()
	if srv != nil {
		crash()
		srv.Close()
	}
}

// Restart starts a stopped agent on the same address, with its journal.
func (a *Agent) Restart() {
	a.tb.Helper()
	ln, err := net.Listen("tcp", a.addr.String())
	if err != nil {
		a.tb.Fatalf("agenttest: listen: %v", err)
	}
	a.addr = netip.MustParseAddrPort(ln.Addr().String())
	ctx, crash := context.WithCancel(a.ctx)
	srv := &http.Server{Handler: a.routes(), TLSConfig: a.tls(), ErrorLog: log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx }}
	a.mu.Lock()
	a.srv, a.crash = srv, crash
	a.mu.Unlock()
	go srv.ServeTLS(ln, "", "") //nolint:errcheck // it ends with Stop
}

func (a *Agent) tls() *tls.Config {
	cert, roots := a.opts.Certificate, a.opts.Roots
	if cert == nil {
		c := a.opts.CA.HostCertificate(a.opts.HostID)
		cert = &c
	}
	if roots == nil {
		roots = a.opts.CA.Pool()
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*cert}, NextProtos: []string{"http/1.1"},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots, Time: a.opts.Clock.Now,
		VerifyConnection: func(cs tls.ConnectionState) error {
			uris := cs.PeerCertificates[0].URIs
			if len(uris) != 1 || uris[0].String() != agentapi.ManagerURI {
				return fmt.Errorf("%v is not the manager", uris)
			}
			return nil
		},
	}
}

// Intercept sees every request first; when fn returns true it has answered.
// Panic with http.ErrAbortHandler to cut the connection. nil takes it away.
func (a *Agent) Intercept(fn func(http.ResponseWriter, *http.Request) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.intercept = fn
}

// LoseAnswers carries out the next n orders and cuts the connection instead of
// answering: the manager does not know whether they arrived.
func (a *Agent) LoseAnswers(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lose = n
}

// SetScript says how the next jobs are carried out.
func (a *Agent) SetScript(s Script) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.run = s
}

// Calls counts the requests of one kind, e.g. "GET /packages".
func (a *Agent) Calls(op string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[op]
}

// Orders lists what was carried out, in order, each exactly as often as it was.
func (a *Agent) Orders() []Order {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.orders)
}

// Jobs lists the journal, oldest first.
func (a *Agent) Jobs() []agentapi.Job {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []agentapi.Job
	for _, j := range a.jobs {
		if !j.removed {
			list = append(list, j.snapshot())
		}
	}
	return list
}

// ForgetJobs loses the journal, which the real agent never does.
func (a *Agent) ForgetJobs() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs = nil
}
