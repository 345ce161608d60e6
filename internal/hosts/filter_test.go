package hosts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// knownFleet is fleet with what else can be filtered by. The updates of epsilon%
// are known, but for two days; those of delta never were.
func (b *bed) knownFleet() map[string]ids.ID {
	b.t.Helper()
	list := b.fleet()
	now := b.clock.Now()
	b.exec("update host set agent_version = '1.9.0', certificate_expires_at = $2, last_seen_at = $3 where id = $1", list["alpha"], now.Add(80*24*time.Hour), now)
	b.exec("update host set agent_version = '1.10.0', certificate_expires_at = $2, last_seen_at = $3 where id = $1", list["Beta"], now.Add(5*24*time.Hour), now.Add(-30*time.Hour))
	b.exec("update host set agent_version = '1.10.0-rc.1', certificate_expires_at = $2 where id = $1", list["gamma_1"], now.Add(-time.Hour))
	for _, name := range []string{"alpha", "Beta", "gamma_1", "epsilon%"} {
		b.exec("insert into host_poll (host_id, kind, next_due, ok_at) values ($1, 'patches', $2, $2) on conflict (host_id, kind) do update set ok_at = excluded.ok_at", list[name], now)
	}
	b.exec("update host_poll set ok_at = $2 where host_id = $1 and kind = 'patches'", list["epsilon%"], now.Add(-48*time.Hour))
	b.exec("update host_inventory set critical = 2, unknown = total - 2 where host_id = $1", list["alpha"])
	b.exec("update host_inventory set low = 3, unknown = total - 3 where host_id = $1", list["Beta"])
	require.NoError(b.t, b.label(list["alpha"], hosts.Label{Key: "env", Value: "production"}, hosts.Label{Key: "tier", Value: "1"}))
	require.NoError(b.t, b.label(list["Beta"], hosts.Label{Key: "env", Value: "test"}))
	require.NoError(b.t, b.label(list["gamma_1"], hosts.Label{Key: "env", Value: "production"}))
	return list
}

