// Package pgtest gives each test a database of its own on a real PostgreSQL.
//
// A test process starts one private server on first use, migrates one template
// database, and clones it for every test (about 20 ms). The server ends with
// the process, because the kernel signals it; the directory that it leaves is
// removed by the next process that starts one.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/pgserver"
)

const template = "pm_template"

var (
	shared = sync.OnceValues(startShared)
	serial atomic.Int64
)

// New returns a fresh, migrated database that is dropped when the test ends.
func New(tb testing.TB) *db.DB {
	tb.Helper()
	s, err := shared()
	require.NoError(tb, err)
	name := fmt.Sprintf("t_%d", serial.Add(1))
	clone(tb, s, name)
	d, err := db.Open(tb.Context(), s.DSN(name), db.Options{MaxConns: 12, AppName: tb.Name()})
	require.NoError(tb, err)
	tb.Cleanup(d.Close)
	return d
}

// Empty is New without any schema, for tests of migrations. It returns the
// connection string.
func Empty(tb testing.TB) string {
	tb.Helper()
	s, err := shared()
	require.NoError(tb, err)
	name := fmt.Sprintf("t_%d", serial.Add(1))
	admin(tb, s, "create database "+name)
	tb.Cleanup(func() { admin(tb, s, "drop database if exists "+name+" with (force)") })
	return s.DSN(name)
}

// Server starts a server of the test's own, for tests that kill it.
func Server(tb testing.TB) *pgserver.Server {
	tb.Helper()
	dir := Dir(tb)
	s, err := pgserver.Start(tb.Context(), config(dir))
	require.NoError(tb, err)
	tb.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			tb.Logf("stop database server: %v", err) // the test may have killed it
		}
	})
	return s
}

// Dir makes a directory that the database's account can reach, unlike
// testing.TB.TempDir, and that is short enough for a socket. It is removed
// when the test ends.
func Dir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "pm-test-")
	require.NoError(tb, err)
	require.NoError(tb, os.Chmod(dir, 0o755))
	tb.Cleanup(func() { require.NoError(tb, os.RemoveAll(dir)) })
	return dir
}

func config(dir string) pgserver.Config {
	return pgserver.Config{
		Dir: dir, Clock: clock.System(), NoSync: true,
		Settings: map[string]string{"fsync": "off", "full_page_writes": "off", "max_connections": "250",
			"shared_buffers": "32MB", "max_wal_size": "256MB"},
	}
}

func clone(tb testing.TB, s *pgserver.Server, name string) {
	tb.Helper()
	admin(tb, s, "create database "+name+" template "+template)
	tb.Cleanup(func() { admin(tb, s, "drop database if exists "+name+" with (force)") })
}

func admin(tb testing.TB, s *pgserver.Server, sql string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(tb, run(ctx, s, sql))
}

func run(ctx context.Context, s *pgserver.Server, sql string) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

const dirPattern = "pm-pgtest-"

func startShared() (*pgserver.Server, error) {
	if err := removeDead(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", dirPattern)
	if err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	s, err := pgserver.Start(ctx, config(dir))
	if err != nil {
		return nil, err
	}
	return s, makeTemplate(ctx, s)
}

func makeTemplate(ctx context.Context, s *pgserver.Server) error {
	if err := run(ctx, s, "create database "+template); err != nil {
		return err
	}
	d, err := db.Open(ctx, s.DSN(template), db.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	defer d.Close()
	return db.Migrate(ctx, d)
}

// removeDead removes the directories of test processes that have ended: their
// lock is free. One that is younger than a minute may just not have taken it yet.
func removeDead() error {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), dirPattern+"*"))
	if err != nil {
		return fmt.Errorf("list left directories: %w", err)
	}
	for _, dir := range dirs {
		if !dead(dir) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil && !os.IsNotExist(err) && !os.IsPermission(err) {
			return fmt.Errorf("remove left directory: %w", err)
		}
	}
	return nil
}

func dead(dir string) bool {
	st, err := os.Stat(dir)
	if err != nil || clock.System().Now().Sub(st.ModTime()) < time.Minute {
		return false
	}
	f, err := os.Open(filepath.Join(dir, "lock"))
	if os.IsNotExist(err) {
		return true
	}
	if err != nil {
		return false // of another account
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
