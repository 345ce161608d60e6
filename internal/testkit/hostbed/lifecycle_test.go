package hostbed

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/pkgmgr"
)

func TestRebootStartsAgainWhatWasStarted(t *testing.T) {
	h := Open(t).Demo(t)
	before, err := h.BootID()
	require.NoError(t, err)
	h.Exec(t, "sh", "-c", "echo kept > /var/kept; touch /run/reboot-required")
	p := h.Start(t, []string{"/bin/sh", "-c", "cat /proc/sys/kernel/random/boot_id; sleep 1000"}, "service.log")
	require.NoError(t, h.Reboot())
	require.False(t, p.Wait().Success())

	after, err := h.BootID()
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	require.NoFileExists(t, filepath.Join(h.Root, "run/reboot-required"))
	require.FileExists(t, filepath.Join(h.Root, "var/kept"))
	require.Equal(t, after+"\n", h.Exec(t, "cat", "/proc/sys/kernel/random/boot_id"))
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(p.Log)
		return err == nil && strings.Contains(string(log), after)
	}, 10*time.Second, time.Millisecond)
}

func TestHostRebootsItself(t *testing.T) {
	h := Open(t).Demo(t)
	before, err := h.BootID()
	require.NoError(t, err)
	_, err = h.Run(t.Context(), pkgmgr.Command{Args: []string{"shutdown", "-r", "now"}})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		after, err := h.BootID()
		return err == nil && after != before
	}, 10*time.Second, time.Millisecond)
}

func TestKill9TakesTheNumberInside(t *testing.T) {
	h := Open(t).Demo(t)
	p := h.Start(t, []string{"/bin/sleep", "1000"}, "sleep.log")
	require.NotEqual(t, p.PID, p.Inner)
	require.NoError(t, h.Kill9(p.Inner))
	require.Equal(t, "signal: killed", p.Wait().String())
	require.Error(t, h.Kill9(p.Inner))
}

func TestOrphansAreReaped(t *testing.T) {
	h := Open(t).Demo(t)
	h.Exec(t, "sh", "-c", "(sh -c 'sh -c : & :' &)")
	require.Eventually(t, func() bool {
		return !strings.Contains(h.Exec(t, "sh", "-c", "cat /proc/[0-9]*/stat"), ") Z ")
	}, 10*time.Second, time.Millisecond)
}

func TestNetworkCanBeCut(t *testing.T) {
	bed := Open(t)
	h := bed.Demo(t)
	h.Start(t, []string{"/usr/bin/perl", "-MIO::Socket::INET", "-e",
		`my $s = IO::Socket::INET->new(LocalPort => 7000, Listen => 5) or die; while (my $c = $s->accept) { print $c "hello\n"; close $c }`}, "server.log")
	addr := net.JoinHostPort(h.IP, "7000")
	require.Eventually(t, func() bool { return reaches(addr) }, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, h.CutNetwork())
	require.False(t, reaches(addr))
	require.NoError(t, h.RestoreNetwork())
	require.Eventually(t, func() bool { return reaches(addr) }, 10*time.Second, 5*time.Millisecond)
}

func reaches(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, 300*time.Millisecond)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

func TestBrokenRepositories(t *testing.T) {
	h := Open(t).Demo(t)
	update := []string{"apt-get", "update", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=0"}
	get := []string{"apt-get", "-y", "--download-only", "-o", "Acquire::Retries=0", "install", "demo-n1"}
	for name, c := range map[string]struct {
		fault Fault
		run   []string
		says  string
	}{
		"dead":      {Fault{Kind: FaultDead}, update, "Connection refused"},
		"missing":   {Fault{Kind: FaultMissing, Prefix: "/demo/pool/"}, get, "404"},
		"signature": {Fault{Kind: FaultBadSignature}, update, "BADSIG"},
		"corrupt":   {Fault{Kind: FaultCorrupt}, get, "Hash Sum mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			h.Exec(t, "apt-get", "clean")
			h.Break(t, RepoDemo, c.fault)
			r, err := h.Run(t.Context(), pkgmgr.Command{Args: c.run})
			require.NoError(t, err)
			require.Equal(t, 100, r.ExitCode)
			require.Contains(t, string(r.Stdout)+string(r.Stderr), c.says)
			h.Mend(t, RepoDemo)
			h.Exec(t, c.run...)
		})
	}
}

func TestSmallDirFillsUp(t *testing.T) {
	h := Open(t).Demo(t, SmallDir("/var/cache/apt", 8*1024), KernelRelease("6.1.0-99-amd64"))
	r, err := h.Run(t.Context(), pkgmgr.Command{Args: []string{"apt-get", "-y", "install", "demo-big"}})
	require.NoError(t, err)
	require.Equal(t, 100, r.ExitCode)
	require.Contains(t, string(r.Stderr), "enough free space")
	require.Equal(t, "6.1.0-99-amd64\n", h.Exec(t, "cat", "/proc/sys/kernel/osrelease"))
}

func TestOldVersionsCanStillBeFetched(t *testing.T) {
	h := Open(t).Debian(t)
	before := h.Exec(t, "dpkg-query", "-W")
	h.Exec(t, "apt-get", "-q", "-y", "install", "jq")
	require.NotEqual(t, before, h.Exec(t, "dpkg-query", "-W"))
	var old []string
	for line := range strings.Lines(before) {
		if name, version, _ := strings.Cut(strings.TrimSpace(line), "\t"); strings.Contains(name, "jq") {
			old = append(old, name+"="+version)
		}
	}
	h.Exec(t, append([]string{"apt-get", "-q", "-y", "--allow-downgrades", "install"}, old...)...)
	require.Equal(t, before, h.Exec(t, "dpkg-query", "-W"))
}

func TestDiscardLeavesNothing(t *testing.T) {
	bed := Open(t)
	var h *Host
	t.Run("host", func(t *testing.T) { h = bed.Demo(t) })
	require.NoDirExists(t, h.dir)
	require.NoDirExists(t, "/sys/class/net/"+h.link())
}

// TestOwnerKilled kills a process that owns a bed and a host, and looks for
// what it left.
func TestOwnerKilled(t *testing.T) {
	owner := exec.Command(os.Args[0], "-test.run=^TestOwnerToKill$")
	owner.Env = append(os.Environ(), "HOSTBED_OWNER=1")
	out, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	f := strings.Fields(said)
	require.Len(t, f, 4, said)
	pid, link, bridge, dir := f[0], f[1], f[2], f[3]
	require.DirExists(t, dir)

	require.NoError(t, owner.Process.Kill())
	require.Error(t, owner.Wait())
	require.Eventually(t, func() bool { return !exists("/proc/"+pid) && !exists("/sys/class/net/"+link) }, 10*time.Second, time.Millisecond)
	require.NoError(t, sweep())
	require.NoDirExists(t, dir)
	require.NoDirExists(t, "/sys/class/net/"+bridge)
}

// TestOwnerToKill is the other process of TestOwnerKilled and nothing by itself.
func TestOwnerToKill(t *testing.T) {
	if os.Getenv("HOSTBED_OWNER") == "" {
		return
	}
	h := Open(t).Demo(t)
	pid, err := h.pid()
	require.NoError(t, err)
	fmt.Println(pid, h.link(), h.net.bridge(), filepath.Dir(h.dir))
	<-t.Context().Done() // until killed
}
