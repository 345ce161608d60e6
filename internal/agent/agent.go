package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sync/errgroup"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agent/link"
	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agent/task"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
	"patchmanager/internal/version"
)

// Config is what an agent works with. StateDir and Manager must be set, and
// Listen or Listener.
type Config struct {
	StateDir      string
	Manager       pkgmgr.Manager
	Listen        string         // address to listen on
	Allow         []netip.Prefix // who may connect; empty: anybody with the manager's certificate
	RebootCommand []string       // instead of what the host's own init understands
	SavedMaxBytes int64          // of saved package files; 0: the standard

	Root     string // of the host; "/" unless set
	Clock    clock.Clock
	Log      *slog.Logger
	Listener net.Listener // instead of Listen
	// Info replaces the look at the machine.
	Info func(context.Context) (agentapi.SystemInfo, error)
	// Task replaces what the step machine takes from the machine: supervisor,
	// boot id, reboot. StateDir, Manager, Clock and Log in it are ignored.
	Task task.Options
}

func (c *Config) fill() {
	if c.Root == "" {
		c.Root = "/"
	}
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Task.BootID == nil {
		c.Task.BootID = task.ReadBootID
	}
	if c.Task.Reboot == nil && len(c.RebootCommand) > 0 {
		c.Task.Reboot = task.RebootWith(c.RebootCommand)
	}
	c.Manager = Serialize(c.Manager)
	if c.Info == nil {
		c.Info = Inventory(c.Root, c.Manager)
	}
	c.Task.StateDir, c.Task.Manager, c.Task.Clock, c.Task.Log = c.StateDir, c.Manager, c.Clock, c.Log
	if c.SavedMaxBytes > 0 {
		c.Task.SavedMaxBytes = c.SavedMaxBytes
	}
}

// Agent is one agent, holding its state directory.
type Agent struct {
	config   Config
	lock     *Lock
	engine   *task.Engine
	server   *link.Server
	listener net.Listener
}

// New takes the state directory, reads identity and journal, and listens. It
// returns identity.ErrNotEnrolled where the host has no identity yet.
func New(c Config) (*Agent, error) {
	c.fill()
	if err := os.MkdirAll(c.StateDir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	lock, err := TakeLock(c.StateDir)
	if err != nil {
		return nil, err
	}
	a := &Agent{config: c, lock: lock}
	if err := a.open(); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return a, nil
}

func (a *Agent) open() error {
	c := a.config
	store, err := identity.Open(c.StateDir)
	if err != nil {
		return err
	}
	if a.engine, err = task.New(c.Task); err != nil {
		return err
	}
	boot, err := c.Task.BootID()
	if err != nil {
		return err
	}
	if a.listener = c.Listener; a.listener == nil {
		if a.listener, err = net.Listen("tcp", c.Listen); err != nil {
			return fmt.Errorf("listen on %s: %w (key listen in the configuration)", c.Listen, err)
		}
	}
	a.server = link.New(link.Options{
		Engine: a.engine, Manager: c.Manager, Info: c.Info, Identity: store, Clock: c.Clock, Log: c.Log,
		Version: version.Number(), BootID: boot, Allow: c.Allow,
		Subject: func() identity.Subject { return subjectOf(store) },
	})
	return nil
}

// Addr is where the agent listens.
func (a *Agent) Addr() net.Addr { return a.listener.Addr() }

// Run works until ctx ends or something breaks that the agent cannot work
// without. It gives the state directory free.
func (a *Agent) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.engine.Run(ctx) })
	group.Go(func() error { return a.server.Serve(ctx, a.listener) })
	if os.Getpid() == 1 {
		group.Go(func() error { return reap(ctx, a.config.Clock, a.config.Log) })
	}
	return errors.Join(group.Wait(), a.lock.Release())
}

// subjectOf asks for the names that the certificate in use has: the manager
// decides about names, a renewal does not change them.
func subjectOf(store *identity.Store) identity.Subject {
	leaf := store.Current().Certificate.Leaf
	s := identity.Subject{FQDN: leaf.Subject.CommonName}
	if len(leaf.DNSNames) > 0 {
		s.FQDN, s.Hostname = leaf.DNSNames[0], leaf.DNSNames[len(leaf.DNSNames)-1]
	}
	if len(leaf.IPAddresses) > 0 {
		s.Address = leaf.IPAddresses[0].String()
	}
	return s
}
