package hostbed

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// request and answer are the lines of the control socket, see bedinit.
type request struct {
	Cmd  string `json:"cmd"`
	Repo string `json:"repo,omitempty"`
	Fault
}

type answer struct {
	PID   int    `json:"pid"`
	Error string `json:"error"`
}

// control is our end of the socket pair to a host's supervisor. Closing it, or
// ending in whatever way, ends the host.
type control struct {
	file *os.File
	in   *bufio.Reader
}

func (h *Host) ask(r request) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.control == nil {
		return fmt.Errorf("%s was started by another process: it takes no orders from here", h.Name)
	}
	if err := json.NewEncoder(h.control.file).Encode(r); err != nil {
		return err
	}
	line, err := h.control.in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the host's supervisor ended: %w", err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return err
	}
	if a.Error != "" {
		return errors.New(a.Error)
	}
	return nil
}

// supervise starts the supervisor in mount and network namespaces of its own.
func (h *Host) supervise() error {
	ours, theirs, err := socketPair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	log, err := os.OpenFile(h.path("console.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return errors.Join(err, ours.Close())
	}
	defer log.Close()
	cmd := exec.Command(h.bases.init, "supervise", h.path("config.json"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = append([]*os.File{theirs}, h.heldFiles()...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start a host (this needs root): %w", err), ours.Close())
	}
	h.control = &control{ours, bufio.NewReader(ours)}
	h.supervisor, h.exited = cmd.Process, make(chan struct{})
	go func() {
		// The supervisor's words are in its console log.
		_ = cmd.Wait()
		close(h.exited)
	}()
	return os.WriteFile(h.path("supervisor.pid"), []byte(processStamp(cmd.Process.Pid)), 0o644)
}

// heldFiles are handed to a detached host so that they stay open, and with them
// the lock on its network, for as long as it lives.
func (h *Host) heldFiles() []*os.File {
	if h.detached && h.net != nil {
		return []*os.File{h.net.lock}
	}
	return nil
}

func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control"), nil
}

// stop ends the host and everything in it, and returns when all is gone.
func (h *Host) stop() error {
	if h.supervisor == nil {
		return nil
	}
	gone := watchInit(h)
	if err := h.supervisor.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-h.exited
	gone()
	h.supervisor = nil
	return h.control.file.Close()
}

// watchInit returns a wait for the end of the host's first process, which the
// kernel lets end last.
func watchInit(h *Host) (wait func()) {
	pid, err := h.pid()
	if err != nil {
		return func() {} // it never booted
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return func() {} // it is gone
	}
	return func() {
		defer unix.Close(fd)
		waitPidfd(fd)
	}
}

func waitPidfd(fd int) {
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
