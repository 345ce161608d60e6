package agentclient

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
)

// Whatever an agent sends, decoding ends with data that can be stored or with
// an error, never with a panic.
func FuzzAnswer(f *testing.F) {
	f.Add(200, jsonText, []byte(`{"success":true,"data":{"packages":[{"name":"a","version":"1"}]}}`))
	f.Add(429, "text/plain", []byte("slow"))
	f.Add(200, jsonText, []byte(`{"success":true,"data":{"packages":[{"name":"a\u0000","version":"1"}]}}`))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		rep := reply{status, http.Header{"Content-Type": {contentType}}, cleanText(body)}
		l, err := open[agentapi.PackageList](call{method: "GET", path: "/packages"}, rep)
		if err != nil || checkPackages("x", &l) != nil {
			return
		}
		for _, p := range l.Packages {
			if strings.Contains(p.Name, "\x00") || !utf8.ValidString(p.Name) {
				t.Fatalf("cannot be stored: %q", p.Name)
			}
		}
	})
}

const jsonText = "application/json"

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"event":"job_log","job_id":"j","seq":1,"line":"a\u0000"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeEvent(b)
		if err == nil && (strings.Contains(e.Line, "\x00") || len(e.Line) > agentapi.MaxLogLine) {
			t.Fatalf("cannot be stored: %q", e.Line)
		}
	})
}

// cleanText changes only what it must: what was JSON stays JSON.
func FuzzCleanText(f *testing.F) {
	f.Add(`"\\\u0000"`)
	f.Fuzz(func(t *testing.T, s string) {
		was := json.Valid([]byte(s))
		if was != json.Valid(cleanText([]byte(s))) {
			t.Fatalf("%q", s)
		}
	})
}

func FuzzAuthority(f *testing.F) {
	f.Add("2001:db8::1", 12443)
	f.Fuzz(func(t *testing.T, address string, port int) {
		want := Target{HostID: ids.New(), Address: address, Port: port}
		got, err := parseAuthority(want.authority())
		if address == "" {
			if err == nil {
				t.Fatal("no address accepted")
			}
			return
		}
		if err != nil || got != want {
			t.Fatalf("%v → %v, %v", want, got, err)
		}
	})
}
