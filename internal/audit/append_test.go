package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

func entry(n int) audit.Entry {
	return audit.Entry{
		Actor:   audit.Actor{Kind: audit.KindUser, ID: "01J", Name: "admin"},
		Action:  "host.remove",
		Target:  audit.Target{Kind: "host", ID: fmt.Sprint(n), Name: "web1.example.com"},
		Details: map[string]any{"n": n}, Address: "192.0.2.1", RequestID: "01R",
	}
}

func appendOne(ctx context.Context, d *db.DB, e audit.Entry) error {
	return d.InTx(ctx, func(tx db.Tx) error { return audit.Append(ctx, tx, e) })
}

func fill(t testing.TB, d *db.DB, n int) {
	t.Helper()
	require.NoError(t, d.InTx(t.Context(), func(tx db.Tx) error {
		for i := range n {
			if err := audit.Append(t.Context(), tx, entry(i)); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Writers that race must not fork the chain or leave gaps, also when some of
// their transactions are rolled back after they had appended.
func TestAppendConcurrentlyKeepsOneChain(t *testing.T) {
	d := pgtest.New(t)
	errRefused := errors.New("the change was refused after its audit row")
	var g errgroup.Group
	for i := range 50 {
		g.Go(func() error {
			err := d.InTx(t.Context(), func(tx db.Tx) error {
				if err := audit.Append(t.Context(), tx, entry(i)); err != nil {
					return err
				}
				if i%5 == 0 {
					return errRefused
				}
				return audit.Append(t.Context(), tx, entry(i))
			})
			if i%5 == 0 && errors.Is(err, errRefused) {
				return nil
			}
			return err
		})
	}
	require.NoError(t, g.Wait())
	rep, err := audit.Verify(t.Context(), d, 1)
	require.NoError(t, err)
	require.Nil(t, rep.Break)
	require.EqualValues(t, 80, rep.Checked)
	require.EqualValues(t, 80, rep.LastID)
	require.Len(t, rep.Hash, 32)
}

func TestFailedAppendRollsTheChangeBack(t *testing.T) {
	d := pgtest.New(t)
	bad := entry(1)
	bad.Action = "not an action"
	err := d.InTx(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into auth_failure (subject, failures, last_at) values ('x', 1, now())`)
		require.NoError(t, err)
		return audit.Append(t.Context(), tx, bad)
	})
	require.ErrorContains(t, err, "noun.verb")
	var n int
	require.NoError(t, d.QueryRow(t.Context(), `select count(*) from auth_failure`).Scan(&n))
	require.Zero(t, n)
}

func TestAppendRefuses(t *testing.T) {
	d := pgtest.New(t)
	for name, change := range map[string]func(*audit.Entry){
		"kind of actor":    func(e *audit.Entry) { e.Actor.Kind = "robot" },
		"action":           func(e *audit.Entry) { e.Action = "remove" },
		"long id":          func(e *audit.Entry) { e.Target.ID = strings.Repeat("x", 201) },
		"nul":              func(e *audit.Entry) { e.RequestID = "a\x00b" },
		"large details":    func(e *audit.Entry) { e.Details = map[string]any{"list": strings.Repeat("x", 70_000)} },
		"password":         func(e *audit.Entry) { e.Details = map[string]any{"new_password": "hunter2"} },
		"nested secret":    func(e *audit.Entry) { e.Details = map[string]any{"a": []any{map[string]any{"apiKey": "x"}}} },
		"secret in struct": func(e *audit.Entry) { e.Details = map[string]any{"smtp": struct{ Password string }{"x"}} },
	} {
		t.Run(name, func(t *testing.T) {
			e := entry(1)
			change(&e)
			require.Error(t, appendOne(t.Context(), d, e))
		})
	}
	rep, err := audit.Verify(t.Context(), d, 1)
	require.NoError(t, err)
	require.Zero(t, rep.Checked)
}

func TestAppendAcceptsWhatOnlySoundsSecret(t *testing.T) {
	d := pgtest.New(t)
	e := entry(1)
	e.Details = map[string]any{"token_id": "01J", "via_token": true, "password_changed": "yes",
		"key_fingerprint": "sha256:00", "idempotency_key": "a:1", "password": ""}
	require.NoError(t, appendOne(t.Context(), d, e))
}

// What a person pastes into a note must not be kept, and not stop the act.
func TestAppendReplacesPastedSecrets(t *testing.T) {
	d := pgtest.New(t)
	e := entry(1)
	e.Details = map[string]any{"note": "see -----BEGIN PRIVATE KEY-----\nMC4", "list": []string{"eyJhbGciOi.eyJzdWIi.c2ln", "fine"},
		"deep": map[string]any{"text": "use eyJhbGciOi.eyJzdWIi.c2ln please"}}
	require.NoError(t, appendOne(t.Context(), d, e))
	rows, _, err := audit.List(t.Context(), d, audit.Filter{})
	require.NoError(t, err)
	require.JSONEq(t, `{"note":"[redacted]","list":["[redacted]","fine"],"deep":{"text":"[redacted]"}}`, string(rows[0].Details))
}

// A host may call itself what it likes; its name must not stop the trail.
func TestAppendMakesNamesStorable(t *testing.T) {
	d := pgtest.New(t)
	e := entry(1)
	e.Actor.Name = "a\x00\xff"
	e.Target.Name = strings.Repeat("ü", 500)
	require.NoError(t, appendOne(t.Context(), d, e))
	rows, total, err := audit.List(t.Context(), d, audit.Filter{})
	require.NoError(t, err)
	require.Equal(t, 1, total)
	require.Equal(t, "a\uFFFD\uFFFD", rows[0].Actor.Name)
	require.Len(t, []rune(rows[0].Target.Name), 300)
}

func TestAppendStoresWhatItWasGiven(t *testing.T) {
	d := pgtest.New(t)
	at := time.Date(2026, 3, 1, 2, 3, 4, 567_891_999, time.FixedZone("", 3600))
	e := entry(1)
	e.At = at
	e.Details = map[string]any{"z": 1, "a": map[string]any{"y": int64(9007199254740993), "b": []string{"<&>"}}}
	require.NoError(t, appendOne(t.Context(), d, e))
	rows, _, err := audit.List(t.Context(), d, audit.Filter{})
	require.NoError(t, err)
	require.Equal(t, at.UTC().Truncate(time.Microsecond), rows[0].At)
	require.Equal(t, `{"a":{"b":["\u003c\u0026\u003e"],"y":9007199254740993},"z":1}`, string(rows[0].Details))
	require.Equal(t, e.Actor, rows[0].Actor)
	require.Equal(t, e.Target, rows[0].Target)
	require.Equal(t, "192.0.2.1", rows[0].Address)
	require.Equal(t, "01R", rows[0].RequestID)
}

func TestAppendTakesTheTimeOfTheDatabase(t *testing.T) {
	d := pgtest.New(t)
	var before, after time.Time
	require.NoError(t, d.QueryRow(t.Context(), `select clock_timestamp()`).Scan(&before))
	require.NoError(t, appendOne(t.Context(), d, entry(1)))
	require.NoError(t, d.QueryRow(t.Context(), `select clock_timestamp()`).Scan(&after))
	rows, _, err := audit.List(t.Context(), d, audit.Filter{})
	require.NoError(t, err)
	require.False(t, rows[0].At.Before(before) || rows[0].At.After(after))
}

func BenchmarkAppend(b *testing.B) {
	d := pgtest.New(b)
	for b.Loop() {
		require.NoError(b, appendOne(b.Context(), d, entry(1)))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}

func BenchmarkVerify(b *testing.B) {
	d := pgtest.New(b)
	fill(b, d, 5000)
	for b.Loop() {
		rep, err := audit.Verify(b.Context(), d, 1)
		require.NoError(b, err)
		require.EqualValues(b, 5000, rep.Checked)
	}
	b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
