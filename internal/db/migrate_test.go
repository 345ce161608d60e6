package db_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

// Processes that start together on an empty database all end with the schema.
func TestMigratingAtOnceIsDoneOnce(t *testing.T) {
	dsn := pgtest.Empty(t)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			d, err := db.Open(t.Context(), dsn, db.Options{MaxConns: 4})
			if errs[i] = err; err == nil {
				errs[i] = db.Migrate(t.Context(), d)
				d.Close()
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

// A worker that waits for the version must find the queue's tables as well.
func TestTheVersionCountsOnlyWithTheQueuesTables(t *testing.T) {
	d, err := db.Open(t.Context(), pgtest.Empty(t), db.Options{MaxConns: 4})
	require.NoError(t, err)
	defer d.Close()
	have, want, err := db.Schema(t.Context(), d)
	require.NoError(t, err)
	require.Zero(t, have)
	require.NoError(t, db.Migrate(t.Context(), d))
	have, _, err = db.Schema(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, want, have)
	_, err = d.Exec(t.Context(), "delete from river_migration where version = (select max(version) from river_migration)")
	require.NoError(t, err)
	have, _, err = db.Schema(t.Context(), d)
	require.NoError(t, err)
	require.Zero(t, have)
}
