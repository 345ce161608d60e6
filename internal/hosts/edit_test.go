package hosts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentclient"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

func (b *bed) update(a auth.Actor, id ids.ID, c hosts.HostChange) (hosts.Host, error) {
	return b.svc.Update(b.t.Context(), a, id, c)
}

func TestAChangeIsWrittenWithWhatWasBefore(t *testing.T) {
	b := newBed(t)
	id := b.fleet()["alpha"]
	name, note, labels := "Front door", "ask first", []hosts.Label{{Key: "env", Value: "prod"}, {Key: "city", Value: "Bonn"}}
	h, err := b.update(admin(), id, hosts.HostChange{Name: &name, Note: &note, Labels: &labels})
	require.NoError(t, err)
	require.Equal(t, []any{name, note, "admin", start}, []any{h.Name, h.Note, h.NoteBy, *h.NoteAt})
	require.Equal(t, []hosts.Label{{Key: "city", Value: "Bonn"}, {Key: "env", Value: "prod"}}, h.Labels)
	e := b.lastEntry()
	require.Equal(t, "host.update", e.Action)
	require.JSONEq(t, `{"name":"Front door","name_before":"alpha","note":"ask first","note_before":"","labels":["city=Bonn","env=prod"],"labels_before":[]}`, string(e.Details))

	_, err = b.update(admin(), id, hosts.HostChange{Name: &name, Note: &note, Labels: &labels})
	require.NoError(t, err)
	require.Equal(t, e.ID, b.lastEntry().ID, "nothing new leaves no entry")
	labels = []hosts.Label{{Key: "env", Value: "test"}}
	h, err = b.update(admin(), id, hosts.HostChange{Labels: &labels})
	require.NoError(t, err)
	require.Equal(t, labels, h.Labels)
	require.Equal(t, note, h.Note, "what is not named stays")

	require.NoError(t, b.db.InTx(t.Context(), func(tx db.Tx) error {
		_, err := hosts.Attach(t.Context(), tx, &id, hosts.Enrolled{Name: "alpha", MachineID: "m", Address: "192.0.2.1", Port: 1}, start)
		return err
	}))
	h = b.get(id)
	require.Equal(t, []any{name, note, labels}, []any{h.Name, h.Note, h.Labels}, "enrolling again keeps what people said")
}

func TestAHostWithANewAddressIsAskedThereAtOnce(t *testing.T) {
	b := newBed(t)
	id := b.host("web", agentclient.Target{Address: "192.0.2.1", Port: 1})
	b.exec("update host_poll set next_due = $1", start.Add(time.Hour))
	a := agenttest.Start(t, agenttest.Options{CA: b.ca, HostID: id, Clock: b.clock})
	at := a.Target()
	_, err := b.update(admin(), id, hosts.HostChange{Address: &at.Address, Port: &at.Port})
	require.NoError(t, err)
	b.poll()
	require.Equal(t, hosts.Healthy, b.get(id).State)
}

func TestAChangeThatIsNoneIsRefused(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	other := b.get(all["Beta"])
	text := func(s string) *string { return &s }
	number := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		change hosts.HostChange
		field  string
	}{
		"no name":    {hosts.HostChange{Name: text(" ")}, "name"},
		"long name":  {hosts.HostChange{Name: text(strings.Repeat("x", 254))}, "name"},
		"address":    {hosts.HostChange{Address: text("missing.example.com")}, "address"},
		"no address": {hosts.HostChange{Address: text("")}, "address"},
		"port":       {hosts.HostChange{Port: number(0)}, "port"},
		"note":       {hosts.HostChange{Note: text(strings.Repeat("x", 2001))}, "note"},
		"labels":     {hosts.HostChange{Labels: &[]hosts.Label{{Key: "A"}}}, "labels[0]"},
	} {
		_, err := b.update(admin(), all["alpha"], c.change)
		require.Equal(t, c.field, refusal(t, err).Details[0].Field, name)
	}
	_, err := b.update(admin(), all["alpha"], hosts.HostChange{Name: text("bETA")})
	require.Equal(t, "host_exists", refusal(t, err).Code)
	_, err = b.update(admin(), all["alpha"], hosts.HostChange{Address: &other.Address, Port: &other.Port})
	require.Equal(t, "host_exists", refusal(t, err).Code)
}

func TestOperatorsWriteNotesOfTheirHostsAndNothingElse(t *testing.T) {
	b := newBed(t)
	all := b.fleet()
	op := b.operator("op", b.group("Web", all["alpha"]))
	note, name := "the fan is loud", "x"
	h, err := b.update(op, all["alpha"], hosts.HostChange{Note: &note})
	require.NoError(t, err)
	require.Equal(t, "op", h.NoteBy)
	for _, c := range []hosts.HostChange{{Name: &name}, {Note: &note, Address: &name}, {Labels: &[]hosts.Label{}}} {
		_, err = b.update(op, all["alpha"], c)
		require.Equal(t, "forbidden", refusal(t, err).Code)
	}
	_, foreign := b.update(op, all["Beta"], hosts.HostChange{Note: &note})
	_, unknown := b.update(op, ids.New(), hosts.HostChange{Note: &note})
	require.Equal(t, 404, refusal(t, foreign).Status)
	require.Equal(t, refusal(t, unknown), refusal(t, foreign))
	_, err = b.update(auth.Actor{UserID: ids.New(), Role: auth.RoleAuditor}, all["alpha"], hosts.HostChange{Note: &note})
	require.Equal(t, "forbidden", refusal(t, err).Code)
	require.Empty(t, b.get(all["Beta"]).Note)
}

func TestAChangeWithoutItsAuditRowIsNone(t *testing.T) {
	b := newBed(t)
	id := b.fleet()["alpha"]
	b.breakAudit()
	note := "lost"
	_, err := b.update(admin(), id, hosts.HostChange{Note: &note, Labels: &[]hosts.Label{{Key: "env"}}})
	require.Error(t, err)
	require.Empty(t, b.get(id).Note)
	require.Empty(t, b.get(id).Labels)
}
