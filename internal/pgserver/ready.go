package pgserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// readyLimit is long because recovery after a crash replays what was written.
const readyLimit = 2 * time.Minute

// waitReady returns when the server answers and the product's database exists.
func (s *Server) waitReady(ctx context.Context) error {
	limit := s.cfg.Clock.After(readyLimit)
	for {
		conn, err := pgx.Connect(ctx, s.DSN("postgres"))
		if err == nil {
			return errors.Join(s.ensureDatabase(ctx, conn), conn.Close(ctx))
		}
		select {
		case <-s.done:
			return s.startError()
		case <-ctx.Done():
			return fmt.Errorf("wait for database server: %w", ctx.Err())
		case <-limit:
			return fmt.Errorf("the database server does not answer after %s: %w: %s", readyLimit, err, s.tail.text())
		case <-s.cfg.Clock.After(10 * time.Millisecond):
		}
	}
}

// startError never is nil: a server that ends by itself has not started, also
// when it calls that a success.
func (s *Server) startError() error {
	if s.ended != nil {
		return s.ended
	}
	return errors.New("the database server ended at once: " + s.tail.text())
}

func (s *Server) ensureDatabase(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", s.cfg.Database).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look for database: %w", err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{s.cfg.Database}.Sanitize()); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}
