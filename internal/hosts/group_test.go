package hosts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// fresh is an admin who has just shown a second factor.
func fresh() auth.Actor {
	a := admin()
	a.FreshUntil = start.Add(24 * time.Hour)
	return a
}

// operator is a stored user with groups.
func (b *bed) operator(name string, groups ...ids.ID) auth.Actor {
	b.t.Helper()
	a := auth.Actor{UserID: ids.New(), Name: name, Role: auth.RoleOperator}
	b.exec(`insert into auth_user (id, username, role, created_at, password_changed_at) values ($1, $2, 'operator', $3, $3)`, a.UserID, name, start)
	for _, g := range groups {
		b.exec("insert into auth_user_group (user_id, group_id) values ($1, $2)", a.UserID, g)
	}
	return a
}

func (b *bed) group(name string, list ...ids.ID) ids.ID {
	b.t.Helper()
	g, err := b.svc.CreateGroup(b.t.Context(), admin(), hosts.GroupInput{Name: name})
	require.NoError(b.t, err)
	if len(list) > 0 {
		_, err = b.svc.AddGroupHosts(b.t.Context(), fresh(), g.ID, list)
		require.NoError(b.t, err)
	}
	return g.ID
}

// seen lists the names of the hosts that an actor finds with a filter.
func (b *bed) seen(a auth.Actor, f hosts.Filter) string {
	b.t.Helper()
	f.PageSize = 50
	p, err := b.svc.List(b.t.Context(), hosts.ScopeOf(a), f)
	require.NoError(b.t, err)
	require.Len(b.t, p.Items, p.Total)
	var names []string
	for _, r := range p.Items {
		names = append(names, r.Name)
	}
	return strings.Join(names, " ")
}

func refusal(t *testing.T, err error) *apierr.Error {
	t.Helper()
	e, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	return e
}

func TestOperatorsSeeTheHostsOfTheirGroups(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web, data := b.group("Web", all["alpha"], all["Beta"]), b.group("data", all["Beta"], all["gamma_1"])
	op, none, two := b.operator("op", web), b.operator("none"), b.operator("two", web, data)
	require.Equal(t, "alpha Beta", b.seen(op, hosts.Filter{}))
	require.Equal(t, "alpha Beta gamma_1", b.seen(two, hosts.Filter{}), "each once")
	require.Empty(t, b.seen(none, hosts.Filter{}))
	for _, a := range []auth.Actor{admin(), {UserID: ids.New(), Role: auth.RoleAuditor}} {
		require.Equal(t, "alpha Beta delta epsilon% gamma_1", b.seen(a, hosts.Filter{}))
	}

	op.Ungrouped = true
	require.Equal(t, "alpha Beta delta epsilon%", b.seen(op, hosts.Filter{}), "the setting opens hosts of no group, not those of others")
	require.Equal(t, "delta epsilon%", b.seen(op, hosts.Filter{NoGroup: true}))
	op.Ungrouped = false
	require.Empty(t, b.seen(op, hosts.Filter{NoGroup: true}))

	token := op
	token.TokenID, token.Groups = ids.New(), []ids.ID{data}
	require.Empty(t, b.seen(token, hosts.Filter{}), "a token has no group that its user has not")
	token = two
	token.TokenID, token.Groups, token.Ungrouped = ids.New(), []ids.ID{data}, true
	require.Equal(t, "Beta gamma_1", b.seen(token, hosts.Filter{}))
	token.Groups = []ids.ID{}
	require.Empty(t, b.seen(token, hosts.Filter{}))
	narrow := admin()
	narrow.TokenID, narrow.Groups = ids.New(), []ids.ID{web}
	require.Equal(t, "alpha Beta", b.seen(narrow, hosts.Filter{}))
}

