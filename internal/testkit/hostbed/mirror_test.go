package hostbed

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func noEnv(string) string { return "" }

func etcApt(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestMirrorsFromAptConfiguration(t *testing.T) {
	want := mirrors{"http://mirror.example.org/debian", "http://mirror.example.org/security"}
	for name, files := range map[string]map[string]string{
		"one line": {"sources.list": "# deb http://old.example.org/debian buster main\n" +
			"deb-src http://source.example.org/debian bookworm main\n" +
			"deb [arch=amd64 signed-by=/k.gpg] http://mirror.example.org/debian/ bookworm main contrib\n" +
			"deb http://mirror.example.org/security bookworm-security main\n"},
		"deb822": {"sources.list.d/debian.sources": "Enabled: no\nTypes: deb\nURIs: http://off.example.org/debian\nSuites: trixie\n\n" +
			"Types: deb deb-src\n# a comment\nURIs: http://mirror.example.org/debian\nSuites: trixie\n trixie-updates\nComponents: main\n\n" +
			"Types: deb\nURIs: http://mirror.example.org/security\nSuites: trixie-security\n"},
		"others beside": {"sources.list.d/a.list": "deb https://packages.example.org/cloud cloud-sdk-bookworm main\n",
			"sources.list.d/b.list":     "deb http://mirror.example.org/debian stable main\ndeb http://mirror.example.org/security stable-security main\n",
			"sources.list.d/c.list.bak": "deb http://wrong.example.org/debian stable main\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := findMirrors(etcApt(t, files), noEnv)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestMirrorsFromEnvironment(t *testing.T) {
	ubuntu := etcApt(t, map[string]string{"sources.list": "deb http://mirror.example.org/ubuntu noble main\ndeb http://mirror.example.org/ubuntu noble-security main\n"})
	got, err := findMirrors(ubuntu, noEnv)
	require.NoError(t, err)
	require.Equal(t, mirrors{defaultMirror, defaultSecurity}, got, "a machine with Ubuntu names no archive of Debian")

	env := map[string]string{envMirror: "http://a.example.org/debian", envSecurity: "http://b.example.org/security"}
	got, err = findMirrors(ubuntu, func(k string) string { return env[k] })
	require.NoError(t, err)
	require.Equal(t, mirrors{env[envMirror], env[envSecurity]}, got)
}
