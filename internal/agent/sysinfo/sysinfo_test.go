package sysinfo

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostOf puts a host together from files.
func hostOf(t *testing.T, files map[string]string) Host {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return Host{Root: root}
}

func TestCollectReadsTheHostNotTheMachine(t *testing.T) {
	h := hostOf(t, map[string]string{
		"etc/os-release":                  "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID='12'\nVERSION_CODENAME=bookworm\n# a comment\nID_LIKE=\"a b\"\n",
		"etc/machine-id":                  "0123456789abcdef0123456789abcdef\n",
		"etc/hosts":                       "127.0.0.1 localhost\n192.0.2.7 web-1.example.com web-1 # us\n",
		"proc/sys/kernel/hostname":        "web-1\n",
		"proc/sys/kernel/osrelease":       "6.1.0-40-amd64\n",
		"proc/sys/kernel/random/boot_id":  "b00t\n",
		"proc/stat":                       "cpu 1\nbtime 1700000000\n",
		"proc/1/stat":                     "1 (init (x) y) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 250 1 1\n",
		"var/lib/dpkg/status":             "",
		"var/lib/apt/lists/partial/.keep": "",
	})
	info, err := Collect(t.Context(), h)
	require.NoError(t, err)
	require.Equal(t, "Debian GNU/Linux 12 (bookworm)", info.OS)
	require.Equal(t, []string{"debian", "12", "bookworm"}, []string{info.OSID, info.OSVersion, info.Codename})
	require.Equal(t, []string{"a", "b"}, info.OSIDLike)
	require.Equal(t, []string{"web-1", "web-1.example.com", "6.1.0-40-amd64", "b00t"}, []string{info.Hostname, info.FQDN, info.Kernel, info.BootID})
	require.Equal(t, time.Unix(1700000002, 5e8).UTC(), info.BootedAt)
	require.Equal(t, "none", info.Virtualization)
	require.NotNil(t, info.LastUpdateCheck)
	require.NotNil(t, info.LastUpdateApply)
	require.False(t, info.PendingReboot)
}

func TestCollectOfAnEmptyRoot(t *testing.T) {
	info, err := Collect(t.Context(), hostOf(t, nil))
	require.NoError(t, err)
	require.Nil(t, info.LastUpdateCheck)
	require.NotNil(t, info.ServicesRestart)
	require.NotNil(t, info.RebootReasons)
}

func TestRebootNeed(t *testing.T) {
	kernel := func(running string, installed ...string) map[string]string {
		files := map[string]string{"proc/sys/kernel/osrelease": running + "\n"}
		for _, k := range installed {
			files["boot/vmlinuz-"+k] = ""
		}
		return files
	}
	container := kernel("6.1.0-40-amd64", "6.1.0-56-amd64")
	container["run/systemd/container"] = "lxc"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"nothing":            {nil, []string{}},
		"marker":             {map[string]string{"run/reboot-required": ""}, []string{"/run/reboot-required exists"}},
		"marker with names":  {map[string]string{"run/reboot-required": "", "run/reboot-required.pkgs": "b\na\nb\n"}, []string{"asked for by a, b"}},
		"newer kernel":       {kernel("6.1.0-9-amd64", "6.1.0-9-amd64", "6.1.0-40-amd64"), []string{"kernel 6.1.0-40-amd64 is installed, 6.1.0-9-amd64 is running"}},
		"newest runs":        {kernel("6.1.0-40-amd64", "6.1.0-9-amd64", "6.1.0-40-amd64"), []string{}},
		"other flavour":      {kernel("6.1.0-40-amd64", "6.1.0-56-cloud-amd64", "6.1.0-56-rt-amd64"), []string{}},
		"not from a package": {kernel("6.18.44-custom", "6.1.0-56-amd64"), []string{}},
		"ubuntu":             {kernel("5.15.0-91-generic", "5.15.0-101-generic"), []string{"kernel 5.15.0-101-generic is installed, 5.15.0-91-generic is running"}},
		"backport":           {kernel("6.1.0-40-amd64", "6.12.9+bpo-amd64"), []string{}},
		"container":          {container, []string{}},
	} {
		needed, reasons, err := RebootNeed(hostOf(t, c.files).Root)
		require.NoError(t, err, name)
		require.Equal(t, c.want, reasons, name)
		require.Equal(t, len(c.want) > 0, needed, name)
	}
}

func TestServicesToRestart(t *testing.T) {
	const deleted = "7f00-7f10 r-xp 00000000 fd:00 12   /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n"
	h := hostOf(t, map[string]string{
		"proc/10/maps":   deleted,
		"proc/10/cgroup": "0::/system.slice/nginx.service\n",
		"proc/11/maps":   deleted,
		"proc/11/cgroup": "1:name=systemd:/system.slice/ssh.service\n0::/\n",
		"proc/12/maps":   deleted,
		"proc/12/cgroup": "0::/user.slice/user-0.slice/session-1.scope\n",
		"proc/13/maps":   deleted,
		"proc/13/cgroup": "0::/\n",
		"proc/13/comm":   "redis-server\n",
		"proc/14/maps":   "7f00-7f10 r--p 00000000 fd:00 12   /usr/lib/libssl.so.3 (deleted)\n7f00-7f10 rwxp 0 00:01 9 /memfd:jit (deleted)\n",
		"proc/14/cgroup": "0::/system.slice/quiet.service\n",
		"proc/15/maps":   "7f00-7f10 r-xp 00000000 fd:00 12   /usr/lib/libssl.so.3\n",
		"proc/1/maps":    deleted,
		"proc/1/cgroup":  "0::/init.scope\n",
		"proc/meminfo":   "",
	})
	require.Equal(t, []string{"nginx.service", "redis-server", "ssh.service", "systemd"}, h.ServicesToRestart())
}

func TestVirtualization(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"none":           nil,
		"docker":         {".dockerenv": ""},
		"podman":         {"run/.containerenv": ""},
		"systemd-nspawn": {"run/systemd/container": "systemd-nspawn\n"},
		"lxc":            {"proc/1/environ": "PATH=/bin\x00container=lxc\x00"},
		"kvm":            {"sys/class/dmi/id/sys_vendor": "QEMU\n"},
		"microsoft":      {"sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n", "sys/class/dmi/id/product_name": "Virtual Machine\n"},
		"vm":             {"proc/cpuinfo": "flags : fpu hypervisor lm\n"},
	} {
		require.Equal(t, want, hostOf(t, files).Virtualization())
	}
}

func FuzzParseOSRelease(f *testing.F) {
	f.Add("ID=debian\nPRETTY_NAME=\"a \\\"b\\\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name := range parseOSRelease(text) {
			require.NotEmpty(t, name)
		}
	})
}

func FuzzProcFiles(f *testing.F) {
	f.Add("1 (a) S 1 2", "0::/system.slice/x.service", "7f00-7f10 r-xp 0 fd:00 1 /usr/bin/x (deleted)", "6.1.0-40-amd64")
	f.Fuzz(func(t *testing.T, stat, cgroup, maps, release string) {
		require.GreaterOrEqual(t, startTicks(stat), int64(0))
		unitOf(cgroup)
		deletedCode(maps)
		require.LessOrEqual(t, len(flavour(release)), len(release))
		hostsName(stat, cgroup)
	})
}
