package pkgmgr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// The locks of the two tools, as advisory record locks on these files.
const (
	frontendLock = "/var/lib/dpkg/lock-frontend"
	dpkgLock     = "/var/lib/dpkg/lock"
	listsLock    = "/var/lib/apt/lists/lock"
	archivesLock = "/var/cache/apt/archives/lock"
)

// Busy implements [Manager]. apt-get update does not wait for its lock, so
// whoever wants to refresh has to ask here first.
func (a *APT) Busy(_ context.Context) (string, error) {
	for _, lock := range []string{frontendLock, dpkgLock, listsLock, archivesLock} {
		holder, err := a.lockHolder(lock)
		if err != nil || holder != "" {
			return holder, err
		}
	}
	return "", nil
}

// lockHolder names the process that holds a lock, without touching the lock.
func (a *APT) lockHolder(file string) (string, error) {
	f, err := os.Open(a.host.Path(file))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look at package lock: %w", err)
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil {
		return "", fmt.Errorf("look at package lock: %w", err)
	}
	if lock.Type == unix.F_UNLCK {
		return "", nil
	}
	return processName(int(lock.Pid)), nil
}

// processName describes a process of this machine. The kernel answers with a
// number of the caller's own PID namespace, or 0 for a process outside it.
func processName(pid int) string {
	if pid <= 0 {
		return "another process"
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("%s (process %d)", strings.TrimSpace(string(comm)), pid)
}
