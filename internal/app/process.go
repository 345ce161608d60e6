package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"patchmanager/internal/audit"
	"patchmanager/internal/ca"
	"patchmanager/internal/clock"
	"patchmanager/internal/config"
	"patchmanager/internal/db"
	"patchmanager/internal/metrics"
	"patchmanager/internal/sealed"
	"patchmanager/internal/version"
)

// role is which halves of the product a process is.
type role struct {
	name        string
	web, worker bool
	migrates    bool
}

var (
	serveRole  = role{name: "serve", web: true, worker: true, migrates: true}
	webRole    = role{name: "web", web: true, migrates: true}
	workerRole = role{name: "worker", worker: true}
)

// Serve runs everything in one process until ctx ends.
func Serve(ctx context.Context, cfg config.Config) error { return run(ctx, cfg, serveRole) }

// Web runs the listener until ctx ends.
func Web(ctx context.Context, cfg config.Config) error { return run(ctx, cfg, webRole) }

// Worker runs the loops and the queue until ctx ends.
func Worker(ctx context.Context, cfg config.Config) error { return run(ctx, cfg, workerRole) }

// process is what a running process holds.
type process struct {
	role     role
	cfg      config.Config
	clock    clock.Clock
	database *database
	db       *db.DB
	notified *db.Listener
	metrics  *metrics.Metrics
	ca       *ca.Authority
	auditKey *audit.Key
	domains  domains

	listener    net.Listener                                         // nil without web
	certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error) // of the listener
}

// stopLimit bounds the orderly end of a process.
const stopLimit = 30 * time.Second

func run(ctx context.Context, cfg config.Config, r role) (err error) {
	slog.InfoContext(ctx, "starting", "version", version.String(), "process", r.name, "config", cfg)
	p := &process{role: r, cfg: cfg, clock: clock.System(), metrics: metrics.New(version.Number())}
	defer func() { err = errors.Join(err, p.close(context.WithoutCancel(ctx))) }()
	if err := p.open(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while starting
		}
		return err
	}
	context.AfterFunc(ctx, func() { slog.InfoContext(ctx, "stopping", "process", r.name) })
	return p.work(ctx)
}

// open does everything that can fail before the process says that it is ready.
// The port comes first: it is the cheapest to try and the likeliest to be taken.
func (p *process) open(ctx context.Context) (err error) {
	if p.role.web {
		if p.listener, err = listen(p.cfg.HTTP.Listen); err != nil {
			return err
		}
	}
	if err := makeDataDir(p.cfg.Data.Dir); err != nil {
		return err
	}
	if p.database, err = openDatabase(ctx, p.cfg, p.clock, p.role.name); err != nil {
		return err
	}
	p.db = p.database.DB
	p.metrics.Pool(p.db)
	if err := p.schema(ctx); err != nil {
		return err
	}
	return p.assemble(ctx)
}

func (p *process) schema(ctx context.Context) error {
	if p.role.migrates {
		return db.Migrate(ctx, p.db)
	}
	return awaitSchema(ctx, p.db, p.clock)
}

// assemble makes the services of all domains.
func (p *process) assemble(ctx context.Context) error {
	box, err := sealed.Load(filepath.Join(p.cfg.Data.Dir, "secret.key"))
	if err != nil {
		return err
	}
	p.ca, err = ca.Open(ctx, ca.Deps{DB: p.db, Clock: p.clock, Dir: caDir(p.cfg), PublicURL: publicURL(p.cfg)})
	if err != nil {
		return err
	}
	p.notified = db.Listen(p.db, p.clock, db.ChannelJobs, db.ChannelEvents, db.ChannelPolls, db.ChannelSettings, db.ChannelDiscovery)
	if p.auditKey, err = audit.OpenKey(p.cfg.Data.Dir); err != nil {
		return err
	}
	if p.domains, err = newDomains(ctx, p, box); err != nil {
		return err
	}
	p.metrics.Flag("audit_intact", "1 unless the newest verification found the audit trail broken.", p.domains.audit.Intact)
	if !p.role.web {
		return nil
	}
	if p.certificate, err = p.ca.UICertificate(ctx, certificateNames(p.cfg)); err != nil {
		return err
	}
	return ensureAdmin(ctx, p.domains.auth, p.cfg)
}

// work runs until ctx ends or a part fails. The listener stops first and the
// loops after it: a request that is being answered may need them.
func (p *process) work(ctx context.Context) error {
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoops()
	background, err := p.startBackground(loops)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if p.role.web {
		g.Go(func() error { return p.serveHTTP(ctx, loops) })
	} else {
		g.Go(func() error { return p.loopsOnly(ctx) })
	}
	g.Go(func() error { return p.database.watch(ctx) })
	g.Go(func() error { return p.tellSystemd(ctx) })
	err = g.Wait()
	stopLoops()
	return errors.Join(err, background.wait(context.WithoutCancel(ctx), p.clock))
}

// loopsOnly keeps a worker alive, which has nothing else to wait for when neither
// a private database nor a service manager is there.
func (p *process) loopsOnly(ctx context.Context) error {
	slog.InfoContext(ctx, "ready", "process", p.role.name)
	<-ctx.Done()
	return nil
}

// close gives back what open took, in the order that the package describes.
func (p *process) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	var errs []error
	if p.listener != nil {
		if err := p.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("close listener: %w", err))
		}
	}
	if p.database != nil {
		errs = append(errs, p.database.close(ctx))
	}
	return errors.Join(errs...)
}
