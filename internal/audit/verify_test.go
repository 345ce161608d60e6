package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

// tamper does what only an owner of the database can: it switches the trigger
// off first.
func tamper(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	require.NoError(t, d.InTx(t.Context(), func(tx db.Tx) error {
		for _, s := range append([]string{`alter table audit_entry disable trigger user`}, statements...) {
			if _, err := tx.Exec(t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestVerifyFindsTampering(t *testing.T) {
	const copyRow = `insert into audit_entry (id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, target_name, details, address, request_id, prev_hash, row_hash)
		select 4, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, target_name, details, address, request_id, prev_hash, row_hash from audit_entry where id = 3`
	for name, c := range map[string]struct {
		sql  []string
		kind audit.BreakKind
		at   int64
	}{
		"edited text":    {[]string{`update audit_entry set details = '{"n":7}' where id = 3`}, audit.BreakEdited, 3},
		"edited time":    {[]string{`update audit_entry set at = at + interval '1 microsecond' where id = 4`}, audit.BreakEdited, 4},
		"moved boundary": {[]string{`update audit_entry set actor_id = actor_id || 'a', actor_name = substr(actor_name, 2) where id = 2`}, audit.BreakEdited, 2},
		"edited hash":    {[]string{`update audit_entry set row_hash = sha256('x') where id = 5`}, audit.BreakEdited, 5},
		"deleted":        {[]string{`delete from audit_entry where id = 4`}, audit.BreakMissing, 4},
		"deleted first":  {[]string{`delete from audit_entry where id = 1`}, audit.BreakMissing, 1},
		"deleted and closed up": {[]string{`delete from audit_entry where id = 3`,
			`update audit_entry set id = id - 1 where id > 3`}, audit.BreakEdited, 3},
		"inserted": {[]string{`update audit_entry set id = id + 100 where id > 3`, copyRow,
			`update audit_entry set id = id - 99 where id > 100`}, audit.BreakEdited, 4},
		"reordered": {[]string{`update audit_entry set id = 100 where id = 2`, `update audit_entry set id = 2 where id = 3`,
			`update audit_entry set id = 3 where id = 100`}, audit.BreakEdited, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := pgtest.New(t)
			fill(t, d, 8)
			tamper(t, d, c.sql...)
			rep, err := audit.Verify(t.Context(), d, 1)
			require.NoError(t, err)
			require.NotNil(t, rep.Break)
			require.Equal(t, c.kind, rep.Break.Kind, rep.Break.Detail)
			require.Equal(t, c.at, rep.Break.ID)
			require.Equal(t, c.at-1, rep.LastID)
		})
	}
}

func TestVerifyFromTheMiddle(t *testing.T) {
	d := pgtest.New(t)
	fill(t, d, 10)
	rep, err := audit.Verify(t.Context(), d, 6)
	require.NoError(t, err)
	require.Nil(t, rep.Break)
	require.EqualValues(t, 5, rep.Checked)

	tamper(t, d, `delete from audit_entry where id = 5`)
	rep, err = audit.Verify(t.Context(), d, 6)
	require.NoError(t, err)
	require.Equal(t, audit.BreakMissing, rep.Break.Kind)
	require.EqualValues(t, 5, rep.Break.ID)
}

func TestVerifyReadsInBatches(t *testing.T) {
	d := pgtest.New(t)
	fill(t, d, 2300)
	rep, err := audit.Verify(t.Context(), d, 0)
	require.NoError(t, err)
	require.Nil(t, rep.Break)
	require.EqualValues(t, 2300, rep.Checked)
	tamper(t, d, `update audit_entry set action = 'host.add' where id = 2001`)
	rep, err = audit.Verify(t.Context(), d, 0)
	require.NoError(t, err)
	require.EqualValues(t, 2001, rep.Break.ID)
}

func TestDatabaseRefusesChangesOfTheTrail(t *testing.T) {
	d := pgtest.New(t)
	fill(t, d, 2)
	for _, sql := range []string{`update audit_entry set action = 'host.add'`, `delete from audit_entry`, `truncate audit_entry`} {
		_, err := d.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "only ever appended to", sql)
	}
}

func TestListFilters(t *testing.T) {
	d := pgtest.New(t)
	fill(t, d, 6)
	other := entry(3)
	other.Action, other.Actor.ID = "host.approve", "02J"
	require.NoError(t, appendOne(t.Context(), d, other))

	rows, total, err := audit.ForTarget(t.Context(), d, "host", "3", 1, 1)
	require.NoError(t, err)
	require.Equal(t, 2, total)
	require.Len(t, rows, 1)
	require.EqualValues(t, 4, rows[0].ID, "newest first, second page")

	for f, want := range map[audit.Filter]int{
		{}: 7, {ActorID: "02J"}: 1, {Action: "host.approve"}: 1, {Action: "host."}: 7, {Action: "host"}: 0, {TargetKind: "job"}: 0,
	} {
		_, total, err := audit.List(t.Context(), d, f)
		require.NoError(t, err)
		require.Equal(t, want, total, f)
	}
}
