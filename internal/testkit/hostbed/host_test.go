package hostbed

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/pkgmgr"
)

func TestDebianHostHasRealUpdatesPending(t *testing.T) {
	h := Open(t).Debian(t)
	plan := h.Exec(t, "apt-get", "-s", "dist-upgrade")
	require.GreaterOrEqual(t, strings.Count(plan, "\nInst "), 15, plan)
	require.Contains(t, plan, "Debian-Security:")
	require.Contains(t, plan, "Debian:12-updates/")
}

func TestDemoHostHasOnlyDemoUpdatesPending(t *testing.T) {
	h := Open(t).Demo(t)
	plan := h.Exec(t, "apt-get", "-s", "dist-upgrade")
	for line := range strings.Lines(plan) {
		if strings.HasPrefix(line, "Inst ") {
			require.True(t, strings.HasPrefix(line, "Inst demo-"), line)
		}
	}
	require.Contains(t, plan, "Inst demo-app [1.0] (1.2 Demo:stable [all])")
	require.Contains(t, plan, "Remv demo-old")
	require.Regexp(t, `kept back:\s+demo-phased`, plan)
	require.Equal(t, "No", strings.TrimSpace(h.Exec(t, "sh", "-c", "ischroot && echo Yes || echo No")))
}

func TestFailingUpdateSaysItsWords(t *testing.T) {
	h := Open(t).Mixed(t)
	r, err := h.Run(t.Context(), pkgmgr.Command{
		Args:     []string{"apt-get", "-y", "-o", "APT::Status-Fd=3", "-o", "Dpkg::Use-Pty=0", "install", "demo-broken"},
		StatusFD: true,
	})
	require.NoError(t, err)
	require.Equal(t, 100, r.ExitCode)
	require.Contains(t, string(r.Stdout)+string(r.Stderr), BrokenWords)
	status, err := h.Status()
	require.NoError(t, err)
	require.Contains(t, string(status), "pmerror:demo-broken")
	require.Contains(t, h.Exec(t, "dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "demo-broken"), "iF")
}

func TestHostsDoNotSeeEachOther(t *testing.T) {
	bed := Open(t)
	a, b := bed.Demo(t), bed.Demo(t, Named("web-1"))
	a.Exec(t, "sh", "-c", "echo changed > /etc/only-here")
	require.FileExists(t, filepath.Join(a.Root, "etc/only-here"))
	require.NoFileExists(t, filepath.Join(b.Root, "etc/only-here"))
	require.Equal(t, "web-1\n", b.Exec(t, "hostname"))
	require.NotEqual(t, a.Exec(t, "cat", "/etc/machine-id"), b.Exec(t, "cat", "/etc/machine-id"))
	require.NotEqual(t, a.IP, b.IP)
}