func TestEveryConditionChooses(t *testing.T) {
	b := newBed(t)
	b.knownFleet()
	for _, c := range []struct {
		spec hosts.FilterSpec
		want []string
	}{
		{hosts.FilterSpec{}, []string{"alpha", "Beta", "delta", "epsilon%", "gamma_1"}},
		{hosts.FilterSpec{Query: " ALPHA "}, []string{"alpha"}},
		{hosts.FilterSpec{State: []hosts.State{"degraded", "unknown"}}, []string{"Beta", "delta"}},
		{hosts.FilterSpec{OS: []string{""}}, []string{"delta"}},
		{hosts.FilterSpec{Label: []string{"env"}}, []string{"alpha", "Beta", "gamma_1"}},
		{hosts.FilterSpec{Label: []string{"env=production"}}, []string{"alpha", "gamma_1"}},
		{hosts.FilterSpec{Label: []string{"env=production,env=test"}}, []string{"alpha", "Beta", "gamma_1"}},
		{hosts.FilterSpec{Label: []string{"env=production", "tier"}}, []string{"alpha"}},
		{hosts.FilterSpec{Label: []string{"env=production", "env"}}, []string{"alpha", "Beta", "gamma_1"}},
		{hosts.FilterSpec{Label: []string{"env="}}, []string{}},
		{hosts.FilterSpec{AgentVersion: []string{"1.10.0"}}, []string{"Beta"}},
		{hosts.FilterSpec{AgentVersion: []string{""}}, []string{"delta", "epsilon%"}},
		{hosts.FilterSpec{Pending: "any"}, []string{"alpha", "Beta", "epsilon%"}},
		{hosts.FilterSpec{Pending: "security"}, []string{"alpha", "epsilon%"}},
		{hosts.FilterSpec{Pending: "none"}, []string{"gamma_1"}},
		{hosts.FilterSpec{Pending: "unknown"}, []string{"delta"}},
		{hosts.FilterSpec{Severity: []hosts.Severity{"critical"}}, []string{"alpha"}},
		{hosts.FilterSpec{Severity: []hosts.Severity{"critical", "low"}}, []string{"alpha", "Beta"}},
		{hosts.FilterSpec{Reboot: "true"}, []string{"alpha", "epsilon%"}},
		{hosts.FilterSpec{Reboot: "unknown"}, []string{"delta"}},
		{hosts.FilterSpec{Compliance: []hosts.Compliance{"compliant"}}, []string{"Beta", "gamma_1"}},
		{hosts.FilterSpec{Compliance: []hosts.Compliance{"not_compliant"}}, []string{"alpha"}},
		{hosts.FilterSpec{Compliance: []hosts.Compliance{"unknown"}}, []string{"delta", "epsilon%"}},
		{hosts.FilterSpec{Facts: "fresh"}, []string{"alpha", "Beta", "gamma_1"}},
		{hosts.FilterSpec{Facts: "stale"}, []string{"epsilon%"}},
		{hosts.FilterSpec{Facts: "never"}, []string{"delta"}},
		{hosts.FilterSpec{UnseenHours: 24}, []string{"Beta", "delta", "epsilon%", "gamma_1"}},
		{hosts.FilterSpec{UnseenHours: 48}, []string{"delta", "epsilon%", "gamma_1"}},
		{hosts.FilterSpec{CertificateDays: 30}, []string{"Beta", "gamma_1"}},
		{hosts.FilterSpec{Enrolled: "true"}, []string{"alpha", "Beta", "delta", "epsilon%", "gamma_1"}},
		{hosts.FilterSpec{Enrolled: "false"}, []string{}},
		{hosts.FilterSpec{Label: []string{"env"}, Compliance: []hosts.Compliance{"compliant"}, Facts: "fresh", Pending: "any"}, []string{"Beta"}},
	} {
		f, err := c.spec.Filter()
		require.NoError(t, err, "%+v", c.spec)
		require.Equal(t, c.want, b.names(f), "%+v", c.spec)
	}
}

// A filter of several labels keeps them in a map, whose order differs each time.
func TestSeveralLabelsMeanTheSameEachTime(t *testing.T) {
	b := newBed(t)
	b.knownFleet()
	f, err := hosts.FilterSpec{Label: []string{"env=production", "tier"}}.Filter()
	require.NoError(t, err)
	for range 30 {
		require.Equal(t, []string{"alpha"}, b.names(f))
	}
}

func TestUnreadableFiltersNameTheField(t *testing.T) {
	t.Parallel()
	for field, spec := range map[string]hosts.FilterSpec{
		"group_id[1]": {GroupID: []string{"none,x"}},
		"label[0]":    {Label: []string{"ENV=x"}},
	} {
		_, err := spec.Filter()
		e, ok := apierr.As(err)
		require.True(t, ok, "%v", err)
		require.Equal(t, field, e.Details[0].Field)
	}
}

func TestVersionsOfAgentsSortAsNumbers(t *testing.T) {
	b := newBed(t)
	list := b.knownFleet()
	b.exec("update host set agent_version = 'built by hand' where id = $1", list["delta"])
	require.Equal(t, []string{"alpha"}, b.names(hosts.Filter{Sort: "agent_version", PageSize: 1}), "1.9 before 1.10")
	require.ElementsMatch(t, []string{"delta", "epsilon%"}, b.names(hosts.Filter{Sort: "agent_version", Desc: true})[3:], "unknown comes last")
}

func TestEveryOrderIsAnswered(t *testing.T) {
	b := newBed(t)
	b.knownFleet()
	for _, key := range []string{"name", "state", "state_since", "os", "agent_version", "pending", "security", "critical", "last_seen", "certificate", "reboot", "enrolled_at"} {
		for _, desc := range []bool{false, true} {
			require.Len(t, b.names(hosts.Filter{Sort: key, Desc: desc}), 5, key)
		}
	}
}
