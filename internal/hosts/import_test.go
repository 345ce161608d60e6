package hosts_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

func (b *bed) importCSV(a auth.Actor, dry bool, lines ...string) hosts.ImportReport {
	b.t.Helper()
	r, err := b.svc.Import(b.t.Context(), a, []byte(strings.Join(lines, "\n")), dry)
	require.NoError(b.t, err)
	require.Len(b.t, r.Rows, r.New+r.Exists+r.Errors)
	return r
}

// outcomes is one word a row, and what is wrong with it.
func outcomes(r hosts.ImportReport) []string {
	out := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		out[i] = string(row.Outcome)
		for _, p := range row.Problems {
			out[i] += " " + p.Field
		}
	}
	return out
}

func TestAnImportMakesAllHostsAndADryRunNone(t *testing.T) {
	b := newBed(t)
	web, data := b.group("Web"), b.group("Data, main")
	_, err := b.register(admin(), hosts.RegisterInput{Name: "web2.example.com"})
	require.NoError(t, err)
	lines := []string{"name;address;port;groups", "web1.example.com;;;web|Data, main", ";192.0.2.40;;", "db;2001:db8::5;443;", "web2.example.com;;;Web"}
	dry := b.importCSV(admin(), true, lines...)
	require.Equal(t, []string{"new", "new", "new", "exists"}, outcomes(dry))
	require.False(t, dry.Imported)
	require.Equal(t, "web2.example.com", b.seen(admin(), hosts.Filter{}), "a dry run changes nothing")
	require.Equal(t, "host.register", b.lastEntry().Action)

	done := b.importCSV(admin(), false, lines...)
	require.True(t, done.Imported)
	require.Equal(t, outcomes(dry), outcomes(done))
	require.Equal(t, "192.0.2.40 db web1.example.com web2.example.com", b.seen(admin(), hosts.Filter{}))
	h := b.get(*done.Rows[0].HostID)
	require.Equal(t, "192.0.2.11", h.Address)
	require.Equal(t, []hosts.GroupRef{{ID: data, Name: "Data, main"}, {ID: web, Name: "Web"}}, h.Groups)
	require.Equal(t, []string{"db", "2001:db8::5"}, []string{done.Rows[2].Name, done.Rows[2].Address})
	require.Empty(t, b.get(*done.Rows[3].HostID).Groups, "what is there is not changed")
	e := b.lastEntry()
	require.Equal(t, "host.import", e.Action)
	require.Contains(t, string(e.Details), `"host_count":3`)
	p, err := b.svc.Timeline(t.Context(), everything, h.ID, 1, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"host.register", "by an import"}, []string{p.Items[0].Title, p.Items[0].Detail})

	again := b.importCSV(admin(), false, lines...)
	require.Equal(t, []string{"exists", "exists", "exists", "exists"}, outcomes(again))
	require.Equal(t, e.ID, b.lastEntry().ID, "nothing new leaves no entry")
}

func TestOneBadRowStopsTheWholeImport(t *testing.T) {
	b := newBed(t)
	b.group("Web")
	_, err := b.register(admin(), hosts.RegisterInput{Name: "there", Address: "192.0.2.12"})
	require.NoError(t, err)
	_, err = b.register(admin(), hosts.RegisterInput{Name: "other", Address: "192.0.2.13"})
	require.NoError(t, err)
	lines := []string{"name,address,port,groups",
		"web1.example.com,,,Web",                   // good
		"missing.example.com,,,",                   // no such name
		"a,192.0.2.60,99999,",                      // port
		"b,192.0.2.61,,Wep|Web",                    // group
		",,,Web",                                   // nothing
		"twin,192.0.2.11,,",                        // the place of line 2
		"WEB1.example.com,192.0.2.62,,",            // the name of line 2
		"there,192.0.2.99,,",                       // another address than it has
		"strange,192.0.2.12,,",                     // another name than it has
		"c,ff02::1,x,Nope",                         // everything
		"d,192.0.2.63,,,surplus",                   // fields
		strings.Repeat("n", 254) + ",192.0.2.64,,", // name
	}
	want := []string{"new", "error name", "error port", "error groups", "error name", "error address", "error name", "error name",
		"error address", "error port address groups", "error ", "error name"}
	for _, dry := range []bool{true, false} {
		r := b.importCSV(admin(), dry, lines...)
		require.Equal(t, want, outcomes(r))
		require.False(t, r.Imported)
	}
	require.Equal(t, "other there", b.seen(admin(), hosts.Filter{}), "nothing is half imported")
	r := b.importCSV(admin(), true, lines...)
	require.Equal(t, 3, r.Rows[1].Line)
	require.Contains(t, r.Rows[3].Problems[0].Message, "no such group")
	require.Equal(t, "Wep", r.Rows[3].Problems[0].Value)
	require.Contains(t, r.Rows[5].Problems[0].Message, "line 2")
	require.Contains(t, r.Rows[7].Problems[0].Message, "there already with this name, at 192.0.2.12:12443")
	require.Contains(t, r.Rows[8].Problems[0].Message, "the address 192.0.2.12:12443")
	r = b.importCSV(admin(), true, "name,address", "there,192.0.2.13")
	require.Equal(t, []string{"error address"}, outcomes(r))
	require.Contains(t, r.Rows[0].Problems[0].Message, "another one")
}

