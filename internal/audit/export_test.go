package audit

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
)

func TestExportHoldsAndIsInTheTrail(t *testing.T) {
	r := newRig(t)
	r.fill(30, 7)
	file := r.export(FormatJSONL, Filter{})
	rep := r.check(file)
	require.Nil(t, rep.Break)
	require.True(t, rep.Complete)
	require.EqualValues(t, 30, rep.Entries)
	require.EqualValues(t, 30, rep.TreeSize, "what was not signed is signed for it")

	some := r.export(FormatJSONL, Filter{ActorID: "user-1", Action: "host."})
	rep = r.check(some)
	require.Nil(t, rep.Break)
	require.False(t, rep.Complete)
	require.EqualValues(t, 10, rep.Entries)
	require.Equal(t, map[string]string{"actor_id": "user-1", "action": "host."}, rep.Filter)

	rows, _, err := List(t.Context(), r.db, Filter{Action: actionExport})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.JSONEq(t, `{"filter":{"action":"host.","actor_id":"user-1"},"format":"jsonl","rows":10,"tree_size":31}`, string(rows[0].Details))
	require.Equal(t, "auditor", rows[0].Actor.Name)
	r.intact()
}

func TestExportOfAnEmptyTrail(t *testing.T) {
	r := newRig(t)
	rep := r.check(r.export(FormatJSONL, Filter{}))
	require.Nil(t, rep.Break)
	require.Zero(t, rep.Entries)
}

// An export nobody could write down does not happen.
func TestExportNeedsItsRow(t *testing.T) {
	r := newRig(t)
	r.fill(2, 2)
	_, err := r.BeginExport(t.Context(), FormatJSONL, Filter{}, Entry{Actor: Actor{Kind: "robot"}})
	require.Error(t, err)
}

// relabel changes one member of one line.
func relabel(t *testing.T, line []byte, change func(e *exportEntry)) []byte {
	t.Helper()
	var e exportEntry
	require.NoError(t, json.Unmarshal(line, &e))
	change(&e)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(e))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func TestExportVerificationNamesEachAttack(t *testing.T) {
	r := newRig(t)
	r.fill(12, 5)
	whole := bytes.Split(bytes.TrimSuffix(r.export(FormatJSONL, Filter{}), []byte("\n")), []byte("\n"))
	some := bytes.Split(bytes.TrimSuffix(r.export(FormatJSONL, Filter{ActorID: "user-1"}), []byte("\n")), []byte("\n"))
	proofs, err := newProver(r.db, 13).prove(t.Context(), []int64{4}) // valid where the selection was made
	require.NoError(t, err)
	other := newRig(t)
	other.fill(12, 5)
	foreign := bytes.Split(bytes.TrimSuffix(other.export(FormatJSONL, Filter{}), []byte("\n")), []byte("\n"))
	without := func(list [][]byte, i int) [][]byte { return append(append([][]byte{}, list[:i]...), list[i+1:]...) }
	with := func(list [][]byte, i int, line []byte) [][]byte {
		return append(append(append([][]byte{}, list[:i]...), line), list[i:]...)
	}
	instead := func(list [][]byte, i int, line []byte) [][]byte { return with(without(list, i), i, line) }
	edit := func(e *exportEntry) { e.Action = "host.add" }
	forge := func(e *exportEntry) {
		e.Action = "host.add"
		c, err := e.chained()
		require.NoError(t, err)
		e.RowHash = c.sum(e.PrevHash)
	}
	for name, c := range map[string]struct {
		file [][]byte
		says string
		line int
	}{
		"changed":                {instead(whole, 4, relabel(t, whole[4], edit)), "entry 4 is not what was written", 5},
		"changed with its hash":  {instead(whole, 4, relabel(t, whole[4], forge)), "entry 4 is not in the tree", 5},
		"removed":                {without(whole, 4), "entry 4 is missing", 5},
		"last removed":           {without(whole, 12), "entry 12 is missing", 13},
		"first removed":          {without(whole, 1), "entry 1 is missing", 2},
		"added":                  {with(whole, 13, relabel(t, whole[12], func(e *exportEntry) { e.ID = 13 })), "entry 13 was added", 14},
		"doubled":                {with(whole, 5, whole[4]), "entry 4 is doubled", 6},
		"exchanged":              {with(without(whole, 4), 6, whole[4]), "entry 4 is missing", 5},
		"cut off":                {whole[:8], "cut off", 9},
		"header exchanged":       {instead(whole, 0, foreign[0]), "checkpoint is forged", 1},
		"header's size":          {instead(whole, 0, bytes.Replace(whole[0], []byte(`"tree_size":12`), []byte(`"tree_size":11`), 1)), "speaks of 11 rows", 1},
		"header's filter":        {instead(whole, 0, bytes.Replace(whole[0], []byte(`"filter":{}`), []byte(`"filter":{"q":"x"}`), 1)), "not as the manager wrote it", 14},
		"something behind":       {append(append([][]byte{}, whole...), []byte("x")), "behind the last line", 15},
		"a line that is no JSON": {instead(whole, 3, []byte("{")), "damaged", 4},
		"selection: removed":     {without(some, 2), "removed or added", 5},
		"selection: changed":     {instead(some, 2, relabel(t, some[2], edit)), "entry 5 is not what was written", 3},
		"selection: forged":      {instead(some, 2, relabel(t, some[2], forge)), "entry 5 is not in the tree", 3},
		"selection: added":       {with(some, 2, relabel(t, whole[4], func(e *exportEntry) { e.Proof = proofs[0] })), "removed or added", 7},
		"selection as the whole": {instead(some, 0, bytes.Replace(some[0], []byte(`"filter":{"actor_id":"user-1"}`), []byte(`"filter":{}`), 1)), "entry 1 is missing", 2},
		"proof changed":          {instead(some, 2, relabel(t, some[2], func(e *exportEntry) { e.Proof[0][0]++ })), "entry 5 is not in the tree", 3},
	} {
		t.Run(name, func(t *testing.T) {
			rep := r.check(append(bytes.Join(c.file, []byte("\n")), '\n'))
			require.NotNil(t, rep.Break)
			require.Contains(t, rep.Break.Detail, c.says)
			require.Equal(t, c.line, rep.Break.Line, rep.Break.Detail)
		})
	}
	known, err := ParseVerifierKeys(other.key.VerifierKey())
	require.NoError(t, err)
	rep, err := VerifyExport(bytes.NewReader(append(bytes.Join(whole, []byte("\n")), '\n')), known)
	require.NoError(t, err)
	require.Contains(t, rep.Break.Detail, "checkpoint is forged", "another key")
}

