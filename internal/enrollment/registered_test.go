package enrollment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// registered makes a host known whose agent has not enrolled; enroll comes from
// 192.0.2.10.
func (b *bed) registered(name, address string) ids.ID {
	b.t.Helper()
	made, err := b.hosts.RegisterHost(b.t.Context(), b.admin, hosts.RegisterInput{Name: name, Address: address})
	require.NoError(b.t, err)
	return made.Host.ID
}

func (b *bed) host(id ids.ID) hosts.Host {
	b.t.Helper()
	h, err := b.hosts.Get(b.t.Context(), everything, id)
	require.NoError(b.t, err)
	return h
}

func TestATokenAttachesAnAgentAtTheRegisteredAddress(t *testing.T) {
	b := newBed(t)
	group, err := b.hosts.CreateGroup(t.Context(), b.admin, hosts.GroupInput{Name: "Web"})
	require.NoError(t, err)
	made, err := b.hosts.RegisterHost(t.Context(), b.admin, hosts.RegisterInput{Name: "Front", Address: "192.0.2.10", GroupIDs: []ids.ID{group.ID}})
	require.NoError(t, err)
	bundle := b.status(b.mustEnroll(newAgent(t, "web1", "m1"), b.token(1)))
	require.Equal(t, agentapi.EnrollApproved, bundle.Status)
	require.Equal(t, made.Host.ID.String(), bundle.HostID)
	h := b.host(made.Host.ID)
	require.Equal(t, "Front", h.Name, "what a person called it stays")
	require.Equal(t, "web1.example.com", h.FQDN)
	require.Equal(t, "m1", h.MachineID)
	require.Equal(t, start, *h.EnrolledAt)
	require.Equal(t, "It has not answered yet.", h.StateReason)
	require.Equal(t, "Debian GNU/Linux 12", h.OS)
	require.Equal(t, []hosts.GroupRef{{ID: group.ID, Name: "Web"}}, h.Groups)
	require.NotContains(t, h.Next, "enrollment command")
}

func TestAHostRegisteredByItsAddressGetsTheNameOfItsAgent(t *testing.T) {
	b := newBed(t)
	id := b.registered("", "192.0.2.10")
	require.Equal(t, "192.0.2.10", b.host(id).Name)
	require.Equal(t, id.String(), b.status(b.mustEnroll(newAgent(t, "web1", "m1"), b.token(1))).HostID)
	require.Equal(t, "web1", b.host(id).Name)
}

func TestANameAloneAttachesOnlyByAPerson(t *testing.T) {
	b := newBed(t)
	id := b.registered("web1", "192.0.2.99")
	polling := b.mustEnroll(newAgent(t, "WEB1", "m1"), b.token(1))
	require.Equal(t, agentapi.EnrollPending, b.status(polling).Status, "whoever has a token could call itself so")
	list := b.pending()
	require.Len(t, list, 1)
	_, err := b.svc.Approve(t.Context(), b.admin, list[0].ID)
	require.NoError(t, err)
	require.Equal(t, id.String(), b.status(polling).HostID)
	require.Equal(t, "192.0.2.10", b.host(id).Address, "where the agent listens")
}

func TestTwoRegisteredHostsThatMayBeMeantWaitForAPerson(t *testing.T) {
	b := newBed(t)
	named, placed := b.registered("web1", "192.0.2.99"), b.registered("db", "192.0.2.10")
	polling := b.mustEnroll(newAgent(t, "web1", "m1"), b.token(1))
	list := b.pending()
	require.Len(t, list, 1)
	_, err := b.svc.Approve(t.Context(), b.admin, list[0].ID)
	require.NoError(t, err)
	require.Equal(t, named.String(), b.status(polling).HostID)
	require.Nil(t, b.host(placed).EnrolledAt)
}

func TestAnEnrolledHostIsNeverTakenByARegistrationWithItsName(t *testing.T) {
	b := newBed(t)
	a := newAgent(t, "web1", "m1")
	first := b.status(b.mustEnroll(a, b.token(1))).HostID
	id := b.registered("Front", "192.0.2.11")
	a.req.IPAddress = "192.0.2.11"
	polling := b.mustEnroll(newAgentWith(t, a), "")
	list := b.pending()
	require.Len(t, list, 1)
	_, err := b.svc.Approve(t.Context(), b.admin, list[0].ID)
	require.NoError(t, err)
	require.Equal(t, first, b.status(polling).HostID, "the machine id is that of a living host")
	require.Nil(t, b.host(id).EnrolledAt)
	require.NoError(t, b.hosts.Remove(t.Context(), auth.System("test"), id), "without a certificate there is none to revoke")
}

// newAgentWith is the same machine with another key.
func newAgentWith(t *testing.T, a *agent) *agent {
	n := newAgent(t, a.req.Hostname, a.req.MachineID)
	n.req.IPAddress = a.req.IPAddress
	return n
}
