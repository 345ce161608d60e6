package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Lock is the hold on a state directory. The kernel lets go of it when the
// process ends, however it ends.
type Lock struct{ file *os.File }

// LockedError says that another agent works in the state directory.
type LockedError struct {
	StateDir string
	PID      int // 0: not known
}

// Error implements error.
func (e *LockedError) Error() string {
	return fmt.Sprintf("another agent (pid %d) works in %s; stop it first, or choose another state_dir", e.PID, e.StateDir)
}

// TakeLock takes the state directory for this process.
func TakeLock(stateDir string) (*Lock, error) {
	f, err := os.OpenFile(filepath.Join(stateDir, "agent.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state directory: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(&LockedError{StateDir: stateDir, PID: readPID(f.Name())}, f.Close())
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock state directory: %w", err), f.Close())
	}
	return &Lock{f}, nil
}

func readPID(name string) int {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// Release gives the state directory free.
func (l *Lock) Release() error { return l.file.Close() }
