package hostbed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// enter runs fn on a thread that has joined the namespaces of process pid; what
// fn starts runs there. The thread cannot be brought back and ends with fn.
func enter(pid, namespaces int, fn func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		result <- joinAnd(pid, namespaces, fn)
	}()
	return <-result
}

func joinAnd(pid, namespaces int, fn func() error) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("the host is not running: %w", err)
	}
	defer unix.Close(fd)
	// A thread that shares its working directory may not change mounts.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := unix.Setns(fd, namespaces); err != nil {
		return fmt.Errorf("enter the host: %w", err)
	}
	return fn()
}

const allNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWNET

// startInside starts a command in the host that pid is the init of. The program
// is looked up inside.
func startInside(pid int, argv []string, prepare func(*exec.Cmd) error) (*exec.Cmd, error) {
	var cmd *exec.Cmd
	err := enter(pid, allNamespaces, func() error {
		cmd = exec.Command(argv[0], argv[1:]...)
		if cmd.Err == nil && !filepath.IsAbs(cmd.Path) {
			return fmt.Errorf("%s: give an absolute path or a name on PATH", argv[0])
		}
		cmd.Dir = "/"
		cmd.Env = minimalEnv
		if err := prepare(cmd); err != nil {
			return err
		}
		return cmd.Start()
	})
	return cmd, err
}

// minimalEnv is what programs inside a host start with.
var minimalEnv = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
	"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TERM=dumb",
	"DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1", "APT_LISTCHANGES_FRONTEND=none",
}

// innerPID is the number a process has inside its own namespace.
func innerPID(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "NSpid:"); ok {
			numbers := strings.Fields(rest)
			return strconv.Atoi(numbers[len(numbers)-1])
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no NSpid", pid)
}

// outerPID finds the process that has number inner in the PID namespace that
// init lives in.
func outerPID(init, inner int) (int, error) {
	space, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", init))
	if err != nil {
		return 0, err
	}
	all, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, e := range all {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err != nil || ns != space {
			continue
		}
		if n, err := innerPID(pid); err == nil && n == inner {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("no process %d inside the host", inner)
}