// FuzzExport changes some bytes of an export; whatever it is, it is found, and
// nothing panics.
func FuzzExport(f *testing.F) {
	const fixtures = "../../cmd/patch-manager/testdata/"
	file, err := os.ReadFile(fixtures + "audit-export.jsonl")
	require.NoError(f, err)
	key, err := os.ReadFile(fixtures + "audit.pub")
	require.NoError(f, err)
	known, err := ParseVerifierKeys(string(key))
	require.NoError(f, err)
	f.Add(uint16(10), uint16(3), []byte("x"))
	f.Add(uint16(700), uint16(0), []byte("\n"))
	f.Add(uint16(900), uint16(900), []byte{})
	f.Fuzz(func(t *testing.T, at, cut uint16, put []byte) {
		i := int(at) % len(file)
		j := min(i+int(cut), len(file))
		forged := append(append(append([]byte{}, file[:i]...), put...), file[j:]...)
		rep, err := VerifyExport(bytes.NewReader(forged), known)
		if err == nil && (rep.Break == nil) != bytes.Equal(forged, file) {
			t.Fatalf("break %+v of %q", rep.Break, forged)
		}
	})
}

func TestCSVCarriesNoFormulas(t *testing.T) {
	r := newRig(t)
	names := []string{"=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", `quoted "x", y`}
	require.NoError(t, r.db.InTx(t.Context(), func(tx db.Tx) error {
		for _, n := range names {
			e := r.entry(1)
			e.Target.Name = n
			if err := Append(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	}))
	table, err := csv.NewReader(bytes.NewReader(r.export(FormatCSV, Filter{}))).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, len(names)+1)
	for i, n := range names {
		cell := table[i+1][8]
		require.Equal(t, n, strings.TrimPrefix(cell, "'"))
		require.Equal(t, strings.ContainsAny(n[:1], "=+-@\t\r"), strings.HasPrefix(cell, "'"), cell)
	}
}

func TestListSearchAndFacets(t *testing.T) {
	r := newRig(t)
	r.fill(9, 100)
	require.NoError(t, r.db.InTx(t.Context(), func(tx db.Tx) error {
		e := r.entry(77)
		e.Action, e.Target.Name, e.RequestID, e.Address = "session.login_failed", "db-7.prod.example.com", "01JABCDEFGHJKMNPQRSTVWXYZ0", "192.0.2.9"
		e.Actor = Actor{Kind: KindAnonymous}
		e.Details = map[string]any{"reason": "wrong password", "package": "libssl3"}
		return Append(t.Context(), tx, e)
	}))
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{}, 10}, {Filter{Query: "prod"}, 1}, {Filter{Query: "db-7.pr"}, 1}, {Filter{Query: "libssl wrong"}, 1}, {Filter{Query: "rod"}, 0},
		{Filter{Query: "01jabcdefghjkmnpqrstvwxyz0"}, 1}, {Filter{Query: "example"}, 10}, {Filter{Query: "' | !:*"}, 0}, {Filter{Query: "login_failed"}, 1},
		{Filter{Address: "192.0.2.9"}, 1}, {Filter{ActorKind: "anonymous"}, 1}, {Filter{Action: "session."}, 1}, {Filter{Action: "sess"}, 0},
		{Filter{From: rigStart, To: rigStart}, 0}, {Filter{From: rigStart}, 10}, {Filter{To: rigStart}, 0}, {Filter{TargetKind: "host", TargetID: "77"}, 1},
	} {
		rows, total, err := List(t.Context(), r.db, c.f)
		require.NoError(t, err)
		require.Equal(t, c.want, total, "%+v", c.f)
		require.Len(t, rows, c.want)
	}
	actions, actors, err := Facets(t.Context(), r.db)
	require.NoError(t, err)
	require.Equal(t, []ActionCount{{"host.remove", 9}, {"session.login_failed", 1}}, actions)
	require.Len(t, actors, 3)
	require.Equal(t, ActorCount{"user-0", "=admin", KindUser, 3}, actors[0])
}

func TestProveEveryRow(t *testing.T) {
	r := newRig(t)
	r.fill(13, 5)
	for id := int64(1); id <= 13; id++ {
		p, err := r.Prove(t.Context(), id)
		require.NoError(t, err)
		require.EqualValues(t, 13, p.Checkpoint.Size)
		require.Equal(t, fmt.Sprint(id-1), fmt.Sprint(p.Index))
	}
	_, err := r.Prove(t.Context(), 14)
	require.ErrorContains(t, err, "no such audit entry")
}
