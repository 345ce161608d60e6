package app

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

func TestHealthNamesWhatIsNotFine(t *testing.T) {
	d, c := pgtest.New(t), fakeclock.New(time.Unix(1_700_000_000, 0))
	h := &health{db: d, clock: c}
	status, r := h.check(t.Context())
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "no worker has started yet", r.Checks.Worker.Detail)
	require.True(t, r.Checks.Database.OK && r.Checks.Schema.OK)

	started := c.Now()
	require.NoError(t, beat(t.Context(), d, ids.New(), "web-1", started, started))
	_, r = h.check(t.Context())
	require.Equal(t, "failing", r.Status, "within a second the answer is the last one")
	c.Advance(time.Second)
	status, _ = h.check(t.Context())
	require.Equal(t, http.StatusOK, status)

	c.Advance(30 * time.Second)
	status, r = h.check(t.Context())
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, r.Checks.Worker.Detail, "no sign of a worker since 2023-11-14T22:13:20Z")

	d.Close()
	c.Advance(time.Second)
	status, r = h.check(t.Context())
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.False(t, r.Checks.Database.OK)
	require.True(t, r.Checks.Process.OK)
	require.NotContains(t, r.Checks.Database.Detail, "closed pool", "the cause is for the log")
}

func TestHealthSeesAnOldSchema(t *testing.T) {
	d, err := db.Open(t.Context(), pgtest.Empty(t), db.Options{})
	require.NoError(t, err)
	t.Cleanup(d.Close)
	h := &health{db: d, clock: fakeclock.New(time.Unix(0, 0))}
	status, r := h.check(t.Context())
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, r.Checks.Schema.Detail, "version 0, this build needs ")
}

func TestAWorkerWaitsForTheSchema(t *testing.T) {
	d, err := db.Open(t.Context(), pgtest.Empty(t), db.Options{})
	require.NoError(t, err)
	t.Cleanup(d.Close)
	c := fakeclock.New(time.Unix(0, 0))
	done := make(chan error, 1)
	go func() { done <- awaitSchema(t.Context(), d, c) }()
	c.BlockUntil(1)
	require.Empty(t, done)
	require.NoError(t, db.Migrate(t.Context(), d))
	c.Advance(schemaPoll)
	require.NoError(t, <-done)
}

func TestWorkersThatAreGoneAreForgotten(t *testing.T) {
	d, now := pgtest.New(t), time.Unix(1_700_000_000, 0)
	old, alive := ids.New(), ids.New()
	require.NoError(t, beat(t.Context(), d, old, "web-1", now, now))
	require.NoError(t, beat(t.Context(), d, alive, "web-2", now, now.Add(beatKeep+time.Second)))
	var left []ids.ID
	require.NoError(t, d.QueryRow(t.Context(), "select array_agg(worker_id) from worker_heartbeat").Scan(&left))
	require.Equal(t, []ids.ID{alive}, left)
}
