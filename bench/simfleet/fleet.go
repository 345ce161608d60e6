package simfleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/clock"
)

// Options say how large the fleet is and whom it enrolls at.
type Options struct {
	Manager     string // https://host:port
	Fingerprint string // of its CA
	Token       string // of at least Hosts uses
	Hosts       int
	First       netip.Addr // of the first host; the others follow
	Port        int        // of every host
	Dir         string     // keys and certificates; hosts found there do not enroll again
	AtOnce      int        // enrollments under way
	Changes     float64    // hosts a minute whose inventory changes
	Silent      bool       // nobody listens: a fleet that is switched off
	Say         func(string, ...any)
}

// calls counts the answers to one kind of call.
type calls struct{ Full, Unchanged atomic.Int64 }

// counts is what all hosts were asked.
type counts struct {
	Health, Info      atomic.Int64
	Packages, Patches calls
}

// Fleet is the running hosts.
type Fleet struct {
	opts    Options
	hosts   []*host
	answers encoded
	counts  counts
	servers sync.WaitGroup
	// Enrolled is how long the enrollment of all hosts took.
	Enrolled time.Duration
}

// Start enrolls all hosts and lets them listen until ctx ends.
func Start(ctx context.Context, o Options) (*Fleet, error) {
	f := &Fleet{opts: o, answers: encoded{kept: map[string]json.RawMessage{}}}
	address, booted := o.First, time.Now().Add(-24*time.Hour)
	for n := range o.Hosts {
		if n > 0 {
			address = nextHost(address)
		}
		f.hosts = append(f.hosts, &host{no: n, address: address, template: templateOf(n), booted: booted, fleet: f})
	}
	began := time.Now()
	work, workCtx := errgroup.WithContext(ctx)
	work.SetLimit(max(o.AtOnce, 1))
	for _, h := range f.hosts {
		work.Go(func() error { return h.start(workCtx, ctx) })
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	f.Enrolled = time.Since(began)
	f.servers.Go(func() { f.change(ctx) })
	return f, nil
}

// nextHost leaves out .0 and .255, which some tools do not take for hosts.
func nextHost(a netip.Addr) netip.Addr {
	a = a.Next()
	for last := a.As4()[3]; last == 0 || last == 255; last = a.As4()[3] {
		a = a.Next()
	}
	return a
}

// start enrolls a host, unless it has been, and listens.
func (h *host) start(ctx, life context.Context) error {
	o := h.fleet.opts
	dir := filepath.Join(o.Dir, h.name())
	var err error
	if h.store, err = identity.Open(dir); err != nil {
		_, err = identity.Enrollment{StateDir: dir, Manager: o.Manager, Fingerprint: o.Fingerprint, Token: o.Token, Facts: h.claim(),
			Clock: clock.System(), Say: func(string, ...any) {}}.Run(ctx)
		if err != nil {
			return fmt.Errorf("enroll %s: %w", h.name(), err)
		}
		if h.store, err = identity.Open(dir); err != nil {
			return fmt.Errorf("open identity of %s: %w", h.name(), err)
		}
	}
	if o.Silent {
		return nil
	}
	return h.listen(life)
}

func (h *host) listen(ctx context.Context) error {
	at := net.JoinHostPort(h.address.String(), strconv.Itoa(h.fleet.opts.Port))
	l, err := net.Listen("tcp", at)
	if err != nil {
		return fmt.Errorf("listen for %s: %w", h.name(), err)
	}
	srv := &http.Server{Handler: h.routes(), TLSConfig: h.store.ServerTLS(clock.System()), ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 10 * time.Minute}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	h.fleet.servers.Go(func() {
		defer stop()
		if err := srv.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
			h.fleet.opts.Say("%s no longer listens: %v", h.name(), err)
		}
	})
	return nil
}

// change renews the inventory of hosts, at random, at the asked rate.
func (f *Fleet) change(ctx context.Context) {
	if f.opts.Changes <= 0 {
		return
	}
	tick := time.NewTicker(time.Duration(float64(time.Minute) / f.opts.Changes))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.hosts[rand.IntN(len(f.hosts))].generation.Add(1)
		}
	}
}

// ChangeAll renews every inventory at once.
func (f *Fleet) ChangeAll() {
	for _, h := range f.hosts {
		h.generation.Add(1)
	}
}

// Wait returns when all hosts have stopped.
func (f *Fleet) Wait() { f.servers.Wait() }

// Status is what the fleet was asked so far.
type Status struct {
	Hosts             int     `json:"hosts"`
	EnrolledSeconds   float64 `json:"enrolled_seconds"`
	Health            int64   `json:"health"`
	Info              int64   `json:"info"`
	PackagesFull      int64   `json:"packages_full"`
	PackagesUnchanged int64   `json:"packages_unchanged"`
	PatchesFull       int64   `json:"patches_full"`
	PatchesUnchanged  int64   `json:"patches_unchanged"`
	AskedSince        int     `json:"asked_since"` // hosts whose health was asked after the given time
}

// Status counts; AskedSince counts from the given time on.
func (f *Fleet) Status(since time.Time) Status {
	c := &f.counts
	s := Status{Hosts: len(f.hosts), EnrolledSeconds: f.Enrolled.Seconds(), Health: c.Health.Load(), Info: c.Info.Load(),
		PackagesFull: c.Packages.Full.Load(), PackagesUnchanged: c.Packages.Unchanged.Load(),
		PatchesFull: c.Patches.Full.Load(), PatchesUnchanged: c.Patches.Unchanged.Load()}
	for _, h := range f.hosts {
		if h.asked.Load() > since.UnixNano() {
			s.AskedSince++
		}
	}
	return s
}
