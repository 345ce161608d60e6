package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agent/task"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// Options are what a server works with; all but Allow, Reads and Orders must be
// set.
type Options struct {
	Engine   *task.Engine
	Manager  pkgmgr.Manager // safe for concurrent use
	Info     func(context.Context) (agentapi.SystemInfo, error)
	Subject  func() identity.Subject // of the next certificate
	Identity *identity.Store
	Clock    clock.Clock
	Log      *slog.Logger
	Version  string
	BootID   string
	Allow    []netip.Prefix // who may connect at all; empty: anybody

	// A manager reads a few answers a minute. These keep one gone wild from
	// taking the host's processor, and leave room for a person in a hurry.
	Reads  *rate.Limiter // 20 a second, 100 at once
	Orders *rate.Limiter // 2 a second, 20 at once
}

// Time limits of the listener. Writing has none for the stream; a plan on a
// busy host may take minutes.
const (
	headerTimeout   = 10 * time.Second // includes the handshake
	bodyTimeout     = 30 * time.Second
	answerTimeout   = 5 * time.Minute
	idleTimeout     = 10 * time.Minute // longer than the manager's polling interval, so that connections live on
	maxHeaderBytes  = 16 << 10
	shutdownTimeout = 5 * time.Second
)

// Server answers the manager.
type Server struct {
	opts     Options
	started  time.Time
	packages cached
	patches  cached
	problems cached
}

// New makes a server; Serve starts it.
func New(o Options) *Server {
	if o.Reads == nil {
		o.Reads = rate.NewLimiter(20, 100)
	}
	if o.Orders == nil {
		o.Orders = rate.NewLimiter(2, 20)
	}
	return &Server{opts: o, started: o.Clock.Now()}
}

// Serve answers on l until ctx ends. Event streams end with it at once, calls
// that are under way get a moment.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		BaseContext:    func(net.Listener) context.Context { return ctx },
		ErrorLog:       slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelWarn), // refused handshakes, with address and reason
	}
	done := make(chan error, 1)
	go func() {
		done <- srv.Serve(tls.NewListener(newGate(l, s.opts), s.opts.Identity.ServerTLS(s.opts.Clock)))
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serve the manager: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		srv.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the manager: %w", err)
	}
	return nil
}