func TestAGroupThatIsNotOnesOwnChoosesNothingAndHasNoName(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web, data := b.group("Web", all["alpha"], all["Beta"]), b.group("data", all["Beta"], all["gamma_1"])
	op := b.operator("op", web)
	require.Equal(t, "Beta gamma_1", b.seen(admin(), hosts.Filter{Groups: []ids.ID{data}}))
	require.Equal(t, "alpha Beta gamma_1", b.seen(admin(), hosts.Filter{Groups: []ids.ID{web, data}}))
	require.Equal(t, "Beta delta epsilon% gamma_1", b.seen(admin(), hosts.Filter{Groups: []ids.ID{data}, NoGroup: true}))
	require.Empty(t, b.seen(op, hosts.Filter{Groups: []ids.ID{data}}), "Beta is in it, and that is not the operator's to know")
	h, err := b.svc.Get(t.Context(), hosts.ScopeOf(op), all["Beta"])
	require.NoError(t, err)
	require.Equal(t, []hosts.GroupRef{{ID: web, Name: "Web"}}, h.Groups)
	h = b.get(all["Beta"])
	require.Equal(t, []hosts.GroupRef{{ID: data, Name: "data"}, {ID: web, Name: "Web"}}, h.Groups)

	f, err := b.svc.Facets(t.Context(), hosts.ScopeOf(op), hosts.Filter{})
	require.NoError(t, err)
	require.Equal(t, []hosts.GroupCount{{ID: web, Name: "Web", Count: 2}}, f.Groups)
	require.Zero(t, f.NoGroup)
	require.Equal(t, hosts.StateCounts{Healthy: 1, Degraded: 1}, f.States)
	f, err = b.svc.Facets(t.Context(), everything, hosts.Filter{})
	require.NoError(t, err)
	require.Equal(t, []hosts.GroupCount{{ID: data, Name: "data", Count: 2}, {ID: web, Name: "Web", Count: 2}}, f.Groups)
	require.Equal(t, 2, f.NoGroup)

	p, err := b.svc.Groups(t.Context(), hosts.ScopeOf(op), "", 1, 10)
	require.NoError(t, err)
	require.Equal(t, 1, p.Total)
	require.Equal(t, "Web", p.Items[0].Name)
	require.Equal(t, 1, p.Items[0].MemberCount)
	unknown, err := b.svc.Group(t.Context(), hosts.ScopeOf(op), ids.New())
	require.Zero(t, unknown)
	_, foreign := b.svc.Group(t.Context(), hosts.ScopeOf(op), data)
	require.Equal(t, refusal(t, err), refusal(t, foreign))
	p, err = b.svc.Groups(t.Context(), everything, "DAT", 1, 10)
	require.NoError(t, err)
	require.Equal(t, 1, p.Total)
	require.Equal(t, 2, p.Items[0].HostCount)
}

func TestGroupsAreNamedOnceAndChangesAreAudited(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	g := b.group("Web", all["alpha"], all["Beta"])
	b.operator("op", g)
	_, err := b.svc.CreateGroup(t.Context(), admin(), hosts.GroupInput{Name: " wEB "})
	require.Equal(t, "group_exists", refusal(t, err).Code)
	_, err = b.svc.CreateGroup(t.Context(), admin(), hosts.GroupInput{Name: "  "})
	require.Equal(t, "name", refusal(t, err).Details[0].Field)
	_, err = b.svc.CreateGroup(t.Context(), admin(), hosts.GroupInput{Name: strings.Repeat("ä", 101), Description: strings.Repeat("x", 1001)})
	require.Len(t, refusal(t, err).Details, 2)

	other := b.group("Data")
	name, text := "Front", "What people see"
	changed, err := b.svc.UpdateGroup(t.Context(), admin(), g, hosts.GroupChange{Name: &name, Description: &text})
	require.NoError(t, err)
	require.Equal(t, hosts.Group{ID: g, Name: name, Description: text, HostCount: 2, MemberCount: 1, CreatedAt: start}, changed)
	_, err = b.svc.UpdateGroup(t.Context(), admin(), other, hosts.GroupChange{Name: &name})
	require.Equal(t, "group_exists", refusal(t, err).Code)

	require.NoError(t, b.svc.DeleteGroup(t.Context(), fresh(), g))
	require.Equal(t, 404, refusal(t, b.svc.DeleteGroup(t.Context(), fresh(), g)).Status)
	require.Empty(t, b.get(all["alpha"]).Groups, "the host stays")
	entries, _, err := audit.List(t.Context(), b.db, audit.Filter{Limit: 20})
	require.NoError(t, err)
	last := entries[0]
	require.Equal(t, "group.delete", last.Action)
	require.Equal(t, "Front", last.Target.Name)
	require.Contains(t, string(last.Details), "alpha")
	require.Contains(t, string(last.Details), "op")
	var actions []string
	for _, e := range entries {
		actions = append(actions, e.Action)
	}
	require.Equal(t, []string{"group.delete", "group.update", "group.create", "group.add_hosts", "group.create"}, actions)
}

