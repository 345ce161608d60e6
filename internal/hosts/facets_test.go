package hosts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// choice is one value of one facet, how many hosts it is said to choose, and how
// it is put in place of what a filter chooses there.
type choice struct {
	name string
	n    int
	put  func(s *hosts.FilterSpec)
}

// choices are all values of facets.
func choices(f hosts.Facets) []choice {
	var all []choice
	add := func(name string, n int, put func(s *hosts.FilterSpec)) { all = append(all, choice{name, n, put}) }
	values := func(name string, list []hosts.ValueCount, put func(s *hosts.FilterSpec, v string)) {
		for _, v := range list {
			add(name+"="+v.Value, v.Count, func(s *hosts.FilterSpec) { put(s, v.Value) })
		}
	}
	for state, n := range map[hosts.State]int{hosts.Healthy: f.States.Healthy, hosts.Degraded: f.States.Degraded,
		hosts.Unreachable: f.States.Unreachable, hosts.Unknown: f.States.Unknown} {
		add("state="+string(state), n, func(s *hosts.FilterSpec) { s.State = []hosts.State{state} })
	}
	for _, g := range f.Groups {
		add("group="+g.Name, g.Count, func(s *hosts.FilterSpec) { s.GroupID = []string{g.ID.String()} })
	}
	add("no group", f.NoGroup, func(s *hosts.FilterSpec) { s.GroupID = []string{"none"} })
	for _, l := range f.Labels {
		add("label "+l.Key+"="+l.Value, l.Count, func(s *hosts.FilterSpec) { s.Label = append(without(s.Label, l.Key), l.Key+"="+l.Value) })
	}
	values("label", f.LabelKeys, func(s *hosts.FilterSpec, v string) { s.Label = append(without(s.Label, v), v) })
	values("os", f.OS, func(s *hosts.FilterSpec, v string) { s.OS = []string{v} })
	values("agent_version", f.AgentVersions, func(s *hosts.FilterSpec, v string) { s.AgentVersion = []string{v} })
	values("pending", f.Pending, func(s *hosts.FilterSpec, v string) { s.Pending = v })
	values("severity", f.Severity, func(s *hosts.FilterSpec, v string) { s.Severity = []hosts.Severity{hosts.Severity(v)} })
	values("reboot", f.Reboot, func(s *hosts.FilterSpec, v string) { s.Reboot = v })
	values("compliance", f.Compliance, func(s *hosts.FilterSpec, v string) { s.Compliance = []hosts.Compliance{hosts.Compliance(v)} })
	values("facts", f.Facts, func(s *hosts.FilterSpec, v string) { s.Facts = v })
	values("enrolled", f.Enrolled, func(s *hosts.FilterSpec, v string) { s.Enrolled = v })
	return all
}

// without leaves out the labels of a key.
func without(list []string, key string) []string {
	kept := []string{}
	for _, text := range list {
		if l, err := hosts.ParseLabel(text); err == nil && l.Key != key {
			kept = append(kept, text)
		}
	}
	return kept
}

func (b *bed) list(scope hosts.Scope, spec hosts.FilterSpec) int {
	b.t.Helper()
	f, err := spec.Filter()
	require.NoError(b.t, err)
	f.PageSize = 1
	p, err := b.svc.List(b.t.Context(), scope, f)
	require.NoError(b.t, err)
	return p.Total
}

func (b *bed) facets(scope hosts.Scope, spec hosts.FilterSpec) hosts.Facets {
	b.t.Helper()
	f, err := spec.Filter()
	require.NoError(b.t, err)
	facets, err := b.svc.Facets(b.t.Context(), scope, f)
	require.NoError(b.t, err)
	return facets
}

