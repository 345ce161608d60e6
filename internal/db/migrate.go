package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrate brings the schema to the version that this binary was built for. It
// holds an advisory lock, so that processes that start together do it once,
// and goes only forward: a migration that was applied is never edited.
func Migrate(ctx context.Context, d *DB) error {
	p, closeDB, err := provider(d)
	if err != nil {
		return err
	}
	defer closeDB()
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema: %w", err)
	}
	m, err := rivermigrate.New(riverpgxv5.New(d.Pool), nil)
	if err != nil {
		return fmt.Errorf("prepare queue migration: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate queue: %w", err)
	}
	return nil
}

// Schema returns the version in the database and the one this binary needs.
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