func TestHostsJoinAndLeaveFromBothSides(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web, data := b.group("Web"), b.group("data")
	g, err := b.svc.AddGroupHosts(t.Context(), fresh(), web, []ids.ID{all["alpha"], all["delta"]})
	require.NoError(t, err)
	require.Equal(t, 2, g.HostCount)
	g, err = b.svc.AddGroupHosts(t.Context(), fresh(), web, []ids.ID{all["alpha"]})
	require.NoError(t, err, "again changes nothing")
	require.Equal(t, 2, g.HostCount)
	g, err = b.svc.RemoveGroupHosts(t.Context(), fresh(), web, []ids.ID{all["alpha"]})
	require.NoError(t, err)
	require.Equal(t, 1, g.HostCount)

	h, err := b.svc.SetHostGroups(t.Context(), fresh(), all["delta"], []ids.ID{data})
	require.NoError(t, err)
	require.Equal(t, []hosts.GroupRef{{ID: data, Name: "data"}}, h.Groups)
	h, err = b.svc.SetHostGroups(t.Context(), fresh(), all["delta"], []ids.ID{})
	require.NoError(t, err)
	require.Empty(t, h.Groups)
	entries, _, err := audit.List(t.Context(), b.db, audit.Filter{Limit: 20})
	require.NoError(t, err)
	require.Len(t, entries, 6, "what changes nothing leaves no entry")
	require.Contains(t, string(entries[1].Details), "Web")

	_, err = b.svc.SetHostGroups(t.Context(), fresh(), all["delta"], []ids.ID{web, ids.New()})
	require.Equal(t, "group_ids[1]", refusal(t, err).Details[0].Field)
	require.Empty(t, b.get(all["delta"]).Groups, "all or nothing")
	_, err = b.svc.SetHostGroups(t.Context(), fresh(), ids.New(), []ids.ID{web})
	require.Equal(t, 404, refusal(t, err).Status)
	_, err = b.svc.AddGroupHosts(t.Context(), fresh(), ids.New(), []ids.ID{all["alpha"]})
	require.Equal(t, 404, refusal(t, err).Status)
}

func TestOneUnknownHostRefusesTheWholeList(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web := b.group("Web")
	b.exec("update host set removed_at = $2 where id = $1", all["Beta"], start)
	_, err := b.svc.AddGroupHosts(t.Context(), fresh(), web, []ids.ID{all["alpha"], ids.New(), all["Beta"]})
	e := refusal(t, err)
	require.Equal(t, 422, e.Status)
	require.Equal(t, "host_ids[1]", e.Details[0].Field)
	require.Equal(t, "host_ids[2]", e.Details[1].Field, "a removed host is none")
	require.Equal(t, e.Details[0].Message, e.Details[1].Message)
	_, err = b.svc.AddGroupHosts(t.Context(), fresh(), web, []ids.ID{all["alpha"], all["alpha"]})
	require.Contains(t, refusal(t, err).Details[0].Message, "twice")
	_, err = b.svc.AddGroupHosts(t.Context(), fresh(), web, nil)
	require.Equal(t, 422, refusal(t, err).Status)
	many := make([]ids.ID, 10_000)
	for i := range many {
		many[i] = ids.New()
	}
	_, err = b.svc.AddGroupHosts(t.Context(), fresh(), web, many)
	require.Contains(t, refusal(t, err).Message, "10000")
	require.Len(t, refusal(t, err).Details, 100)
	_, err = b.svc.AddGroupHosts(t.Context(), fresh(), web, append(many, ids.New()))
	require.Contains(t, refusal(t, err).Details[0].Message, "At most 10000")
	g, err := b.svc.Group(t.Context(), everything, web)
	require.NoError(t, err)
	require.Zero(t, g.HostCount)
}

func TestTenThousandHostsMoveAtOnce(t *testing.T) {
	b := newBed(t)
	b.exec(`insert into host (id, name, machine_id, address, port, enrolled_at, state_since)
		select gen_random_uuid(), 'h' || n, n, 'x', 1, $1, $1 from generate_series(1, 10000) n`, start)
	rows, err := b.db.Query(t.Context(), "select id from host")
	require.NoError(t, err)
	var list []ids.ID
	for rows.Next() {
		var id ids.ID
		require.NoError(t, rows.Scan(&id))
		list = append(list, id)
	}
	require.NoError(t, rows.Err())
	web := b.group("Web", list...)
	g, err := b.svc.Group(t.Context(), everything, web)
	require.NoError(t, err)
	require.Equal(t, 10_000, g.HostCount)
	g, err = b.svc.RemoveGroupHosts(t.Context(), fresh(), web, list)
	require.NoError(t, err)
	require.Zero(t, g.HostCount)
}

