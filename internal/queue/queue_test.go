package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
	"patchmanager/internal/queue"
	"patchmanager/internal/testkit/pgtest"
)

type task struct {
	Word string `json:"word"`
}

func (task) Kind() string { return "queue_test.task" }

type worker struct {
	river.WorkerDefaults[task]
	heard chan string
}

func (w *worker) Work(_ context.Context, j *river.Job[task]) error {
	w.heard <- j.Args.Word
	return nil
}

// TestJobExistsExactlyWhenItsTransactionCommits inserts from a process that only
// inserts and works in another one.
func TestJobExistsExactlyWhenItsTransactionCommits(t *testing.T) {
	d := pgtest.New(t)
	inserter, err := queue.NewInserter(d, slog.Default())
	require.NoError(t, err)
	w := &worker{heard: make(chan string, 2)}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	client, err := queue.NewWorker(d, slog.Default(), workers, nil)
	require.NoError(t, err)
	require.NoError(t, client.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, client.Stop(context.Background())) })

	changed := errors.New("changed my mind")
	insert := func(word string, err error) error {
		return d.InTx(t.Context(), func(tx db.Tx) error {
			if _, insertErr := inserter.InsertTx(t.Context(), tx, task{word}, nil); insertErr != nil {
				return insertErr
			}
			return err
		})
	}
	require.ErrorIs(t, insert("rolled back", changed), changed)
	require.NoError(t, insert("committed", nil))
	require.Equal(t, "committed", <-w.heard)
	var rows int
	require.NoError(t, d.QueryRow(t.Context(), "select count(*) from river_job").Scan(&rows))
	require.Equal(t, 1, rows)
}
