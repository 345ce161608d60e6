package hostbed

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// supervisorPID is 0 when the host is not running.
func (h *Host) supervisorPID() int {
	stamp, err := os.ReadFile(h.path("supervisor.pid"))
	if err != nil {
		return 0
	}
	number, _, _ := strings.Cut(string(stamp), " ")
	pid, err := strconv.Atoi(number)
	if err != nil || processStamp(pid) != string(stamp) {
		return 0
	}
	return pid
}

// stopDetached asks the supervisor to power off and waits for its end.
func (h *Host) stopDetached() error {
	pid := h.supervisorPID()
	if pid == 0 {
		return nil
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil //nolint:nilerr // it ended in this moment
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGTERM, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	waitPidfd(fd)
	return nil
}
