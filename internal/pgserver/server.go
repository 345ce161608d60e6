package pgserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"patchmanager/internal/clock"
)

const (
	// role is the database superuser that every connection uses.
	role            = "patch_manager"
	defaultDatabase = "patch_manager"
)

// Config says where and how the server runs.
type Config struct {
	Dir      string            // everything lives below it
	BinDir   string            // of PostgreSQL; empty: the newest one installed, or the one the cluster needs
	RunAs    string            // account to drop to when started as root; empty: postgres
	Database string            // made when missing; empty: patch_manager
	Settings map[string]string // laid over ours, for tests
	NoSync   bool              // do not flush a new cluster to disk, for tests
	Clock    clock.Clock
	Logger   *slog.Logger // empty: slog.Default()
}

// Server is a running server. Its owner calls Stop, and watches Done.
type Server struct {
	cfg   Config
	bin   string
	data  string
	run   string
	acct  account
	lock  *os.File
	cmd   *exec.Cmd
	tail  *tail
	done  chan struct{} // closed when the server has exited
	ended error         // how it exited; read after done
}

// Start makes the cluster if there is none, and returns when the server
// answers a query. ctx bounds the start only, not the life of the server.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// prepare finds out whether a start can work, and takes the directory. Nothing
// of an existing directory that is not ours has been changed when it refuses.
func prepare(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg.withDefaults()}
	if err := s.resolveDir(); err != nil {
		return nil, err
	}
	major, err := clusterMajor(s.data)
	if err != nil {
		return nil, err
	}
	if s.acct, err = pickAccount(s.cfg.RunAs, s.data); err != nil {
		return nil, err
	}
	if s.bin = s.cfg.BinDir; s.bin == "" {
		if s.bin, err = FindBin(major); err != nil {
			return nil, err
		}
	}
	if err := s.makeDir(); err != nil {
		return nil, err
	}
	s.lock, err = takeLock(s.cfg.Dir)
	return s, err
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.RunAs == "" {
		c.RunAs = "postgres"
	}
	if c.Database == "" {
		c.Database = defaultDatabase
	}
	return c
}

func (s *Server) start(ctx context.Context) error {
	if err := s.acct.ownDir(s.run); err != nil {
		return fmt.Errorf("make socket directory: %w", err)
	}
	if err := s.ensureCluster(ctx); err != nil {
		return err
	}
	if err := s.writeAccess(); err != nil {
		return err
	}
	if err := s.clearStale(ctx); err != nil {
		return err
	}
	if err := s.spawn(); err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		return errors.Join(err, s.terminate(context.WithoutCancel(ctx)))
	}
	return nil
}

// DSN is the connection string of one database of this server.
func (s *Server) DSN(database string) string { return dsn(s.run, database) }

// URL is the connection string of the product's database.
func (s *Server) URL() string { return s.DSN(s.cfg.Database) }

// URL is the connection string of the product's database in the server that
// another process runs in dir.
func URL(dir string) string { return dsn(filepath.Join(dir, "run"), defaultDatabase) }

func dsn(run, database string) string {
	return fmt.Sprintf("host=%s port=5432 user=%s dbname=%s sslmode=disable", quote(run), role, quote(database))
}

// Done is closed when the server has exited, asked to or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Pid is the server's process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Dir is the directory that everything of this server lives in.
func (s *Server) Dir() string { return s.cfg.Dir }

// Stop ends the server and gives up the directory. Open transactions are rolled
// back; a server that does not go within 30 seconds, or before ctx ends, is
// made to, and recovers at its next start.
func (s *Server) Stop(ctx context.Context) error {
	return errors.Join(s.terminate(ctx), s.lock.Close())
}

func (s *Server) terminate(ctx context.Context) error {
	steps := []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, 30 * time.Second}, // fast: disconnects clients, writes a checkpoint
		{syscall.SIGQUIT, 5 * time.Second}, // immediate: recovery at the next start
		{syscall.SIGKILL, 5 * time.Second},
	}
	for _, step := range steps {
		select {
		case <-s.done:
			return s.ended
		default:
		}
		if err := s.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("signal database server: %w", err)
		}
		if s.gone(ctx, step.wait) {
			return s.ended
		}
		ctx = context.WithoutCancel(ctx) // the harder signals get their own time
	}
	return errors.New("the database server does not stop")
}

func (s *Server) gone(ctx context.Context, wait time.Duration) bool {
	select {
	case <-s.done:
		return true
	case <-s.cfg.Clock.After(wait):
	case <-ctx.Done():
	}
	return false
}

// socketName is where clients find the server inside its run directory.
const socketName = ".s.PGSQL.5432"

// maxSocketPath is sun_path of unix(7) less its closing NUL.
const maxSocketPath = 107

// resolveDir makes the paths absolute and free of symbolic links, because they
// are compared with what the kernel says about running processes.
func (s *Server) resolveDir() error {
	dir, err := filepath.Abs(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("find database directory: %w", err)
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	s.cfg.Dir, s.data, s.run = dir, filepath.Join(dir, "data"), filepath.Join(dir, "run")
	if n := len(filepath.Join(s.run, socketName+".lock")); n > maxSocketPath {
		return fmt.Errorf("the path of the database directory %s is %d characters too long for a unix socket; choose a shorter data directory", dir, n-maxSocketPath)
	}
	return nil
}

// quote writes a value of a keyword connection string.
func quote(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
}
