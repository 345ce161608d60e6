package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/runner"
)

const (
	beatEvery = 5 * time.Second
	// beatKeep is how long a worker that is gone can be seen in the table.
	beatKeep = 24 * time.Hour
)

// heartbeat writes this worker's sign of life.
func (p *process) heartbeat() runner.Loop {
	id, started := ids.New(), p.clock.Now()
	return runner.Loop{Name: "heartbeat", Interval: beatEvery, Once: func(ctx context.Context) (bool, error) {
		host, err := os.Hostname()
		if err != nil {
			return false, fmt.Errorf("read host name: %w", err)
		}
		return false, beat(ctx, p.db, id, host, started, p.clock.Now())
	}}
}

func beat(ctx context.Context, q db.Querier, worker ids.ID, host string, started, now time.Time) error {
	_, err := q.Exec(ctx, `insert into worker_heartbeat (worker_id, hostname, started_at, beat_at) values ($1, $2, $3, $4)
		on conflict (worker_id) do update set beat_at = excluded.beat_at`, worker, host, started, now)
	if err != nil {
		return fmt.Errorf("write heartbeat: %w", err)
	}
	if _, err := q.Exec(ctx, "delete from worker_heartbeat where beat_at < $1", now.Add(-beatKeep)); err != nil {
		return fmt.Errorf("forget old workers: %w", err)
	}
	return nil
}

// lastBeat is nil when there never was a worker.
func lastBeat(ctx context.Context, q db.Querier) (*time.Time, error) {
	var at *time.Time
	if err := q.QueryRow(ctx, "select max(beat_at) from worker_heartbeat").Scan(&at); err != nil {
		return nil, fmt.Errorf("read heartbeat: %w", err)
	}
	return at, nil
}
