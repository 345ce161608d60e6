package queue

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"patchmanager/internal/db"
)

// Client inserts jobs and, in a worker, works them.
type Client = river.Client[pgx.Tx]

const (
	// fetchCooldown bounds throughput to MaxWorkers per cooldown and also holds
	// back the notification in the inserting process: 20 ms on both sides gives
	// 2 ms from insert to work, River's default of 100 ms gives 47 ms.
	fetchCooldown = 20 * time.Millisecond
	// jobTimeout ends a job that hangs. Nothing here may take longer.
	jobTimeout = 2 * time.Minute
	// rescueAfter is when a job of a dead process runs again; above jobTimeout,
	// so that a living one is never doubled.
	rescueAfter = 5 * time.Minute
	// keepCompleted is how long a finished job can be looked at.
	keepCompleted = time.Hour
	// maxWorkers is how many jobs one process works at once. Previews wait for
	// agents, not for the processor.
	maxWorkers = 64
)

// NewInserter makes a client that only inserts, for processes that serve HTTP.
func NewInserter(d *db.DB, log *slog.Logger) (*Client, error) {
	c, err := river.NewClient(riverpgxv5.New(d.Pool), base(log))
	if err != nil {
		return nil, fmt.Errorf("set up queue: %w", err)
	}
	return c, nil
}

// NewWorker makes a client that also works the jobs of workers and inserts the
// periodic ones while it leads. The caller starts and stops it.
func NewWorker(d *db.DB, log *slog.Logger, workers *river.Workers, periodic []*river.PeriodicJob) (*Client, error) {
	cfg := base(log)
	cfg.Workers = workers
	cfg.PeriodicJobs = periodic
	cfg.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxWorkers}}
	c, err := river.NewClient(riverpgxv5.New(d.Pool), cfg)
	if err != nil {
		return nil, fmt.Errorf("set up queue: %w", err)
	}
	return c, nil
}

func base(log *slog.Logger) *river.Config {
	return &river.Config{
		Logger:                      log,
		FetchCooldown:               fetchCooldown,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		CompletedJobRetentionPeriod: keepCompleted,
	}
}
