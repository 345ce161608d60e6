package audit

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

// Somebody who knows the encoding gives an edited row its right hash: then the
// next row was not written behind it.
func TestVerifyFindsAForgedRow(t *testing.T) {
	d := pgtest.New(t)
	for range 5 {
		require.NoError(t, d.InTx(t.Context(), func(tx db.Tx) error {
			return Append(t.Context(), tx, Entry{Actor: Actor{Kind: KindSystem}, Action: "host.remove"})
		}))
	}
	rows, err := readChain(t.Context(), d, 3, 1)
	require.NoError(t, err)
	forged := rows[0].content
	forged.action = "host.add"
	own := forged.sum(rows[0].prev)
	_, err = d.Exec(t.Context(), `alter table audit_entry disable trigger user`)
	require.NoError(t, err)
	_, err = d.Exec(t.Context(), `update audit_entry set action = $1, row_hash = $2 where id = 3`, forged.action, own[:])
	require.NoError(t, err)

	rep, err := Verify(t.Context(), d, 1)
	require.NoError(t, err)
	require.NotNil(t, rep.Break)
	require.Equal(t, BreakUnlinked, rep.Break.Kind)
	require.EqualValues(t, 4, rep.Break.ID)
}
