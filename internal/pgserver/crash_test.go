package pgserver_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"patchmanager/internal/pgserver"
)

// cases run once as each kind of account, each in a directory of its own.
func cases(t *testing.T, run func(t *testing.T, p person, dir string)) {
	for _, p := range people(t) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			run(t, p, p.home(t))
		})
	}
}

// awaitEnd returns when a process that is not our child has ended.
func awaitEnd(t *testing.T, pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	require.NoError(t, err)
	defer unix.Close(fd)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		if err != unix.EINTR {
			require.NoError(t, err)
			return
		}
	}
}

func kill(t *testing.T, pids ...int) {
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != syscall.ESRCH {
			require.NoError(t, err)
		}
	}
}

const recovered = "not properly shut down"

func TestAStopAndAStartKeepTheRows(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		require.Equal(t, 1, p.once(t, dir).rows)
		again := p.once(t, dir)
		require.Equal(t, 2, again.rows)
		require.NotContains(t, again.logged(t), recovered)
	})
}

func TestAKilledManagerTakesTheServerDownCleanly(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		m := p.start(t, dir)
		kill(t, m.cmd.Process.Pid)
		awaitEnd(t, m.pid)
		require.NoFileExists(t, filepath.Join(dir, "data", "postmaster.pid"))
		again := p.once(t, dir)
		require.Equal(t, 2, again.rows)
		require.NotContains(t, again.logged(t), recovered)
	})
}

func TestAKilledServerIsNoticedAndRecovers(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		m := p.start(t, dir)
		kill(t, m.pid)
		line, err := m.out.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "ended\n", line)
		again := p.once(t, dir)
		require.Equal(t, 2, again.rows)
		require.Contains(t, again.logged(t), recovered)
	})
}

func TestEverythingKilledAtOnceLosesNoRow(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		m := p.start(t, dir)
		pids := append([]int{m.cmd.Process.Pid, m.pid}, children(t, m.pid)...)
		require.Greater(t, len(pids), 2)
		kill(t, pids...)
		require.Equal(t, 2, p.once(t, dir).rows)
	})
}

func children(t *testing.T, pid int) []int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	require.NoError(t, err)
	var pids []int
	for _, f := range strings.Fields(string(b)) {
		n, err := strconv.Atoi(f)
		require.NoError(t, err)
		pids = append(pids, n)
	}
	return pids
}

// PostgreSQL alone refuses this start: the number in its lock file is alive.
func TestAStaleLockFileThatNamesAForeignProcess(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		p.once(t, dir)
		bystander := p.bystander(t, "/")
		text := fmt.Sprintf("%d\n%s/data\n1700000000\n5432\n%s/run\n\n  111111 0\nready   \n", bystander.Process.Pid, dir, dir)
		lock := filepath.Join(dir, "data", "postmaster.pid")
		require.NoError(t, os.WriteFile(lock, []byte(text), 0o600))
		if c := p.owner(t); c != nil {
			require.NoError(t, os.Chown(lock, int(c.Uid), int(c.Gid)))
		}
		require.Equal(t, 2, p.once(t, dir).rows)
		require.NoError(t, bystander.Process.Signal(syscall.Signal(0)), "it was none of our business")
	})
}

// Somebody's shell in the data directory is not a server of an earlier run.
func TestAProcessThatOnlyStandsInTheDataDirectoryIsLeftAlone(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		p.once(t, dir)
		bystander := p.bystander(t, filepath.Join(dir, "data"))
		require.Equal(t, 2, p.once(t, dir).rows)
		require.NoError(t, bystander.Process.Signal(syscall.Signal(0)))
	})
}

// bystander runs as the server's account until the test ends.
func (p person) bystander(t *testing.T, in string) *exec.Cmd {
	cmd := exec.Command("cat") // waits for the end of its input
	cmd.Dir = in
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner(t)}
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, stdin.Close())
		require.NoError(t, cmd.Wait())
	})
	return cmd
}

func TestAServerLeftByAnEarlierRunIsStopped(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		p.once(t, dir)
		orphan := p.orphan(t, dir)
		require.Equal(t, 2, p.once(t, dir).rows)
		require.NoError(t, orphan.Wait(), "a fast shutdown is a clean one")
	})
}

// orphan is a server that nobody watches, as after a crash of a manager
// whose kernel did not deliver the signal.
func (p person) orphan(t *testing.T, dir string) *exec.Cmd {
	bin, err := pgserver.FindBin(0)
	require.NoError(t, err)
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", dir+"/data", "-k", dir+"/run", "-c", "listen_addresses=")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner(t)}
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // ended long ago unless the test failed
	in := bufio.NewScanner(stderr)
	for in.Scan() {
		if strings.Contains(in.Text(), "ready to accept connections") {
			return cmd
		}
	}
	require.FailNow(t, "the orphan did not start")
	return nil
}

func TestASecondManagerIsRefused(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		first := p.start(t, dir)
		second, line := p.launch(t, dir)
		require.Contains(t, line, "in use by another running manager")
		require.Error(t, second.cmd.Wait())
		require.NoError(t, first.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, first.cmd.Wait(), "the first one went on undisturbed")
	})
}

// The programs are the real ones; initdb is killed when half of its work is done.
func TestAFirstStartKilledHalfWayIsDoneAgain(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		bin, err := pgserver.FindBin(0)
		require.NoError(t, err)
		fake := openDir(t)
		require.NoError(t, os.Symlink(filepath.Join(bin, "postgres"), filepath.Join(fake, "postgres")))
		script := "#!/bin/sh\n" + bin + "/initdb \"$@\" &\nuntil [ -d \"$2/base/1\" ]; do :; done\nkill -9 $! $$\n"
		require.NoError(t, os.WriteFile(filepath.Join(fake, "initdb"), []byte(script), 0o755))
		m, line := p.launch(t, dir, envBin+"="+fake)
		require.Contains(t, line, "make database: signal: killed")
		require.Error(t, m.cmd.Wait())
		require.DirExists(t, filepath.Join(dir, "data.init", "base"))
		require.NoDirExists(t, filepath.Join(dir, "data"))
		require.Equal(t, 1, p.once(t, dir).rows)
	})
}

// The admin commands run as root beside a manager that does not.
func TestRootOpensWhatAnotherAccountMade(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("needs root")
		return
	}
	root, nobody := person{name: "root"}, person{name: "nobody", cred: account(t, "nobody")}
	dir := nobody.home(t)
	m := nobody.start(t, dir)
	conn, err := pgx.Connect(t.Context(), pgserver.URL(dir))
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	require.NoError(t, m.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, m.cmd.Wait())

	require.Equal(t, 2, root.once(t, dir).rows)
	require.Equal(t, 3, nobody.once(t, dir).rows, "root left nothing behind that keeps the owner out")
}
