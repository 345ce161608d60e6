package audit

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

func TestFiftyWritersAndASignerLeaveOneChain(t *testing.T) {
	r := newRig(t)
	var g errgroup.Group
	for i := range 50 {
		g.Go(func() error {
			for n := range 4 {
				err := r.db.InTx(t.Context(), func(tx db.Tx) error { return Append(t.Context(), tx, r.entry(10*i+n)) })
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range 2 {
		g.Go(func() error {
			for range 20 {
				if _, err := r.sign(t.Context()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	r.signAll()
	v := r.intact()
	require.EqualValues(t, 200, v.Checked)
	require.EqualValues(t, 200, v.Checkpoint.Size)
}

// Each attack is found and named, by whoever owns the database and knows the
// encoding, but has not the key.
func TestVerificationNamesEachAttack(t *testing.T) {
	const n = 24
	for name, c := range map[string]struct {
		attack func(t *testing.T, r *rig)
		kind   BreakKind
		row    int64
	}{
		"edited":  {func(_ *testing.T, r *rig) { r.tamper(`update audit_entry set actor_name = 'x' where id = 5`) }, BreakEdited, 5},
		"deleted": {func(_ *testing.T, r *rig) { r.tamper(`delete from audit_entry where id = 6`) }, BreakMissing, 6},
		"inserted": {func(_ *testing.T, r *rig) {
			r.tamper(`update audit_entry set id = id + 100 where id > 7`, `insert into audit_entry select 8, at, actor_kind, actor_id, actor_name, action,
				target_kind, target_id, target_name, details, address, request_id, prev_hash, row_hash from audit_entry where id = 7`,
				`update audit_entry set id = id - 99 where id > 100`)
		}, BreakEdited, 8},
		"reordered": {func(_ *testing.T, r *rig) {
			r.tamper(`update audit_entry set id = 100 where id = 2`, `update audit_entry set id = 2 where id = 3`, `update audit_entry set id = 3 where id = 100`)
		}, BreakEdited, 2},
		"beginning cut off": {func(_ *testing.T, r *rig) { r.tamper(`delete from audit_entry where id <= 3`) }, BreakMissing, 1},
		"beginning cut off at a checkpoint": {func(_ *testing.T, r *rig) {
			r.tamper(`delete from audit_entry where id <= 8`, `delete from audit_checkpoint where size < 8`)
		}, BreakMissing, 1},
		"end cut off": {func(_ *testing.T, r *rig) { r.tamper(`delete from audit_entry where id > 20`) }, BreakTruncated, 21},
		"end cut off and written on": {func(_ *testing.T, r *rig) {
			r.tamper(`delete from audit_entry where id > 20`)
			r.fill(10, 1000)
		}, BreakRewritten, 21},
		"fork": {func(_ *testing.T, r *rig) {
			r.rewrite(20, func(c *content) { c.action = "host.add" }, false)
		}, BreakRewritten, 20},
		"whole chain and tree computed anew": {func(_ *testing.T, r *rig) {
			r.rewrite(2, func(c *content) { c.action = "host.add" }, true)
		}, BreakRewritten, 8},
		"tree edited":  {func(_ *testing.T, r *rig) { r.tamper(`update audit_hash set hash = sha256('x') where idx = 0`) }, BreakRewritten, 1},
		"tree goes on": {func(_ *testing.T, r *rig) { r.tamper(`insert into audit_hash select 1000, sha256('x')`) }, BreakRewritten, n},
		"checkpoint edited": {func(_ *testing.T, r *rig) {
			r.tamper(`update audit_checkpoint set note = replace(note, E'\n16\n', E'\n15\n') where size = 16`)
		}, BreakForged, 16},
		"checkpoint's columns edited": {func(_ *testing.T, r *rig) {
			r.tamper(`update audit_checkpoint set root_hash = sha256('x') where size = 16`)
		}, BreakForged, 16},
		"everything signed anew with another key": {func(t *testing.T, r *rig) {
			r.rewrite(2, func(c *content) { c.action = "host.add" }, false)
			r.tamper(`delete from audit_hash`, `delete from audit_checkpoint`)
			other := rigOn(t, r.db, t.TempDir())
			other.signAll()
		}, BreakForged, n},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.fill(n, 8)
			c.attack(t, r)
			v := r.verify()
			require.Equal(t, VerificationBroken, v.State)
			require.Equal(t, c.kind, v.Break.Kind, v.Break.Detail)
			require.Equal(t, c.row, v.Break.ID, v.Break.Detail)
			require.NotEmpty(t, v.Break.Detail)
			require.False(t, r.Intact())
			broken, err := Broken(t.Context(), r.db)
			require.NoError(t, err)
			require.Equal(t, v.Break, broken)
		})
	}
}

// The owner of the database throws everything away that is signed and lets the
// product sign a new past: only what is outside of the database tells.
func TestExportedCheckpointsFindAPastThatWasSignedAnew(t *testing.T) {
	r := newRig(t)
	r.outsideFile()
	r.fill(24, 8)
	r.exportNow()
	r.rewrite(2, func(c *content) { c.action = "host.add" }, false)
	r.tamper(`delete from audit_hash`, `delete from audit_checkpoint`)
	r.signAll()
	v := r.verify()
	require.Equal(t, VerificationBroken, v.State)
	require.Equal(t, BreakRewritten, v.Break.Kind)
	require.Contains(t, v.Break.Detail, "line 1 of")
}

func TestExportedCheckpointsFindAnOldBackup(t *testing.T) {
	r := newRig(t)
	r.outsideFile()
	r.fill(24, 8)
	r.exportNow()
	r.tamper(`delete from audit_entry where id > 10`, `delete from audit_checkpoint where size > 8`,
		`delete from audit_hash where idx >= `+fmt.Sprint(storedCount(8)), `delete from audit_export`)
	v := r.verify()
	require.Equal(t, BreakRestored, v.Break.Kind, v.Break.Detail)
	require.Contains(t, v.Break.Detail, "old backup")

	// also after the trail has grown over it
	r = rigOn(t, r.db, r.dir)
	path := r.outsideFile()
	r.fill(20, 100)
	r.signAll()
	v = r.verify()
	require.Equal(t, BreakRewritten, v.Break.Kind, v.Break.Detail)
	require.Contains(t, v.Break.Detail, path)
}

func TestExportedFileForged(t *testing.T) {
	r := newRig(t)
	path := r.outsideFile()
	r.fill(24, 8)
	r.exportNow()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, forged := range map[string]string{
		"another size":    strings.Replace(string(text), `\n16\n`, `\n15\n`, 1),
		"no line of ours": "hello\n" + string(text),
	} {
		require.NoError(t, os.WriteFile(path, []byte(forged), 0o600))
		v := r.verify()
		require.Equal(t, BreakForged, v.Break.Kind, name)
	}
}

// The signer signs nothing that does not continue what it signed before, and
// says so once.
func TestSignerRefusesWhatDoesNotContinue(t *testing.T) {
	for name, attack := range map[string]string{
		"new row edited":      `update audit_entry set action = 'host.add' where id = 13`,
		"gap":                 `delete from audit_entry where id = 13`,
		"end cut off":         `delete from audit_entry where id > 6`,
		"signed end replaced": `update audit_entry set row_hash = sha256('x') where id = 8; delete from audit_entry where id > 8`,
		"tree edited":         `update audit_hash set hash = sha256('x') where idx = 14`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.fill(8, 8)
			r.fill(6, 100)
			for _, s := range strings.Split(attack, "; ") {
				r.tamper(s)
			}
			for range 3 {
				_, err := r.sign(t.Context())
				require.NoError(t, err)
			}
			c, _, err := newestCheckpoint(t.Context(), r.db)
			require.NoError(t, err)
			require.EqualValues(t, 8, c.Size)
			list, total, err := r.Verifications(t.Context(), 10, 0)
			require.NoError(t, err)
			require.Equal(t, 1, total)
			require.Equal(t, VerificationBroken, list[0].State)
			require.False(t, r.Intact())
		})
	}
}

func TestVerificationGoesOnWhereItStopped(t *testing.T) {
	r := newRig(t)
	r.outsideFile()
	require.NoError(t, r.db.InTx(t.Context(), func(tx db.Tx) error {
		for i := range 2500 {
			if err := Append(t.Context(), tx, r.entry(i)); err != nil {
				return err
			}
		}
		return nil
	}))
	r.signAll()
	r.exportNow()
	v, err := r.StartVerification(t.Context(), TriggerPerson, Entry{Actor: Actor{Kind: KindUser, ID: "u"}})
	require.NoError(t, err)
	again, err := r.StartVerification(t.Context(), TriggerPerson, Entry{Actor: Actor{Kind: KindUser, ID: "u"}})
	require.NoError(t, err)
	require.Equal(t, v.ID, again.ID, "one at a time")
	slow := &slowClock{Clock: r.clock}
	r.Service.clock = slow
	slices := 0
	for done := false; !done; slices++ {
		done, err = r.verifySlice(t.Context(), v.ID)
		require.NoError(t, err)
		v, err = r.Verification(t.Context(), v.ID)
		require.NoError(t, err)
		require.NotZero(t, v.Checked)
	}
	require.Greater(t, slices, 1)
	require.Equal(t, VerificationIntact, v.State)
	require.EqualValues(t, 2501, v.Checked, "with the row of the order")
}

func TestPeriodicVerificationRunsInTheQueue(t *testing.T) {
	r := newRig(t)
	r.fill(3, 2)
	require.NoError(t, (&dailyWorker{s: r.Service}).Work(t.Context(), nil))
	v, found, err := runningVerification(t.Context(), r.db, rigStart.Add(-runningFor))
	require.NoError(t, err)
	require.True(t, found)
	var kind string
	require.NoError(t, r.db.QueryRow(t.Context(), `select kind from river_job where args->>'id' = $1`, v.ID.String()).Scan(&kind))
	require.Equal(t, "audit.verify", kind)
	require.Len(t, r.Periodic(), 2)
}

// No audit row, no change: also when the signer or the pruner holds the tree.
func TestDatabaseLetsOnlyPruningThrough(t *testing.T) {
	r := newRig(t)
	r.fill(16, 8)
	prune := func(setting, sql string) error {
		return r.db.InTx(t.Context(), func(tx db.Tx) error {
			if _, err := tx.Exec(t.Context(), `select set_config('patch_manager.audit_prune', $1, true)`, setting); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
	}
	for _, c := range [][2]string{
		{"", `delete from audit_entry where id <= 8`},
		{"7", `delete from audit_entry where id <= 7`},                    // no checkpoint
		{"8", `delete from audit_entry where id <= 9`},                    // behind it
		{"8", `delete from audit_entry where id <= 7`},                    // not all
		{"8", `delete from audit_entry where id = 12`},                    // somewhere
		{"8", `update audit_entry set action = 'host.add' where id <= 8`}, // not a delete
		{"16", `truncate audit_entry`},
	} {
		require.ErrorContains(t, prune(c[0], c[1]), "only ever appended to", c)
	}
	require.NoError(t, prune("8", `delete from audit_entry where id <= 8`))
	_, err := r.db.Exec(t.Context(), `delete from audit_entry where id = 9`)
	require.ErrorContains(t, err, "only ever appended to", "the setting ends with its transaction")
}

// FuzzTamper changes one thing somewhere; whatever it is, it is found.
func FuzzTamper(f *testing.F) {
	pgtest.New(f) // the server starts now: an input that takes 10 s counts as hung
	f.Add(uint8(3), uint8(0), "x")
	f.Add(uint8(7), uint8(4), "'")
	f.Add(uint8(23), uint8(9), "\\x")
	f.Fuzz(func(t *testing.T, row, column uint8, value string) {
		if !isStorable(value) {
			return // PostgreSQL keeps no such text, on any machine
		}
		columns := []string{"actor_id", "actor_name", "target_kind", "target_id", "target_name", "details", "address", "request_id", "id", "at", "prev_hash", "row_hash"}
		col, id := columns[int(column)%len(columns)], 1+int64(row)%24
		d := pgtest.New(t)
		r := rigOn(t, d, t.TempDir())
		r.fill(24, 8)
		sql := map[string]string{"id": `update audit_entry set id = 25 + length($1) where id = $2`, "at": `update audit_entry set at = at + make_interval(secs => 1 + length($1)) where id = $2`,
			"prev_hash": `update audit_entry set prev_hash = sha256(convert_to($1, 'UTF8')) where id = $2`, "row_hash": `update audit_entry set row_hash = sha256(convert_to($1, 'UTF8')) where id = $2`}[col]
		if sql == "" {
			sql = `update audit_entry set ` + col + ` = ` + col + ` || 'x' || $1 where id = $2`
		}
		r.tamper()
		exec(t.Context(), t, d, `alter table audit_entry disable trigger user`)
		exec(t.Context(), t, d, sql, value, id)
		v := r.verify()
		if v.Break == nil {
			t.Fatalf("%s of row %d: not found", col, id)
		}
		if v.Break.ID != id {
			t.Fatalf("%s of row %d: said %d, %s", col, id, v.Break.ID, v.Break.Detail)
		}
	})
}
