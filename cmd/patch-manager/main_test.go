package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tests run this test binary once more, as the command.
const envMain = "PM_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(envMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

type result struct {
	code           int
	stdout, stderr string
}

func command(t *testing.T, args ...string) result {
	self, err := os.Executable()
	require.NoError(t, err)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), envMain+"=1")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func TestExitCodesFollowTheConvention(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.toml")
	require.NoError(t, os.WriteFile(bad, []byte("[http]\nlisen = ':1'\nlisten = 'x'\n"), 0o600))
	empty := t.TempDir()
	for _, c := range []struct {
		code   int
		stderr string
		args   []string
	}{
		{0, "", []string{"version"}},
		{0, "", []string{"--data", empty, "config", "check"}},
		{2, "Try: patch-manager --help", []string{"serv"}},
		{2, "unknown flag --nope", []string{"serve", "--nope"}},
		{78, "the configuration has 2 problem(s)", []string{"--config", bad, "config", "check"}},
		{78, bad + ":2: http.lisen: there is no such key", []string{"--config", bad, "serve"}},
		{78, "cannot be read: no such file", []string{"--config", "/no/such.toml", "serve"}},
		{78, `data.dir = "relative"`, []string{"--data", "relative", "serve"}},
		{78, "database.url: is empty", []string{"--data", empty, "worker"}},
		{1, "there is no installation in " + empty, []string{"--data", empty, "admin", "reset-password"}},
		{1, "start `patch-manager serve` first", []string{"--data", empty, "admin", "fingerprint"}},
		{1, "there is no installation", []string{"--data", empty, "migrate"}},
	} {
		r := command(t, c.args...)
		require.Equal(t, c.code, r.code, "%v: %s", c.args, r.stderr)
		require.Contains(t, r.stderr, c.stderr, c.args)
		if c.code != 0 {
			require.Empty(t, r.stdout, "what scripts read stays clean: %v", c.args)
		}
	}
}

func TestConfigCheckShowsWhatHolds(t *testing.T) {
	dir := t.TempDir()
	r := command(t, "--data", dir, "config", "check")
	require.Contains(t, r.stdout, `http.listen = ":8443"`)
	require.Contains(t, r.stdout, `data.dir = "`+dir+`"`)
}

func TestOpenAPINeedsNothing(t *testing.T) {
	r := command(t, "openapi")
	require.Equal(t, 0, r.code, r.stderr)
	require.Contains(t, r.stdout, "openapi: 3.1.0")
	require.Contains(t, r.stdout, "/api/v1/auth/login:")
}