// groupedFleet is knownFleet in two groups, of which op is in one.
func (b *bed) groupedFleet() (op hosts.Scope, mine, other ids.ID) {
	b.t.Helper()
	list := b.knownFleet()
	b.exec("update host set enrolled_at = null, registered_at = $2, machine_id = '' where id = $1", list["delta"], start)
	user := ids.New()
	b.exec("insert into auth_user (id, username, role, created_at, password_changed_at) values ($1, 'op', 'operator', $2, $2)", user, start)
	mine, other = ids.New(), ids.New()
	for id, g := range map[ids.ID]struct {
		name  string
		hosts []string
	}{mine: {"mine", []string{"alpha", "Beta", "delta"}}, other: {"other", []string{"alpha", "gamma_1"}}} {
		b.exec("insert into host_group (id, name, description, created_at) values ($1, $2, '', $3)", id, g.name, start)
		for _, h := range g.hosts {
			b.exec("insert into host_group_host (group_id, host_id, added_at) values ($1, $2, $3)", id, list[h], start)
		}
	}
	b.exec("insert into auth_user_group (user_id, group_id) values ($1, $2)", user, mine)
	return hosts.ScopeOf(auth.Actor{UserID: user, Role: auth.RoleOperator}), mine, other
}

// The number beside each value is the number of hosts that the list shows when
// the value takes the place of what was chosen there, for every facet, under
// every filter, for who sees all hosts and who sees some.
func TestFacetsCountWhatTheListShows(t *testing.T) {
	b := newBed(t)
	op, mine, other := b.groupedFleet()
	specs := []hosts.FilterSpec{
		{},
		{Query: "a"},
		{UnseenHours: 24},
		{State: []hosts.State{"healthy", "degraded"}},
		{State: []hosts.State{"healthy"}, OS: []string{"Debian 12"}},
		{Label: []string{"env=production"}},
		{Label: []string{"env=production", "tier"}},
		{Label: []string{"env=test", "tier=1"}, Reboot: "true"},
		{GroupID: []string{mine.String()}, Pending: "any"},
		{GroupID: []string{other.String(), "none"}, Compliance: []hosts.Compliance{"compliant", "unknown"}},
		{Severity: []hosts.Severity{"critical", "low"}, Facts: "fresh"},
		{AgentVersion: []string{"1.10.0"}, Reboot: "unknown"},
		{Enrolled: "false"},
		{Enrolled: "true", CertificateDays: 30, Pending: "none"},
		{State: []hosts.State{"unknown"}, Pending: "security", Facts: "stale"},
	}
	for who, scope := range map[string]hosts.Scope{"all": everything, "operator": op, "nobody": {}} {
		for _, spec := range specs {
			f := b.facets(scope, spec)
			require.Equal(t, b.list(scope, spec), f.Total, "%s %+v", who, spec)
			for _, c := range choices(f) {
				other := spec
				c.put(&other)
				require.Equal(t, b.list(scope, other), c.n, "%s: %s in %+v", who, c.name, spec)
			}
		}
	}
}

func TestFacetsNameEveryValue(t *testing.T) {
	b := newBed(t)
	op, _, _ := b.groupedFleet()
	f := b.facets(everything, hosts.FilterSpec{Label: []string{"env=test"}})
	require.Equal(t, 1, f.Total)
	require.Equal(t, []hosts.LabelCount{{Key: "env", Value: "production", Count: 2}, {Key: "env", Value: "test", Count: 1}}, f.Labels,
		"values of the chosen key are counted without it, other keys with it")
	require.Equal(t, []hosts.ValueCount{{Value: "env", Count: 3}}, f.LabelKeys)
	require.Equal(t, []hosts.ValueCount{{Value: "any", Count: 1}, {Value: "security", Count: 0}, {Value: "none", Count: 0}, {Value: "unknown", Count: 0}}, f.Pending)
	require.Len(t, f.Severity, 5)
	require.Equal(t, []hosts.ValueCount{{Value: "true", Count: 4}, {Value: "false", Count: 1}}, b.facets(everything, hosts.FilterSpec{}).Enrolled)
	f = b.facets(op, hosts.FilterSpec{})
	require.Len(t, f.Groups, 1, "an operator reads of no foreign group")
	require.Equal(t, "mine", f.Groups[0].Name)
	require.Equal(t, []hosts.ValueCount{{Value: "env", Count: 2}, {Value: "tier", Count: 1}}, f.LabelKeys)
}
