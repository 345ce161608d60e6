package hosts_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// names is a name server.
type names struct{}

func (names) LookupNetIP(ctx context.Context, _, name string) ([]netip.Addr, error) {
	answers := map[string][]string{
		"web1.example.com":     {"fe80::1", "127.0.1.1", "192.0.2.11", "2001:db8::11"},
		"web2.example.com":     {"192.0.2.12"},
		"other.example.com":    {"192.0.2.11"},
		"own":                  {"127.0.1.1"},
		"nowhere.example.com":  {"0.0.0.0", "224.0.0.1"},
		"trailing.example.com": {"192.0.2.13"},
	}
	switch name {
	case "silent.example.com":
		return nil, &net.DNSError{Err: "i/o timeout", Name: name, IsTimeout: true}
	case "hanging.example.com":
		<-ctx.Done()
		return nil, ctx.Err()
	case "broken.example.com":
		return nil, &net.DNSError{Err: "server misbehaving", Name: name}
	}
	var out []netip.Addr
	for _, a := range answers[strings.TrimSuffix(name, ".")] {
		out = append(out, netip.MustParseAddr(a))
	}
	if len(out) == 0 && name != "empty.example.com" {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return out, nil
}

func (b *bed) register(a auth.Actor, in hosts.RegisterInput) (hosts.RegisteredHost, error) {
	return b.svc.RegisterHost(b.t.Context(), a, in)
}

func TestARegisteredHostWaitsForItsAgent(t *testing.T) {
	b := newBed(t)
	web := b.group("Web")
	made, err := b.register(admin(), hosts.RegisterInput{Name: "web1.example.com", GroupIDs: []ids.ID{web}})
	require.NoError(t, err)
	require.Equal(t, []string{"fe80::1", "127.0.1.1", "192.0.2.11", "2001:db8::11"}, made.Resolved, "all that was answered")
	h := b.get(made.Host.ID)
	require.Equal(t, "web1.example.com", h.Name)
	require.Equal(t, "web1.example.com", h.FQDN)
	require.Equal(t, "192.0.2.11", h.Address, "the first that is the address of one other machine")
	require.Equal(t, 12443, h.Port)
	require.Nil(t, h.EnrolledAt)
	require.Equal(t, start, *h.RegisteredAt)
	require.Equal(t, "admin", h.RegisteredBy)
	require.Equal(t, hosts.Unknown, h.State)
	require.Equal(t, "Registered; its agent has not enrolled yet.", h.StateReason)
	require.Equal(t, "Run the enrollment command on it.", h.Next)
	require.Equal(t, []hosts.GroupRef{{ID: web, Name: "Web"}}, h.Groups)

	b.poll()
	require.Zero(t, b.fake.count(), "there is nobody to ask")
	_, err = b.svc.Refresh(t.Context(), admin(), h.ID)
	require.Equal(t, "host_not_enrolled", refusal(t, err).Code)
	e := b.lastEntry()
	require.Equal(t, "host.register", e.Action)
	require.Equal(t, h.ID.String(), e.Target.ID)
	require.Contains(t, string(e.Details), "192.0.2.11:12443")

	require.NoError(t, b.svc.Remove(t.Context(), admin(), h.ID), "it can be taken back")
	_, err = b.register(admin(), hosts.RegisterInput{Name: "web1.example.com"})
	require.NoError(t, err, "and made known again")
}

func (b *bed) lastEntry() audit.Row {
	b.t.Helper()
	entries, _, err := audit.List(b.t.Context(), b.db, audit.Filter{Limit: 1})
	require.NoError(b.t, err)
	require.NotEmpty(b.t, entries)
	return entries[0]
}

func TestRegistrationTakesNamesAndAddresses(t *testing.T) {
	b := newBed(t)
	for name, c := range map[string]struct {
		in                  hosts.RegisterInput
		name, address, fqdn string
		port                int
	}{
		"IPv4":               {hosts.RegisterInput{Name: " 192.0.2.77 "}, "192.0.2.77", "192.0.2.77", "", 12443},
		"IPv6 in brackets":   {hosts.RegisterInput{Address: "[2001:DB8::1]", Port: 443}, "2001:db8::1", "2001:db8::1", "", 443},
		"IPv4 in IPv6":       {hosts.RegisterInput{Address: "::ffff:192.0.2.78"}, "192.0.2.78", "192.0.2.78", "", 12443},
		"both":               {hosts.RegisterInput{Name: "Große Datenbank", Address: "192.0.2.79"}, "Große Datenbank", "192.0.2.79", "", 12443},
		"name at a name":     {hosts.RegisterInput{Name: "front", Address: "web2.example.com"}, "front", "192.0.2.12", "web2.example.com", 12443},
		"rooted name":        {hosts.RegisterInput{Name: "trailing.example.com."}, "trailing.example.com", "192.0.2.13", "trailing.example.com", 12443},
		"only itself":        {hosts.RegisterInput{Name: "own"}, "own", "127.0.1.1", "", 12443},
		"same, another port": {hosts.RegisterInput{Name: "second", Address: "192.0.2.79", Port: 12444}, "second", "192.0.2.79", "", 12444},
	} {
		made, err := b.register(admin(), c.in)
		require.NoError(t, err, name)
		h := made.Host
		require.Equal(t, []any{c.name, c.address, c.fqdn, c.port}, []any{h.Name, h.Address, h.FQDN, h.Port}, name)
	}
}

func TestRegistrationSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	b := newBed(t)
	for name, c := range map[string]struct {
		in             hosts.RegisterInput
		field, message string
	}{
		"nothing":     {hosts.RegisterInput{}, "name", "Give a host name or an address."},
		"unknown":     {hosts.RegisterInput{Name: "missing.example.com"}, "name", "know no such name"},
		"no answer":   {hosts.RegisterInput{Name: "x", Address: "silent.example.com"}, "address", "No name server answered within 3s"},
		"hanging":     {hosts.RegisterInput{Name: "hanging.example.com"}, "name", "No name server answered within 3s"},
		"failing":     {hosts.RegisterInput{Name: "broken.example.com"}, "name", "server misbehaving"},
		"useless":     {hosts.RegisterInput{Name: "nowhere.example.com"}, "name", "0.0.0.0, 224.0.0.1"},
		"empty":       {hosts.RegisterInput{Name: "empty.example.com"}, "name", "no address"},
		"zone":        {hosts.RegisterInput{Address: "fe80::1%eth0"}, "address", "zone"},
		"multicast":   {hosts.RegisterInput{Address: "ff02::1"}, "address", "single machine"},
		"any":         {hosts.RegisterInput{Address: "0.0.0.0"}, "address", "single machine"},
		"with a port": {hosts.RegisterInput{Name: "web2.example.com:443"}, "name", "without a port"},
		"a URL":       {hosts.RegisterInput{Name: "https://web2.example.com"}, "name", "without a port"},
		"an option":   {hosts.RegisterInput{Name: "-oProxy"}, "name", "Must be a host name"},
		"port":        {hosts.RegisterInput{Name: "web2.example.com", Port: 70000}, "port", "1 to 65535"},
		"control":     {hosts.RegisterInput{Name: "a\nb", Address: "192.0.2.1"}, "name", "one line"},
		"group":       {hosts.RegisterInput{Name: "web2.example.com", GroupIDs: []ids.ID{ids.New()}}, "group_ids[0]", "no such group"},
	} {
		_, err := b.register(admin(), c.in)
		e := refusal(t, err)
		require.Equal(t, 422, e.Status, name)
		require.Len(t, e.Details, 1, name)
		require.Equal(t, c.field, e.Details[0].Field, name)
		require.Contains(t, e.Details[0].Message, c.message, name)
	}
	require.Empty(t, b.seen(admin(), hosts.Filter{}), "nothing was made")
}

