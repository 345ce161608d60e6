package audit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
	"patchmanager/internal/queue"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

var rigStart = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// rig is a trail with everything around it.
type rig struct {
	*Service
	t     testing.TB
	clock *fakeclock.Clock
	dir   string
	set   Settings
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return rigOn(t, pgtest.New(t), t.TempDir())
}

func rigOn(t testing.TB, d *db.DB, dir string) *rig {
	t.Helper()
	key, err := OpenKey(dir)
	require.NoError(t, err)
	q, err := queue.NewInserter(d, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	r := &rig{t: t, clock: fakeclock.New(rigStart), dir: dir, set: DefaultSettings()}
	r.Service = New(Deps{DB: d, Clock: r.clock, Queue: q, Key: key, Settings: func() Settings { return r.set }})
	return r
}

func (r *rig) entry(n int) Entry {
	return Entry{Actor: Actor{Kind: KindUser, ID: fmt.Sprintf("user-%d", n%3), Name: "=admin"}, Action: "host.remove", Address: "192.0.2.1",
		Target: Target{Kind: "host", ID: fmt.Sprint(n), Name: "web1.example.com"}, Details: map[string]any{"n": n, "html": "<b>&"}, At: r.clock.Now()}
}

// fill appends n rows and signs them in parts of the given size.
func (r *rig) fill(n, part int) {
	r.t.Helper()
	for from := 0; from < n; from += part {
		require.NoError(r.t, r.db.InTx(r.t.Context(), func(tx db.Tx) error {
			for i := from; i < min(from+part, n); i++ {
				if err := Append(r.t.Context(), tx, r.entry(i)); err != nil {
					return err
				}
			}
			return nil
		}))
		if from+part <= n {
			r.signAll()
		}
	}
}

func (r *rig) signAll() {
	r.t.Helper()
	_, _, err := r.Checkpoint(r.t.Context())
	require.NoError(r.t, err)
}

// tamper does what an owner of the database can.
func (r *rig) tamper(statements ...string) {
	r.t.Helper()
	require.NoError(r.t, r.db.InTx(r.t.Context(), func(tx db.Tx) error {
		for _, s := range append([]string{`alter table audit_entry disable trigger user`}, statements...) {
			if _, err := tx.Exec(r.t.Context(), s); err != nil {
				return err
			}
		}
		_, err := tx.Exec(r.t.Context(), `alter table audit_entry enable trigger user`)
		return err
	}))
}

// verify runs a verification to its end, as the queue does.
func (r *rig) verify() Verification {
	r.t.Helper()
	v, err := r.StartVerification(r.t.Context(), TriggerPeriodic, Entry{})
	require.NoError(r.t, err)
	for done := false; !done; {
		done, err = r.verifySlice(r.t.Context(), v.ID)
		require.NoError(r.t, err)
	}
	v, err = r.Verification(r.t.Context(), v.ID)
	require.NoError(r.t, err)
	return v
}

// intact is verify for a trail that holds.
func (r *rig) intact() Verification {
	r.t.Helper()
	v := r.verify()
	require.Nil(r.t, v.Break, "%+v", v.Break)
	require.Equal(r.t, VerificationIntact, v.State)
	return v
}

// rewrite computes the chain anew from a row on, as somebody does who knows the
// encoding; the tree follows when tree is set.
func (r *rig) rewrite(from int64, edit func(*content), tree bool) {
	r.t.Helper()
	ctx := r.t.Context()
	rows, err := readChain(ctx, r.db, 1, 100_000)
	require.NoError(r.t, err)
	var last hash
	var f frontier
	statements := []string{}
	if tree {
		statements = append(statements, `delete from audit_hash`)
	}
	for _, row := range rows {
		if row.id == from {
			edit(&row.content)
		}
		own := row.sum(last)
		statements = append(statements, fmt.Sprintf(`update audit_entry set action = '%s', prev_hash = '\x%x', row_hash = '\x%x' where id = %d`,
			row.action, last[:], own[:], row.id))
		at := int64(0)
		if tree {
			require.NoError(r.t, r.db.QueryRow(ctx, `select $1::bigint`, storedCount(f.Size)).Scan(&at))
		}
		for i, h := range f.push(leafOf(own)) {
			if tree {
				statements = append(statements, fmt.Sprintf(`insert into audit_hash values (%d, '\x%x')`, at+int64(i), h[:]))
			}
		}
		last = own
	}
	r.tamper(statements...)
}

// export is an export as bytes.
func (r *rig) export(format ExportFormat, f Filter) []byte {
	r.t.Helper()
	e, err := r.BeginExport(r.t.Context(), format, f, Entry{Actor: Actor{Kind: KindUser, ID: "u", Name: "auditor"}})
	require.NoError(r.t, err)
	var b bytes.Buffer
	require.NoError(r.t, e.WriteTo(r.t.Context(), &b))
	return b.Bytes()
}

func (r *rig) check(file []byte) ExportReport {
	r.t.Helper()
	known, err := ParseVerifierKeys(r.key.VerifierKey())
	require.NoError(r.t, err)
	rep, err := VerifyExport(bytes.NewReader(file), known)
	require.NoError(r.t, err)
	return rep
}

// outsideFile turns the export to a file on.
func (r *rig) outsideFile() string {
	path := filepath.Join(r.dir, "checkpoints.jsonl")
	r.set.Export, r.set.ExportPath = ExportFile, path
	return path
}

func (r *rig) exportNow() {
	r.t.Helper()
	again, err := r.exportOnce(r.t.Context())
	require.NoError(r.t, err)
	require.False(r.t, again)
}

func lines(t testing.TB, path string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

func exec(ctx context.Context, t testing.TB, d *db.DB, sql string, args ...any) {
	t.Helper()
	_, err := d.Exec(ctx, sql, args...)
	require.NoError(t, err)
}