// TestWhoMayChangeGroups asks every change as everybody who may not.
func TestWhoMayChangeGroups(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web := b.group("Web", all["alpha"])
	op := b.operator("op", web)
	op.FreshUntil = start.Add(time.Hour)
	token := fresh()
	token.TokenID = ids.New()
	narrow := token
	narrow.Groups = []ids.ID{web}
	auditor := fresh()
	auditor.Role = auth.RoleAuditor
	name := "x"
	changes := map[string]func(auth.Actor) error{
		"create": func(a auth.Actor) error {
			_, err := b.svc.CreateGroup(t.Context(), a, hosts.GroupInput{Name: "more"})
			return err
		},
		"update": func(a auth.Actor) error {
			_, err := b.svc.UpdateGroup(t.Context(), a, web, hosts.GroupChange{Name: &name})
			return err
		},
		"delete": func(a auth.Actor) error { return b.svc.DeleteGroup(t.Context(), a, web) },
		"add": func(a auth.Actor) error {
			_, err := b.svc.AddGroupHosts(t.Context(), a, web, []ids.ID{all["Beta"]})
			return err
		},
		"remove": func(a auth.Actor) error {
			_, err := b.svc.RemoveGroupHosts(t.Context(), a, web, []ids.ID{all["alpha"]})
			return err
		},
		"set": func(a auth.Actor) error {
			_, err := b.svc.SetHostGroups(t.Context(), a, all["Beta"], []ids.ID{web})
			return err
		},
	}
	for verb, change := range changes {
		for who, a := range map[string]auth.Actor{"anonymous": {}, "operator": op, "auditor": auditor, "narrowed token": narrow} {
			require.Contains(t, []int{401, 403}, refusal(t, change(a)).Status, "%s: %s", who, verb)
		}
		if verb == "create" || verb == "update" {
			continue
		}
		require.Equal(t, "step_up_required", refusal(t, change(admin())).Code, verb)
		require.Equal(t, "person_required", refusal(t, change(token)).Code, verb)
	}
	g, err := b.svc.Group(t.Context(), everything, web)
	require.NoError(t, err)
	require.Equal(t, "Web", g.Name)
	require.Equal(t, 1, g.HostCount)
}

// TestAMarkFollowsMemberships: an equal scope, other hosts.
func TestAMarkFollowsMemberships(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web := b.group("Web", all["alpha"])
	op := b.operator("op", web)
	scope := hosts.ScopeOf(op)
	mark := func() string {
		m, err := hosts.Mark(t.Context(), b.db, scope)
		require.NoError(t, err)
		return m
	}
	seen := map[string]bool{mark(): true}
	for _, change := range []func(){
		func() { b.exec("update host_group_host set host_id = $1", all["Beta"]) }, // as many, but another one
		func() {
			_, err := b.svc.AddGroupHosts(t.Context(), fresh(), web, []ids.ID{all["delta"]})
			require.NoError(t, err)
		},
		func() { b.exec("delete from auth_user_group") },
	} {
		change()
		m := mark()
		require.False(t, seen[m])
		seen[m] = true
	}
	require.Equal(t, scope, hosts.ScopeOf(op))
}

// TestAColumnWithoutATableIsTheQueryOwn: a scope's condition has subqueries with
// columns of the same names.
func TestAColumnWithoutATableIsTheQueryOwn(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	web, data := b.group("Web", all["alpha"]), b.group("data", all["Beta"])
	op := b.operator("op", web)
	ungrouped, narrow := op, admin()
	ungrouped.Ungrouped = true
	narrow.Groups = []ids.ID{web}
	both := b.operator("both", web, data)
	both.Groups = []ids.ID{web}
	for want, list := range map[int][]auth.Actor{1: {op, narrow, both}, 4: {ungrouped}, 0: {{}}} {
		for _, a := range list {
			for _, column := range []string{"host_id", "h.host_id"} {
				var n int
				require.NoError(t, b.db.QueryRow(t.Context(), "select count(*) from host_scope_v h where "+hosts.ScopeOf(a).SQL(column)).Scan(&n))
				require.Equal(t, want, n, hosts.ScopeOf(a).SQL(column))
			}
			for _, column := range []string{"group_id", "m.group_id"} {
				var n int
				require.NoError(t, b.db.QueryRow(t.Context(), "select count(*) from host_group_host m where "+hosts.ScopeOf(a).GroupSQL(column)).Scan(&n))
				require.Equal(t, min(want, 1), n, hosts.ScopeOf(a).GroupSQL(column))
			}
		}
	}
}
