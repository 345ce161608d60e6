package agentclient

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchmanager/internal/clock"
	"patchmanager/internal/ids"
)

// Config makes a Client.
type Config struct {
	// TLS returns the manager's side of a connection: client certificate, root
	// and, as VerifyConnection, the CA's own check. It is called for each new
	// connection, so that a renewed certificate is used at once.
	TLS func() *tls.Config
	// Clock paces the pings of event streams; nil means the machine's clock.
	Clock clock.Clock
	// Timeouts replaces the limits of time; zero members keep their default.
	Timeouts Timeouts
}

// Timeouts are the limits of time of one call, connecting included.
type Timeouts struct {
	Dial  time.Duration // connect and TLS handshake: 5 s
	Quick time.Duration // answers from memory, such as health: 10 s
	Read  time.Duration // inventory and lists: 45 s, a slow host with a cold package cache
	Plan  time.Duration // the resolver of a large host: 2 min
}

func (t *Timeouts) fill() {
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{{&t.Dial, 5 * time.Second}, {&t.Quick, 10 * time.Second}, {&t.Read, 45 * time.Second}, {&t.Plan, 2 * time.Minute}} {
		if *d.v == 0 {
			*d.v = d.d
		}
	}
}

// Client keeps the connections to all agents. It is safe for use by many
// goroutines; how many call at once is the caller's business.
type Client struct {
	cfg       Config
	transport *http.Transport
	http      *http.Client
}

// New makes a client.
func New(cfg Config) *Client {
	if cfg.Clock == nil {
		cfg.Clock = clock.System()
	}
	cfg.Timeouts.fill()
	c := &Client{cfg: cfg}
	c.transport = &http.Transport{
		DialTLSContext:         c.dial,
		MaxIdleConns:           512, // about 20 KiB each: 10 MiB at most
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      false, // the event stream needs HTTP/1.1
	}
	c.http = &http.Client{Transport: c.transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return c
}

// Close ends all idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Target is where a host's agent listens, and who it must be.
type Target struct {
	HostID  ids.ID
	Address string // IP address or name
	Port    int
}

// Agent is one host's agent.
type Agent struct {
	c *Client
	t Target
}

// For returns the agent of a host. It costs nothing and connects to nobody.
func (c *Client) For(t Target) *Agent { return &Agent{c: c, t: t} }

// Target returns the host this agent must be.
func (a *Agent) Target() Target { return a.t }

// authority is the key of the connection pool: identity and address together,
// so that a connection is only ever used for the host it was checked for. The
// address travels in hex because it may hold colons.
func (t Target) authority() string {
	return fmt.Sprintf("%s.%s:%d", hex.EncodeToString([]byte(t.Address)), t.HostID, t.Port)
}

func parseAuthority(addr string) (Target, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return Target{}, err
	}
	enc, id, ok := strings.Cut(host, ".")
	address, err := hex.DecodeString(enc)
	if err != nil || !ok || len(address) == 0 {
		return Target{}, errors.New("the host has no address")
	}
	t := Target{Address: string(address)}
	if t.HostID, err = ids.Parse(strings.ToUpper(id)); err != nil {
		return Target{}, err
	}
	t.Port, err = strconv.Atoi(port)
	return t, err
}

func (c *Client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	t, err := parseAuthority(addr)
	if err != nil {
		return nil, fmt.Errorf("dial agent: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Dial)
	defer cancel()
	d := tls.Dialer{NetDialer: &net.Dialer{}, Config: hostTLS(c.cfg.TLS(), t.HostID)}
	return d.DialContext(ctx, network, net.JoinHostPort(t.Address, strconv.Itoa(t.Port)))
}
