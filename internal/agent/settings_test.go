package agent_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent"
)

func load(t *testing.T, text string) (agent.Settings, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.toml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return agent.LoadSettings(name)
}

func TestSettings(t *testing.T) {
	s, err := load(t, "listen = \"192.0.2.7:9000\"\nallowlist = [\"192.0.2.1\", \"2001:db8::/32\"]\nlog_level = \"debug\"\n")
	require.NoError(t, err)
	require.Equal(t, "192.0.2.7:9000", s.Listen)
	require.Equal(t, "/var/lib/patch-agent", s.StateDir)
	require.Equal(t, slog.LevelDebug, s.LogLevel)
	prefixes, err := s.Prefixes()
	require.NoError(t, err)
	require.Equal(t, "192.0.2.1/32", prefixes[0].String())
}

func TestBadSettingsSayWhereAndWhat(t *testing.T) {
	for text, says := range map[string]string{
		"lisen = \":1\"":                   "lisen",
		"listen = \":1\"\nlisten = \":2\"": "listen",
		"listen = \"12443\"":               "address:port",
		"listen = 5":                       "listen",
		"state_dir = \"here\"":             "absolute",
		"allowlist = [\"10.0.0\"]":         "10.0.0",
		"allowlist = [\"10.0.0.7/8\"]":     "did you mean 10.0.0.0/8",
		"saved_packages_mib = 0":           "1 or more",
		"log_level = \"loud\"":             "log_level",
	} {
		_, err := load(t, text)
		require.ErrorContains(t, err, says, text)
	}
	_, err := agent.LoadSettings(filepath.Join(t.TempDir(), "missing.toml"))
	require.ErrorIs(t, err, os.ErrNotExist, "a file that was named must exist")
}

// The example names every key, with its default.
func TestExampleIsWholeAndTrue(t *testing.T) {
	text, err := os.ReadFile("../../packaging/config/agent.example.toml")
	require.NoError(t, err)
	keys := regexp.MustCompile(`(?m)^#([a-z_]+ = .*)$`).FindAllStringSubmatch(string(text), -1)
	var lines []string
	for _, k := range keys {
		lines = append(lines, k[1])
	}
	s, err := load(t, strings.Join(lines, "\n"))
	require.NoError(t, err)
	s.Allowlist, s.RebootCommand = nil, nil // empty or missing is the same
	require.Equal(t, agent.StandardSettings(), s)
	standard, err := toml.Marshal(agent.StandardSettings())
	require.NoError(t, err)
	require.Len(t, lines, strings.Count(string(standard), "\n"))
}
