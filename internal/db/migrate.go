package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var files embed.FS

// migrateLock is the advisory lock of a migration. The number is arbitrary and
// must never change: two versions of the program would migrate at once.
const migrateLock int64 = 0x706d_6d69_6772_6101

// Migrate brings the schema to the version that this binary was built for. It
// holds an advisory lock, so that processes that start together do it once,
// and goes only forward: a migration that was applied is never edited. The
// queue's tables come first: whoever sees our version finds them too.
func Migrate(ctx context.Context, d *DB) error {
	conn, err := d.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("lock schema: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", migrateLock); err != nil {
		return fmt.Errorf("lock schema: %w", err)
	}
	if err = migrateQueue(ctx, d); err == nil {
		err = migrateOwn(ctx, d)
	}
	if _, uerr := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", migrateLock); uerr != nil {
		err = errors.Join(err, fmt.Errorf("unlock schema: %w", uerr))
	}
	return err
}

func migrateQueue(ctx context.Context, d *DB) error {
	m, err := queueMigrator(d)
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate queue: %w", err)
	}
	return nil
}

func queueMigrator(d *DB) (*rivermigrate.Migrator[pgx.Tx], error) {
	m, err := rivermigrate.New(riverpgxv5.New(d.Pool), nil)
	if err != nil {
		return nil, fmt.Errorf("prepare queue migration: %w", err)
	}
	return m, nil
}

func migrateOwn(ctx context.Context, d *DB) error {
	p, closeDB, err := provider(d)
	if err != nil {
		return err
	}
	defer closeDB()
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema: %w", err)
	}
	return nil
}

// Schema returns the version in the database and the one this binary needs. While
// the queue's tables are older than this binary's, the version is 0.
func Schema(ctx context.Context, d *DB) (have, want int64, err error) {
	p, closeDB, err := provider(d)
	if err != nil {
		return 0, 0, err
	}
	defer closeDB()
	have, want, err = p.GetVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read schema version: %w", err)
	}
	m, err := queueMigrator(d)
	if err != nil {
		return 0, 0, err
	}
	queue, err := m.Validate(ctx, nil)
	if err != nil {
		return 0, 0, fmt.Errorf("read queue version: %w", err)
	}
	if !queue.OK {
		have = 0
	}
	return have, want, nil
}

func provider(d *DB) (*goose.Provider, func(), error) {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, nil, fmt.Errorf("open migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, nil, fmt.Errorf("prepare migration lock: %w", err)
	}
	sqldb := stdlib.OpenDBFromPool(d.Pool)
	p, err := goose.NewProvider(goose.DialectPostgres, sqldb, sub, goose.WithSessionLocker(locker))
	if err != nil {
		sqldb.Close()
		return nil, nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, func() { sqldb.Close() }, nil
}
