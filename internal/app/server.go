package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"patchmanager/internal/config"
)

// drainTimeout is for requests that are being answered when the end comes.
const drainTimeout = 8 * time.Second

// limits bound what a slow or hostile client can hold: each connection that it
// keeps open costs a file and up to some hundred KiB.
type limits struct {
	header    time.Duration // for the TLS handshake, and again for the header of a request
	read      time.Duration // for a whole request; bodies have at most 1 MiB
	write     time.Duration // for a whole answer: exports and logs over a slow line
	writeByte time.Duration // HTTP/2: while nothing of what is to be sent gets out
	idle      time.Duration // between two requests
}

var usualLimits = limits{header: 10 * time.Second, read: time.Minute, write: 5 * time.Minute, writeByte: 30 * time.Second, idle: 2 * time.Minute}

const (
	maxHeader  = 64 << 10 // the longest that we know of has an access token and some hops
	maxStreams = 100      // requests at once on one HTTP/2 connection: what browsers expect
)

// newServer makes a listener's server. What it answers by itself, before the
// handler and its allowlist see it, is "400", "431" and a failed handshake.
func newServer(h http.Handler, l limits, certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: l.header, ReadTimeout: l.read, WriteTimeout: l.write, IdleTimeout: l.idle, MaxHeaderBytes: maxHeader,
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: maxStreams, WriteByteTimeout: l.writeByte},
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: certificate},
		ErrorLog:  slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug), // handshakes of scanners

		DisableGeneralOptionsHandler: true, // it would answer "OPTIONS *" to everybody
	}
}

// listen says in plain words what is wrong with a port.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another process; stop it, or choose another port in http.listen", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this account may not listen on %s; choose a port above 1023 in http.listen", address)
	case err != nil:
		return nil, fmt.Errorf("listen: %w; change http.listen", err)
	}
	return l, nil
}

// serveHTTP answers until ctx ends, and then lets running requests finish.
// base is the context of requests: it ends after them, with the loops, and
// takes the WebSockets along, which Shutdown does not know.
func (p *process) serveHTTP(ctx, base context.Context) error {
	base, cancel := context.WithCancel(base)
	defer cancel()
	s := newServer(p.handler(), usualLimits, p.certificate)
	s.BaseContext = func(net.Listener) context.Context { return base }
	failed := make(chan error, 1)
	go func() { failed <- s.ServeTLS(p.listener, "", "") }()
	slog.InfoContext(ctx, "ready", "url", publicURL(p.cfg), "listen", p.listener.Addr().String(), "ca_fingerprint", p.ca.Fingerprint())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return p.drain(context.WithoutCancel(ctx), s, cancel)
}

// drain lets requests finish, then ends the live connections, which tell their
// browsers to come back.
func (p *process) drain(ctx context.Context, s *http.Server, endRequests func()) error {
	ctx, stop := context.WithTimeout(ctx, drainTimeout)
	defer stop()
	err := s.Shutdown(ctx)
	endRequests()
	if err != nil {
		slog.WarnContext(ctx, "requests were cut off", "error", err)
		return s.Close()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.domains.sockets.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		slog.WarnContext(ctx, "live connections were cut off")
	}
	return nil
}

func caDir(cfg config.Config) string { return filepath.Join(cfg.Data.Dir, "ca") }

// publicURL is how people and agents reach this manager.
func publicURL(cfg config.Config) string {
	if u, err := url.Parse(cfg.HTTP.PublicURL); err == nil && u.Host != "" {
		return "https://" + u.Host
	}
	_, port, err := net.SplitHostPort(cfg.HTTP.Listen)
	host, herr := os.Hostname()
	if err != nil || herr != nil {
		return ""
	}
	return "https://" + net.JoinHostPort(host, port)
}

// pageOrigins are where browsers open the pages: passkeys belong to such a name,
// and an address has none.
func pageOrigins(cfg config.Config) []string {
	origins := []string{publicURL(cfg)}
	if _, port, err := net.SplitHostPort(cfg.HTTP.Listen); err == nil {
		origins = append(origins, "https://"+net.JoinHostPort("localhost", port))
	}
	return origins
}

// certificateNames is everything that this machine may be called by: the
// configured name, its host name, and the addresses it has now.
func certificateNames(cfg config.Config) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if u, err := url.Parse(cfg.HTTP.PublicURL); err == nil {
		names = append(names, u.Hostname())
	}
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		slog.Warn("the machine's addresses are not in the certificate", "error", err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			names = append(names, n.IP.String())
		}
	}
	return names
}