func TestNoHostIsRegisteredTwice(t *testing.T) {
	b := newBed(t)
	web, data := b.group("Web"), b.group("data")
	_, err := b.register(admin(), hosts.RegisterInput{Name: "web1.example.com", GroupIDs: []ids.ID{data}})
	require.NoError(t, err)
	for name, in := range map[string]hosts.RegisterInput{
		"name":          {Name: "WEB1.example.COM", Address: "192.0.2.200"},
		"place":         {Name: "something", Address: "192.0.2.11"},
		"resolved":      {Name: "other.example.com"},
		"FQDN as name":  {Name: "front", Address: "web1.example.com", Port: 1},
		"name as place": {Name: "web1.example.com"},
	} {
		_, err := b.register(admin(), in)
		e := refusal(t, err)
		require.Equal(t, "host_exists", e.Code, name)
		require.Contains(t, e.Message, "web1.example.com", name)
	}

	narrow := admin()
	narrow.TokenID, narrow.Groups = ids.New(), []ids.ID{web}
	_, err = b.register(narrow, hosts.RegisterInput{Name: "web2.example.com"})
	require.Equal(t, "group_ids", refusal(t, err).Details[0].Field, "it would not see its own host")
	_, err = b.register(narrow, hosts.RegisterInput{Name: "web2.example.com", GroupIDs: []ids.ID{data}})
	require.Contains(t, refusal(t, err).Details[0].Message, "no such group")
	_, err = b.register(narrow, hosts.RegisterInput{Name: "db", Address: "192.0.2.11", GroupIDs: []ids.ID{web}})
	require.Equal(t, "host_exists", refusal(t, err).Code)
	require.NotContains(t, refusal(t, err).Message, "web1", "whose it is, is not the token's to know")
	require.Empty(t, refusal(t, err).Details)
	_, err = b.register(narrow, hosts.RegisterInput{Name: "web2.example.com", GroupIDs: []ids.ID{web}})
	require.NoError(t, err)
	require.Equal(t, "web2.example.com", b.seen(narrow, hosts.Filter{}))
	_, err = b.register(b.operator("op", web), hosts.RegisterInput{Name: "192.0.2.9", GroupIDs: []ids.ID{web}})
	require.Equal(t, "forbidden", refusal(t, err).Code)
}

