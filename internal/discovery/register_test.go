package discovery

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

func (b *bed) found() DiscoveryScan {
	b.t.Helper()
	_, cert := b.host("web1", "192.0.2.10")
	b.agent("192.0.2.10", cert)
	b.agent("192.0.2.11", cert)
	b.banner("192.0.2.20", "SSH-2.0-x\r\n")
	b.banner("192.0.2.21", "SSH-2.0-x\r\n")
	d := b.scan(ScanOrder{Network: "192.0.2.0/24", Port: 22, ReverseDNS: true})
	b.run(b.svc)
	return b.get(d.ID)
}

func TestFoundMachinesBecomeHosts(t *testing.T) {
	b := newBed(t)
	d := b.found()
	group := ids.New()
	b.exec("insert into host_group (id, name, created_at) values ($1, 'Found', now())", group)
	order := DiscoveryRegistration{GroupIDs: []ids.ID{group}, Labels: []hosts.Label{{Key: "found", Value: "scan"}},
		Addresses: []string{"192.0.2.20", "192.0.2.21", "192.0.2.10", "192.0.2.11", "192.0.2.99", "192.0.2.20"}}
	out, err := b.svc.RegisterFound(t.Context(), admin(), d.ID, order)
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, []int{out.Registered, out.Refused}, "one was named twice")
	require.Equal(t, "enroll", out.Command)
	require.Equal(t, "db1.example.com", out.Items[0].Name)
	require.Equal(t, "192.0.2.21", out.Items[1].Name)
	require.Equal(t, "It is host web1 already.", out.Items[2].Message)
	require.Equal(t, "It is host web1 already.", out.Items[3].Message)
	require.Equal(t, "This scan has found nothing at this address.", out.Items[4].Message)

	svc := hosts.New(hosts.Deps{DB: b.db, Clock: b.clock})
	h, err := svc.Get(t.Context(), hosts.ScopeOf(admin()), *out.Items[0].HostID)
	require.NoError(t, err)
	require.Equal(t, []any{"db1.example.com", "192.0.2.20", 12443}, []any{h.Name, h.Address, h.Port}, "the agents' port, not the scanned one")
	require.Nil(t, h.EnrolledAt)
	require.Equal(t, []hosts.Label{{Key: "found", Value: "scan"}}, h.Labels)
	require.Equal(t, "Found", h.Groups[0].Name)
	e := b.lastEntry()
	require.Equal(t, "discovery.register", e.Action)
	require.Contains(t, string(e.Details), "db1.example.com")

	r := b.results(d.ID, ResultFilter{})["192.0.2.20"]
	require.False(t, r.Registrable, "it is a host now")
	require.Equal(t, "db1.example.com", r.Host.Name)
	again, err := b.svc.RegisterFound(t.Context(), admin(), d.ID, order)
	require.NoError(t, err)
	require.Zero(t, again.Registered)
	require.Equal(t, e.ID, b.lastEntry().ID, "nothing was done, so nothing is written down")
}

func TestARegistrationIsWholeOrNone(t *testing.T) {
	b := newBed(t)
	d := b.found()
	for name, order := range map[string]DiscoveryRegistration{
		"a group that is none": {Addresses: []string{"192.0.2.20"}, GroupIDs: []ids.ID{ids.New()}},
		"a label that is none": {Addresses: []string{"192.0.2.20"}, Labels: []hosts.Label{{Key: "NOT A KEY"}}},
		"no address":           {},
		"no such address":      {Addresses: []string{"web1"}},
		"too many":             {Addresses: make([]string, maxRegister+1)},
	} {
		_, err := b.svc.RegisterFound(t.Context(), admin(), d.ID, order)
		require.Equal(t, 422, refusal(t, err).Status, name)
	}
	_, err := b.svc.RegisterFound(t.Context(), admin(), ids.New(), DiscoveryRegistration{Addresses: []string{"192.0.2.20"}})
	require.Equal(t, 404, refusal(t, err).Status)
	b.breakAudit()
	_, err = b.svc.RegisterFound(t.Context(), admin(), d.ID, DiscoveryRegistration{Addresses: []string{"192.0.2.20"}})
	require.Error(t, err)
	require.Equal(t, 1, b.one("select count(*) from host"))
}
