package hosts

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
)

func TestCSVIsReadAsPeopleWriteIt(t *testing.T) {
	for name, text := range map[string]string{
		"commas":             "name,address,port,groups\nweb1,192.0.2.1,12443,Web|Berlin\n\"db, main\",192.0.2.2,,\n",
		"semicolons":         "name;address;port;groups\nweb1;192.0.2.1;12443;Web|Berlin\ndb, main;192.0.2.2;;\n",
		"byte order mark":    "\ufeffname,address,port,groups\nweb1,192.0.2.1,12443,Web|Berlin\n\"db, main\",192.0.2.2\n",
		"CRLF":               "name,address,port,groups\r\nweb1,192.0.2.1,12443,Web|Berlin\r\n\"db, main\",192.0.2.2,,\r\n",
		"order and capitals": "Groups , PORT,Address,Name\nWeb | Berlin | Web,12443, 192.0.2.1 ,web1\n,,192.0.2.2,\"db, main\"",
		"ends of tables":     "name,address,port,groups,\nweb1,192.0.2.1,12443,Web|Berlin,\n\"db, main\",192.0.2.2,,,\n,,,,\n",
	} {
		rows, err := parseCSV([]byte(text))
		require.NoError(t, err, name)
		require.Len(t, rows, 2, name)
		require.Equal(t, []int{2, 3}, []int{rows[0].line, rows[1].line}, name)
		require.Equal(t, []string{"web1", "192.0.2.1"}, []string{rows[0].get("name"), rows[0].get("address")}, name)
		require.Equal(t, []string{"Web", "Berlin"}, rows[0].list("groups"), name)
		port, ok := rows[0].port()
		require.Equal(t, []any{12443, true}, []any{port, ok}, name)
		require.Equal(t, "db, main", rows[1].get("name"), name)
		require.Empty(t, rows[1].list("groups"), name)
	}
	rows, err := parseCSV([]byte("name\n\"a\nb\"\n\nweb2\n"))
	require.NoError(t, err)
	require.Equal(t, []int{2, 5}, []int{rows[0].line, rows[1].line}, "as an editor counts")
}

func TestCSVThatIsNoneIsRefusedWithTheReason(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "no line in it",
		"\ufeff\n\n":                            "no line in it",
		"name,adress\nweb1,192.0.2.1":           "no such column",
		"name,name\nweb1,web2":                  "twice",
		"port,groups\n1,Web":                    "One of the columns name and address",
		"name\n":                                "no host",
		"name,port\n,\n":                        "no host",
		"name\nM\xfcnchen\n":                    "not UTF-8",
		"name\nweb\x001\n":                      "not UTF-8",
		"name\n\"web1\nweb2\n":                  "quotes",
		"name\nweb\"1\n":                        "quotes",
		"{\"csv\": 1}":                          "quotes",
		"\xff\xfen\x00a\x00m\x00e\x00":          "not UTF-8",
		"name\n" + strings.Repeat("a\n", 1e4+1): "at most 10000 hosts",
		strings.Repeat("x", MaxImport+1):        "2048 KiB",
	} {
		_, err := parseCSV([]byte(text))
		e, ok := apierr.As(err)
		require.True(t, ok, "%.30q: %v", text, err)
		require.Equal(t, "csv", e.Details[0].Field)
		require.Contains(t, e.Details[0].Message, want, "%.30q", text)
	}
	_, err := parseCSV([]byte("name,groups\nweb1,Web\nM\xfcnchen,Web"))
	e, _ := apierr.As(err)
	require.Equal(t, "line 3", e.Details[0].Value)
	_, err = parseCSV([]byte("name,adress"))
	e, _ = apierr.As(err)
	require.Equal(t, "adress", e.Details[0].Value, "the column is named")
}

func FuzzParseCSV(f *testing.F) {
	f.Add([]byte("name,address,port,groups\nweb1,192.0.2.1,12443,Web|Berlin\n"))
	f.Add([]byte("\xef\xbb\xbfname;port\r\n\"a\"\"b\";x\r\n;;;\r\n"))
	f.Add([]byte("address\n\"=cmd|' /C calc'!A0\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := parseCSV(text)
		if err != nil {
			if _, ok := apierr.As(err); !ok || len(rows) > 0 {
				t.Fatalf("%v with %d rows", err, len(rows))
			}
			return
		}
		last := 1
		for _, r := range rows {
			if r.line <= last {
				t.Fatalf("line %d after %d", r.line, last)
			}
			last = r.line
			c := newCandidate(r)
			for column, v := range r.fields {
				if !utf8.ValidString(v) || v != strings.TrimSpace(v) {
					t.Fatalf("%s is %q", column, v)
				}
			}
			if c.report.Outcome == OutcomeNew && c.asked == "" {
				t.Fatal("a host without a place")
			}
		}
	})
}