func TestOfRegistrationsAtOnceOneWins(t *testing.T) {
	b := newBed(t)
	var made sync.Map
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := b.register(admin(), hosts.RegisterInput{Name: "web1.example.com"})
			made.Store(i, err)
		})
	}
	wg.Wait()
	good := 0
	made.Range(func(_, err any) bool {
		if err == nil {
			good++
			return true
		}
		require.Equal(t, "host_exists", refusal(t, err.(error)).Code)
		return true
	})
	require.Equal(t, 1, good)
	require.Equal(t, "web1.example.com", b.seen(admin(), hosts.Filter{}))
}

func TestARegistrationWithoutItsAuditRowIsNone(t *testing.T) {
	b := newBed(t)
	b.breakAudit()
	_, err := b.register(admin(), hosts.RegisterInput{Name: "web1.example.com"})
	require.Error(t, err)
	require.Empty(t, b.seen(admin(), hosts.Filter{}))
}

// breakAudit makes every further entry fail.
func (b *bed) breakAudit() {
	b.exec(`create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$`)
	b.exec(`create trigger refuse_entry before insert on audit_entry for each row execute function refuse_entry()`)
}

func TestRegisteredByAnActOnManyItHasItsOwnLine(t *testing.T) {
	b := newBed(t)
	var id ids.ID
	require.NoError(t, b.db.InTx(t.Context(), func(tx db.Tx) (err error) {
		id, err = hosts.Register(t.Context(), tx, admin(), hosts.NewHost{Address: "192.0.2.50"}, start.Add(time.Hour))
		return err
	}))
	p, err := b.svc.Timeline(t.Context(), everything, id, 1, 10)
	require.NoError(t, err)
	require.Len(t, p.Items, 1)
	require.Equal(t, "host.register", p.Items[0].Title)
	require.Equal(t, "admin", p.Items[0].Actor)
	require.Error(t, b.db.InTx(t.Context(), func(tx db.Tx) error {
		_, err := hosts.Register(t.Context(), tx, b.operator("op"), hosts.NewHost{Address: "192.0.2.51"}, start)
		return err
	}))
}
