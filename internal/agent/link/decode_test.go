package link

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
)

func TestApplyRequestsThatAreRefusedNameTheField(t *testing.T) {
	for body, field := range map[string]string{
		`{"packages":[]}`:                   "packages", // "nothing" on one package manager and "everything" on another
		`{"packages":["-oAPT::x"]}`:         "packages[0]",
		`{"packages":["bash","bash curl"]}`: "packages[1]",
		`{"packages":[""]}`:                 "packages[0]",
		`{"packages":["Bash"]}`:             "packages[0]",
		`{"packages":["bash:"]}`:            "packages[0]",
		`{"exclude":["../x"]}`:              "exclude[0]",
		`{"versions":{"bash":"-1"}}`:        "versions.bash",
		`{"versions":{"bash":"1 2"}}`:       "versions.bash",
		`{"versions":{"$x":"1"}}`:           "versions",
		`{"reboot":"maybe"}`:                "reboot",
		`{"reboot_delay_seconds":-1}`:       "reboot_delay_seconds",
		`{"reboot_delay_seconds":86401}`:    "reboot_delay_seconds",
		`{"plan_hash":"a b"}`:               "plan_hash",
		`{"packages":"bash"}`:               "packages",
		`{"allow_reboot":true}`:             "allow_reboot",
		`{} {}`:                             "body",
		`[]`:                                "",
		``:                                  "body",
		`{"packages":["` + strings.Repeat("a", 257) + `"]}`: "packages[0]",
	} {
		_, err := decodeApply([]byte(body))
		var e *agentapi.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, agentapi.CodeInvalid, e.Code)
		require.Equal(t, field, e.Details[0].Field, body)
	}
	many, err := json.Marshal(map[string]any{"exclude": strings.Split(strings.Repeat("a ", agentapi.MaxNames)+"a", " ")})
	require.NoError(t, err)
	_, err = decodeApply(many)
	require.Error(t, err)
}

func TestApplyRequestsThatAreLegal(t *testing.T) {
	for _, body := range []string{
		`{}`, `{"packages":null}`, `{"packages":["libc6:i386","g++","libstdc++6","0ad"]}`,
		`{"versions":{"openssl":"3.0.17-1~deb12u3+b1","bind9":"1:9.18"},"reboot":"if_needed"}`,
		`{"deadline":"2026-11-23T04:00:00Z","security_only":true,"allow_removals":true}`,
	} {
		in, err := decodeApply([]byte(body))
		require.NoError(t, err, body)
		require.NotEmpty(t, in.Reboot)
	}
	in, err := decodeApply([]byte(`{"packages":null}`))
	require.NoError(t, err)
	require.Nil(t, in.Packages, "null means all, and stays null")
}

// Whatever is sent, what gets through holds the rules, and what does not names
// a field.
func FuzzDecodeApply(f *testing.F) {
	for _, seed := range []string{`{}`, `{"packages":["libc6:i386"]}`, `{"packages":[]}`, `{"versions":{"a":"1"}}`, `[`, `{"reboot":1}`, `{"packages":["-x"]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := decodeApply(body)
		if err != nil {
			var e *agentapi.Error
			if !errors.As(err, &e) || e.Code != agentapi.CodeInvalid || len(e.Details) != 1 {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if in.Packages != nil && len(in.Packages) == 0 {
			t.Fatalf("%q: an empty list got through", body)
		}
		for _, name := range append(in.Packages, in.Exclude...) {
			if name == "" || name[0] == '-' || len(name) > agentapi.MaxNameLength || strings.ContainsAny(name, " /\n\x00=") {
				t.Fatalf("%q: name %q got through", body, name)
			}
		}
		for name, version := range in.Versions {
			if name == "" || name[0] == '-' || version == "" || version[0] == '-' || strings.ContainsAny(version, " \n\x00") {
				t.Fatalf("%q: version %q of %q got through", body, version, name)
			}
		}
	})
}
