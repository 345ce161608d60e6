package hosts_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

func named(list ...ids.ID) hosts.Target { return hosts.Target{HostIDs: list} }

// filtered is a target by a filter that chose n hosts when somebody looked.
func filtered(n int, spec hosts.FilterSpec) hosts.Target {
	return hosts.Target{Filter: &spec, Expect: &n}
}

// tally is requested, done, unchanged and refused hosts.
func tally(r hosts.BulkResult) []int {
	refused := 0
	for _, f := range r.Refused {
		refused += f.Count
	}
	return []int{r.Requested, r.Done, r.Unchanged, refused}
}

func TestATargetIsWhatWasLookedAt(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	op := b.operator("op", b.group("Web", all["alpha"], all["Beta"]))
	resolve := func(a auth.Actor, target hosts.Target) ([]ids.ID, error) {
		return b.svc.Resolve(t.Context(), b.db, hosts.ScopeOf(a), target)
	}
	list, err := resolve(admin(), filtered(2, hosts.FilterSpec{OS: []string{"Debian 12"}}))
	require.NoError(t, err)
	require.ElementsMatch(t, []ids.ID{all["alpha"], all["Beta"]}, list)
	list, err = resolve(op, filtered(2, hosts.FilterSpec{}))
	require.NoError(t, err)
	require.Len(t, list, 2, "a filter never leaves the scope")
	_, err = resolve(admin(), filtered(3, hosts.FilterSpec{OS: []string{"Debian 12"}}))
	e := refusal(t, err)
	require.Equal(t, []any{409, "hosts_changed", "2"}, []any{e.Status, e.Code, e.Details[0].Value})
	_, foreign := resolve(op, named(all["alpha"], all["delta"]))
	require.Equal(t, "host_ids[1]", refusal(t, foreign).Details[0].Field)
	require.Equal(t, "There is no such host.", refusal(t, foreign).Details[0].Message)
	for name, target := range map[string]hosts.Target{
		"nothing": {}, "twice": named(all["alpha"], all["alpha"]), "no number": {Filter: &hosts.FilterSpec{}},
		"both":       {HostIDs: []ids.ID{all["alpha"]}, Filter: &hosts.FilterSpec{}, Expect: new(int)},
		"bad filter": filtered(1, hosts.FilterSpec{Label: []string{"A"}}),
	} {
		_, err := resolve(admin(), target)
		require.Equal(t, 422, refusal(t, err).Status, name)
	}
}

func TestLabelsOfManyHosts(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	label := func(target hosts.Target, c hosts.LabelChange) hosts.BulkResult {
		r, err := b.svc.LabelMany(t.Context(), admin(), target, c)
		require.NoError(t, err)
		return r
	}
	prod := hosts.Label{Key: "env", Value: "prod"}
	r := label(named(all["alpha"], all["Beta"]), hosts.LabelChange{Add: []hosts.Label{prod, {Key: "city", Value: "Bonn"}}})
	require.Equal(t, []int{2, 2, 0, 0}, tally(r))
	r = label(filtered(5, hosts.FilterSpec{}), hosts.LabelChange{Add: []hosts.Label{prod}})
	require.Equal(t, []int{5, 3, 2, 0}, tally(r))
	e := b.lastEntry()
	require.Equal(t, "hosts.label", e.Action)
	require.Contains(t, string(e.Details), `"filter":{}`)
	require.Contains(t, string(e.Details), `"host_count":3`)
	require.Contains(t, string(e.Details), "delta")
	p, err := b.svc.Timeline(t.Context(), everything, all["delta"], 1, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"host.label", "+env=prod"}, []string{p.Items[0].Title, p.Items[0].Detail})

	r = label(filtered(5, hosts.FilterSpec{}), hosts.LabelChange{Remove: []string{"city", "env=test"}})
	require.Equal(t, []int{5, 2, 3, 0}, tally(r))
	require.Equal(t, []hosts.Label{prod}, b.get(all["alpha"]).Labels)
	last := b.lastEntry().ID
	r = label(named(all["alpha"]), hosts.LabelChange{Add: []hosts.Label{prod}})
	require.Equal(t, []int{1, 0, 1, 0}, tally(r))
	require.Equal(t, last, b.lastEntry().ID, "what changes nothing leaves no entry")

	var many []hosts.Label
	for i := range 31 {
		many = append(many, hosts.Label{Key: fmt.Sprintf("k%d", i)})
	}
	require.NoError(t, b.label(all["Beta"], many...))
	r = label(named(all["alpha"], all["Beta"]), hosts.LabelChange{Add: []hosts.Label{{Key: "k1"}, {Key: "more"}}, Remove: []string{"k2"}})
	require.Equal(t, []int{2, 2, 0, 0}, tally(r), "one goes, one comes")
	r = label(named(all["alpha"], all["Beta"]), hosts.LabelChange{Add: []hosts.Label{{Key: "even-more"}}})
	require.Equal(t, []int{2, 1, 0, 1}, tally(r))
	require.Equal(t, []hosts.BulkedHost{{ID: all["Beta"], Name: "Beta"}}, r.Refused[0].Hosts)
	require.Len(t, b.get(all["Beta"]).Labels, 32)

	for name, c := range map[string]hosts.LabelChange{"nothing": {}, "bad key": {Add: []hosts.Label{{Key: "A"}}}, "bad text": {Remove: []string{"A=1"}},
		"both": {Add: []hosts.Label{prod}, Remove: []string{"env"}}} {
		_, err := b.svc.LabelMany(t.Context(), admin(), named(all["alpha"]), c)
		require.Equal(t, 422, refusal(t, err).Status, name)
	}
}

