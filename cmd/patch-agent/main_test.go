package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/testkit/testca"
)

// The test binary is also the program.
func TestMain(m *testing.M) {
	if os.Getenv("PATCH_AGENT_TEST_MAIN") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a program that wrongly stays is a failure, not a hang
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), "PATCH_AGENT_TEST_MAIN=1")
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.toml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

const noFingerprint = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

func TestMistakesEndWithTheirOwnCodeAndAWayOut(t *testing.T) {
	empty, enrolled := t.TempDir(), t.TempDir()
	ca := testca.New(t)
	require.NoError(t, testca.Enroll(enrolled, ca))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	web := httptest.NewUnstartedServer(nil)
	web.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(testca.Leaf{Name: "web", IPs: []string{"127.0.0.1"}, Usage: x509.ExtKeyUsageServerAuth})}}
	web.StartTLS()
	t.Cleanup(web.Close)
	unreadable := filepath.Join(file(t, ""), "below-a-file")
	for name, c := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"unknown flag":        {[]string{"run", "--lisen", ":1"}, exitUsage, []string{"--lisen", "--help"}},
		"unknown key":         {[]string{"run", "--config", file(t, "lisen = \":1\"\n")}, exitUsage, []string{"lisen", "no such key"}},
		"missing file":        {[]string{"run", "--config", "/nonexistent.toml"}, exitUsage, []string{"/nonexistent.toml"}},
		"bad address":         {[]string{"run", "--listen", "12443"}, exitUsage, []string{"address:port"}},
		"not enrolled":        {[]string{"run", "--state-dir", empty}, exitNotEnrolled, []string{"patch-agent enroll"}},
		"status, same":        {[]string{"status", "--state-dir", empty}, exitNotEnrolled, []string{"patch-agent enroll"}},
		"port in use":         {[]string{"run", "--state-dir", enrolled, "--listen", taken.Addr().String()}, exitFailed, []string{"address already in use", "key listen"}},
		"unusable directory":  {[]string{"run", "--state-dir", unreadable}, exitFailed, []string{"state directory"}},
		"not running":         {[]string{"status", "--state-dir", enrolled}, exitDegraded, []string{"does not run", "runs out soon", identity.Fingerprint(ca.Root)}},
		"bad fingerprint":     {[]string{"enroll", "https://192.0.2.1", "--ca-fingerprint", "12", "--state-dir", empty}, exitFailed, []string{"64 hexadecimal digits"}},
		"wrong fingerprint":   {[]string{"enroll", web.URL, "--ca-fingerprint", noFingerprint, "--state-dir", empty}, exitDistrust, []string{noFingerprint, identity.Fingerprint(ca.Root), "Nothing was sent"}},
		"no manager there":    {[]string{"enroll", "https://127.0.0.1:9", "--ca-fingerprint", noFingerprint, "--state-dir", empty}, exitFailed, []string{"cannot be reached", "port 9"}},
		"address is a name":   {[]string{"enroll", web.URL, "--ca-fingerprint", noFingerprint, "--address", "web-1", "--state-dir", empty}, exitUsage, []string{"no IP address"}},
		"fingerprint missing": {[]string{"enroll", web.URL}, exitUsage, []string{"--ca-fingerprint"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := run(t, c.args...)
			require.Equal(t, c.code, code, out)
			for _, text := range c.says {
				require.Contains(t, out, text)
			}
		})
	}
}

func TestVersionIsSaid(t *testing.T) {
	code, out := run(t, "version")
	require.Zero(t, code)
	require.Contains(t, out, "patch-agent ")
}
