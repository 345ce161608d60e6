package hostbed

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
)

// Attach runs a command inside with this process's own standard streams, and
// returns its exit code.
func (h *Host) Attach(argv, env []string) (int, error) {
	pid, err := h.pid()
	if err != nil {
		return 0, err
	}
	cmd, err := startInside(pid, argv, func(cmd *exec.Cmd) error {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.Env = append(slices.Clone(minimalEnv), env...)
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := waitExit(cmd); err != nil {
		return 0, err
	}
	if st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && st.Signaled() {
		return 128 + int(st.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// Service starts a program inside that goes on when this process ends, and
// starts again at every boot of the host. Its output goes to logfile below Dir.
// The same command is not started twice in one boot.
func (h *Host) Service(argv []string, logfile string) error {
	list, err := h.readServices()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(o service) bool { return slices.Equal(o.Argv, argv) }) {
		return nil
	}
	// The parent of the service must be a process of the host: only then does
	// the host's own init inherit it, and reap it, when the parent ends.
	first := service{Argv: append([]string{"setsid", "--fork"}, argv...), Log: h.path(logfile)}
	p, err := h.start(first)
	if err != nil {
		return err
	}
	if st := p.Wait(); !st.Success() {
		return fmt.Errorf("start %s: %s, see %s", argv[0], st, first.Log)
	}
	return h.addService(service{Argv: argv, Log: first.Log})
}

// CopyFile copies a file of this machine into the host, mode included.
func (h *Host) CopyFile(from, to string) error { return h.copyIn(from, to) }