func TestGroupsOfManyHosts(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web, data := b.group("Web", all["alpha"]), b.group("data", all["alpha"], all["Beta"])
	m := hosts.GroupMoves{Add: []ids.ID{web}, Remove: []ids.ID{data}}
	_, err := b.svc.GroupMany(t.Context(), admin(), named(all["alpha"]), m)
	require.Equal(t, "step_up_required", refusal(t, err).Code)
	r, err := b.svc.GroupMany(t.Context(), fresh(), named(all["alpha"], all["Beta"], all["delta"]), m)
	require.NoError(t, err)
	require.Equal(t, []int{3, 3, 0, 0}, tally(r))
	require.Equal(t, "alpha Beta delta", b.seen(admin(), hosts.Filter{Groups: []ids.ID{web}}))
	require.Empty(t, b.seen(admin(), hosts.Filter{Groups: []ids.ID{data}}))
	require.Contains(t, string(b.lastEntry().Details), `"add":["Web"]`)
	r, err = b.svc.GroupMany(t.Context(), fresh(), named(all["alpha"]), m)
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 1, 0}, tally(r))
	for name, m := range map[string]hosts.GroupMoves{"nothing": {}, "both": {Add: []ids.ID{web}, Remove: []ids.ID{web}}, "unknown": {Add: []ids.ID{ids.New()}}} {
		_, err := b.svc.GroupMany(t.Context(), fresh(), named(all["alpha"]), m)
		require.Equal(t, 422, refusal(t, err).Status, name)
	}
}

func TestRefreshAndNoteOfManyHosts(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	made, err := b.register(admin(), hosts.RegisterInput{Name: "192.0.2.200"})
	require.NoError(t, err)
	op := b.operator("op", b.group("Web", all["alpha"], all["Beta"], made.Host.ID))
	b.exec("update host_poll set next_due = $1, requested_at = null", start.Add(time.Hour))
	r, err := b.svc.RefreshMany(t.Context(), op, filtered(3, hosts.FilterSpec{}))
	require.NoError(t, err)
	require.Equal(t, []int{3, 2, 0, 1}, tally(r))
	require.Equal(t, "host_not_enrolled", r.Refused[0].Code)
	require.True(t, b.get(all["alpha"]).Refreshing)
	require.False(t, b.get(all["delta"]).Refreshing)

	r, err = b.svc.NoteMany(t.Context(), op, named(all["alpha"], all["Beta"]), "ask first")
	require.NoError(t, err)
	require.Equal(t, []int{2, 2, 0, 0}, tally(r))
	h := b.get(all["Beta"])
	require.Equal(t, []any{"ask first", "op", start}, []any{h.Note, h.NoteBy, *h.NoteAt})
	_, err = b.svc.NoteMany(t.Context(), op, named(all["delta"]), "mine")
	require.Equal(t, 422, refusal(t, err).Status)
	_, err = b.svc.NoteMany(t.Context(), op, named(all["alpha"]), strings.Repeat("x", 2001))
	require.Equal(t, "note", refusal(t, err).Details[0].Field)
	for _, act := range []func() error{
		func() error {
			_, err := b.svc.LabelMany(t.Context(), op, named(all["alpha"]), hosts.LabelChange{Remove: []string{"a"}})
			return err
		},
		func() error {
			_, err := b.svc.GroupMany(t.Context(), op, named(all["alpha"]), hosts.GroupMoves{})
			return err
		},
		func() error { _, err := b.svc.RemoveMany(t.Context(), op, named(all["alpha"])); return err },
	} {
		require.Equal(t, "forbidden", refusal(t, act()).Code)
	}
}

func TestRemovingManyHostsLeavesThoseWithAJob(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	job := ids.New()
	b.exec(`insert into job (id, kind, title, reboot, allow_removals, created_at, created_by, deadline_at)
		values ($1, 'refresh', 'Refresh', 'never', false, $2::timestamptz, 'admin', $2::timestamptz + interval '1 day')`, job, start)
	b.exec(`insert into job_host (id, job_id, host_id, state, due_at, deadline_at, claim_id, lease_until)
		values ($1, $2, $3, 'claimed', $4::timestamptz, $4::timestamptz + interval '1 day', $1, $4::timestamptz)`, ids.New(), job, all["Beta"], start)
	target := named(all["alpha"], all["Beta"], all["delta"])
	_, err := b.svc.RemoveMany(t.Context(), admin(), target)
	require.Equal(t, "step_up_required", refusal(t, err).Code)
	r, err := b.svc.RemoveMany(t.Context(), fresh(), target)
	require.NoError(t, err)
	require.Equal(t, []int{3, 2, 0, 1}, tally(r))
	require.Equal(t, "host_busy", r.Refused[0].Code)
	require.ElementsMatch(t, []ids.ID{all["alpha"], all["delta"]}, b.gone, "their certificates are revoked")
	require.Equal(t, "Beta epsilon% gamma_1", b.seen(admin(), hosts.Filter{}))
	var polls int
	require.NoError(t, b.db.QueryRow(t.Context(), "select count(*) from host_poll where host_id = any($1)", b.gone).Scan(&polls))
	require.Zero(t, polls)
}

