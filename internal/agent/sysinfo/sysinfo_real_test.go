package sysinfo_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/sysinfo"
	"patchmanager/internal/testkit/hostbed"
)

func TestRealHostDescribesItself(t *testing.T) {
	h := hostbed.Open(t).Demo(t, hostbed.KernelRelease("6.1.0-9-amd64"))
	info, err := sysinfo.Collect(t.Context(), sysinfo.Host{Root: h.Root})
	require.NoError(t, err)
	require.Equal(t, "debian", info.OSID)
	require.Equal(t, "bookworm", info.Codename)
	require.Equal(t, strings.TrimSpace(h.Exec(t, "cat", "/etc/machine-id")), info.MachineID)
	require.Equal(t, strings.TrimSpace(h.Exec(t, "cat", "/proc/sys/kernel/random/boot_id")), info.BootID)
	require.NotNil(t, info.LastUpdateCheck)
	require.False(t, info.BootedAt.IsZero())

	h.Exec(t, "touch", "/boot/vmlinuz-6.1.0-40-amd64")
	needed, reasons, err := sysinfo.RebootNeed(h.Root)
	require.NoError(t, err)
	require.True(t, needed)
	require.Contains(t, reasons[0], "6.1.0-40-amd64")
	require.NoError(t, h.Reboot())
	again, err := sysinfo.Collect(t.Context(), sysinfo.Host{Root: h.Root})
	require.NoError(t, err)
	require.NotEqual(t, info.BootID, again.BootID)
	require.True(t, again.BootedAt.After(info.BootedAt))
}
