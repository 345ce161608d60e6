package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"patchmanager/internal/clock"
	"patchmanager/internal/config"
	"patchmanager/internal/db"
	"patchmanager/internal/pgserver"
)

// database is the pool and, without database.url, the private server under it.
type database struct {
	*db.DB
	server *pgserver.Server // nil: somebody else's
	config pgserver.Config
	clock  clock.Clock
}

func privateDir(cfg config.Config) string { return filepath.Join(cfg.Data.Dir, "postgres") }

// ErrNeedsURL refuses half a product on a private database: the other half
// would be another process, which has no server of its own to talk to.
var ErrNeedsURL = config.Problems{{Key: "database.url", Reason: "is empty, and only `serve` runs a private database",
	WayOut: "set it, or run `patch-manager serve` in place of web and worker"}}

func openDatabase(ctx context.Context, cfg config.Config, c clock.Clock, process string) (*database, error) {
	d := &database{clock: c}
	url := cfg.Database.Connection()
	if cfg.Database.Private() {
		if process != serveRole.name {
			return nil, ErrNeedsURL
		}
		if err := d.startServer(ctx, privateDir(cfg)); err != nil {
			return nil, err
		}
		url = d.server.URL()
	}
	var err error
	d.DB, err = db.Open(ctx, url, db.Options{MaxConns: cfg.Database.MaxConns, AppName: "patch-manager " + process})
	if err != nil {
		return nil, errors.Join(err, d.close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

func (d *database) startServer(ctx context.Context, dir string) (err error) {
	d.config = pgserver.Config{Dir: dir, Clock: d.clock, Logger: slog.Default()}
	if d.server, err = pgserver.Start(ctx, d.config); err != nil {
		return fmt.Errorf("start the private database: %w", err)
	}
	return nil
}

// A private server that dies again within a minute of each start is given up
// after the fifth time: starting it again and again would hide the cause.
const (
	maxRestarts  = 5
	restartReset = time.Minute
)

// watch starts a private server again when it has died, until ctx ends. The
// pool finds it by itself: the socket stays the same.
func (d *database) watch(ctx context.Context) error {
	if d.server == nil {
		return nil
	}
	for restarts := 0; ; restarts++ {
		began := d.clock.Now()
		select {
		case <-ctx.Done():
			return nil
		case <-d.server.Done():
		}
		if d.clock.Now().Sub(began) > restartReset {
			restarts = 0
		}
		cause := d.server.Stop(ctx) // it has ended; this gives its directory back
		if restarts >= maxRestarts {
			return fmt.Errorf("the private database died %d times: %w", restarts+1, cause)
		}
		slog.ErrorContext(ctx, "the private database died and is started again", "error", cause)
		if err := d.restart(ctx); err != nil {
			return err
		}
	}
}

func (d *database) restart(ctx context.Context) error {
	s, err := pgserver.Start(ctx, d.config)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to stop meanwhile: that is no failure
		}
		return fmt.Errorf("start the private database again: %w", err)
	}
	d.server = s
	slog.InfoContext(ctx, "the private database is back")
	return nil
}

func (d *database) close(ctx context.Context) error {
	if d.DB != nil {
		d.DB.Close()
	}
	if d.server == nil {
		return nil
	}
	select {
	case <-d.server.Done(): // dead, and told as the cause already
		return nil
	default:
	}
	if err := d.server.Stop(ctx); err != nil {
		return fmt.Errorf("stop the private database: %w", err)
	}
	return nil
}

// makeDataDir leaves the directory passable: the private server runs under
// another account when we are root. What is secret in it is closed by itself.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	return nil
}

// schemaPoll is how often a worker looks whether somebody has migrated.
const schemaPoll = 2 * time.Second

// awaitSchema waits for the version that this binary was built for.
func awaitSchema(ctx context.Context, d *db.DB, c clock.Clock) error {
	for told := false; ; told = true {
		have, want, err := db.Schema(ctx, d)
		if err != nil {
			return err
		}
		if have >= want {
			return nil
		}
		if !told {
			slog.WarnContext(ctx, "waiting for the database schema; start web, or run patch-manager migrate", "have", have, "want", want)
		}
		if err := clock.Sleep(ctx, c, schemaPoll); err != nil {
			return err
		}
	}
}

// Migrate brings the schema up and ends.
func Migrate(ctx context.Context, cfg config.Config) error {
	d, err := openForAdmin(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx, d.DB), d.close(context.WithoutCancel(ctx)))
}