func TestAnActOnManyWithoutItsAuditRowIsNone(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web := b.group("Web")
	b.exec("update host_poll set next_due = $1, requested_at = null", start.Add(time.Hour))
	b.breakAudit()
	target := named(slices.Collect(maps.Values(all))...)
	for name, act := range map[string]func() error{
		"labels": func() error {
			_, err := b.svc.LabelMany(t.Context(), fresh(), target, hosts.LabelChange{Add: []hosts.Label{{Key: "a"}}})
			return err
		},
		"groups": func() error {
			_, err := b.svc.GroupMany(t.Context(), fresh(), target, hosts.GroupMoves{Add: []ids.ID{web}})
			return err
		},
		"note":    func() error { _, err := b.svc.NoteMany(t.Context(), fresh(), target, "x"); return err },
		"refresh": func() error { _, err := b.svc.RefreshMany(t.Context(), fresh(), target); return err },
		"remove":  func() error { _, err := b.svc.RemoveMany(t.Context(), fresh(), target); return err },
		"export": func() error {
			_, err := b.svc.Export(t.Context(), fresh(), hosts.FilterSpec{}, hosts.Filter{})
			return err
		},
	} {
		require.ErrorContains(t, act(), "the disk is full", name)
	}
	h := b.get(all["alpha"])
	require.Equal(t, []any{0, 0, "", false}, []any{len(h.Labels), len(h.Groups), h.Note, h.Refreshing})
}

func TestAnExportIsOfTheScopeAndNoFormula(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	b.exec("update host set name = '=HYPERLINK(1)', note = '+49 228', kernel = '@x' where id = $1", all["alpha"])
	require.NoError(t, b.label(all["alpha"], hosts.Label{Key: "env", Value: "prod"}, hosts.Label{Key: "rack"}))
	op := b.operator("op", b.group("Web", all["alpha"], all["delta"]))
	text, err := b.svc.Export(t.Context(), op, hosts.FilterSpec{}, hosts.Filter{})
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	cell := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	require.Equal(t, []string{"'=HYPERLINK(1)", "'+49 228", "'@x", "env=prod|rack", "Web", "5"},
		[]string{cell(1, "name"), cell(1, "note"), cell(1, "kernel"), cell(1, "labels"), cell(1, "groups"), cell(1, "pending")})
	require.Equal(t, []string{"delta", "", "", ""}, []string{cell(2, "name"), cell(2, "pending"), cell(2, "reboot_needed"), cell(2, "last_seen_at")}, "unknown is empty")
	e := b.lastEntry()
	require.Equal(t, "hosts.export", e.Action)
	require.Contains(t, string(e.Details), `"host_count":2`)
	text, err = b.svc.Export(t.Context(), admin(), hosts.FilterSpec{OS: []string{""}}, hosts.Filter{OS: []string{""}})
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(text), "\n"))
}

func TestTenThousandHostsAtOnce(t *testing.T) {
	b := newBed(t)
	b.exec(`insert into host (id, name, machine_id, address, port, enrolled_at, state_since)
		select gen_random_uuid(), 'h' || n, 'm' || n, '10.0.0.1', n, now(), now() from generate_series(1, 10000) n`)
	b.exec("insert into host_poll (host_id, kind, next_due) select h.id, k, now() from host h, unnest(enum_range(null::host_poll_kind)) k")
	b.exec("analyze")
	web := b.group("Web")
	target := filtered(10_000, hosts.FilterSpec{})
	for name, act := range map[string]func() (hosts.BulkResult, error){
		"labels": func() (hosts.BulkResult, error) {
			return b.svc.LabelMany(t.Context(), fresh(), target, hosts.LabelChange{Add: []hosts.Label{{Key: "env", Value: "prod"}}})
		},
		"groups": func() (hosts.BulkResult, error) {
			return b.svc.GroupMany(t.Context(), fresh(), target, hosts.GroupMoves{Add: []ids.ID{web}})
		},
		"note":    func() (hosts.BulkResult, error) { return b.svc.NoteMany(t.Context(), fresh(), target, "x") },
		"refresh": func() (hosts.BulkResult, error) { return b.svc.RefreshMany(t.Context(), fresh(), target) },
	} {
		r, err := act()
		require.NoError(t, err, name)
		require.Equal(t, []int{10_000, 10_000, 0, 0}, tally(r), name)
	}
	r, err := b.svc.RemoveMany(t.Context(), fresh(), target)
	require.NoError(t, err)
	require.Equal(t, 10_000, r.Done)
}
