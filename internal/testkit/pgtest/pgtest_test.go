package pgtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

func TestEachTestHasItsOwnMigratedDatabase(t *testing.T) {
	a, b := pgtest.New(t), pgtest.New(t)
	ctx := t.Context()
	have, want, err := db.Schema(ctx, a)
	require.NoError(t, err)
	require.Equal(t, want, have)

	_, err = a.Exec(ctx, "create table only_here (x int)")
	require.NoError(t, err)
	var missing bool
	require.NoError(t, b.QueryRow(ctx, "select to_regclass('only_here') is null").Scan(&missing))
	require.True(t, missing)
}
