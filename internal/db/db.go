// Package db opens PostgreSQL, runs transactions and brings the schema up.
//
// A transaction is a value that is passed: every function that writes takes a
// [Tx], so that the change, its audit row and its background job commit
// together or not at all. Reads take a [Querier].
package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Tx is an open transaction.
type Tx = pgx.Tx

// Querier runs statements: a *DB outside a transaction, a Tx inside one.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// DB is a pool of connections to one database.
type DB struct{ *pgxpool.Pool }

// Options tune a pool.
type Options struct {
	MaxConns int    // 0: 16
	AppName  string // shown in pg_stat_activity
}

// Open connects and checks that the server answers and is new enough.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database url: %w", err)
	}
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	cfg.MaxConns = int32(o.MaxConns)
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if o.AppName != "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = o.AppName
	}
	cfg.AfterConnect = scanUTC
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &DB{pool}
	if err := d.checkVersion(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return d, nil
}

// scanUTC makes times come back in UTC, as they are shown and compared, not in
// the zone of the machine.
func scanUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

// minVersion is PostgreSQL 15: the oldest one tested.
const minVersion = 150000

func (d *DB) checkVersion(ctx context.Context) error {
	var v int
	err := d.QueryRow(ctx, "select current_setting('server_version_num')::int").Scan(&v)
	if err != nil {
		return fmt.Errorf("connect to database: %w", err)
	}
	if v < minVersion {
		return fmt.Errorf("the database server is PostgreSQL %d; 15 or newer is needed", v/10000)
	}
	return nil
}

// InTx runs fn in a transaction: committed when fn returns nil, rolled back
// otherwise, also when fn panics.
func (d *DB) InTx(ctx context.Context, fn func(tx Tx) error) error {
	return pgx.BeginFunc(ctx, d.Pool, fn)
}

// IsUnique reports whether err is a violation of the named unique constraint
// or index; an empty name means any.
func IsUnique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && (constraint == "" || pg.ConstraintName == constraint)
}

// IsForeignKey reports whether err names something that does not exist, by the
// constraint's name.
func IsForeignKey(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23503" && pg.ConstraintName == constraint
}

// IsNoRows reports whether a query that wanted a row found none.
func IsNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