func TestAnImportKnowsOnlyTheImportersGroups(t *testing.T) {
	b := newBed(t)
	web, _ := b.group("Web"), b.group("Secret")
	_, err := b.register(admin(), hosts.RegisterInput{Name: "hidden", Address: "192.0.2.70"})
	require.NoError(t, err)
	narrow := admin()
	narrow.TokenID, narrow.Groups = ids.New(), []ids.ID{web}
	r := b.importCSV(narrow, false, "name,address,groups", "a,192.0.2.71,Web", "b,192.0.2.72,Secret", "c,192.0.2.73,", "hidden,192.0.2.70,Web")
	require.Equal(t, []string{"new", "error groups", "error groups", "error name"}, outcomes(r))
	require.Contains(t, r.Rows[3].Problems[0].Message, "not in your groups")
	require.Nil(t, r.Rows[3].HostID)
	r = b.importCSV(narrow, false, "name,address,groups", "a,192.0.2.71,Web")
	require.True(t, r.Imported)
	require.Equal(t, "a", b.seen(narrow, hosts.Filter{}))
	_, err = b.svc.Import(t.Context(), b.operator("op", web), []byte("name\na"), true)
	require.Equal(t, "forbidden", refusal(t, err).Code)
}

func TestOfTwoImportsAtOnceEachHostComesOnce(t *testing.T) {
	b := newBed(t)
	lines := []string{"name,address"}
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("h%03d,192.0.%d.%d", i, i/200, 1+i%200))
	}
	reports := make([]hosts.ImportReport, 4)
	var wg sync.WaitGroup
	for i := range reports {
		wg.Go(func() { reports[i] = b.importCSV(admin(), false, lines...) })
	}
	wg.Wait()
	made := 0
	for _, r := range reports {
		require.Zero(t, r.Errors)
		require.True(t, r.New == 300 || r.Exists == 300, "all or none: %d new, %d there", r.New, r.Exists)
		made += r.New
	}
	require.Equal(t, 300, made)
}

func TestAnImportWithoutItsAuditRowIsNone(t *testing.T) {
	b := newBed(t)
	b.breakAudit()
	_, err := b.svc.Import(t.Context(), admin(), []byte("name,address\na,192.0.2.1\nb,192.0.2.2"), false)
	require.Error(t, err)
	require.Empty(t, b.seen(admin(), hosts.Filter{}))
}

func TestTheLargestImport(t *testing.T) {
	b := newBed(t)
	b.group("Web")
	lines := []string{"name,address,groups"}
	for i := range 10_000 {
		lines = append(lines, fmt.Sprintf("host-%05d.example.com,10.0.%d.%d,Web", i, i/250, 1+i%250))
	}
	r := b.importCSV(admin(), false, lines...)
	require.True(t, r.Imported)
	require.Equal(t, 10_000, r.New)
	r = b.importCSV(admin(), true, lines...)
	require.Equal(t, 10_000, r.Exists)
}
