package hostbed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"patchmanager/internal/agent/pkgmgr"
)

// Run makes a host a [pkgmgr.Runner]: the command runs inside it, with the
// minimal environment of the agent's own runner. The end of ctx or the timeout
// kills its process group.
func (h *Host) Run(ctx context.Context, c pkgmgr.Command) (pkgmgr.Result, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	pid, err := h.pid()
	if err != nil {
		return pkgmgr.Result{}, err
	}
	var out, words bytes.Buffer
	status, err := h.statusFile(c.StatusFD)
	if err != nil {
		return pkgmgr.Result{}, err
	}
	defer closeAll(status)
	cmd, err := startInside(pid, c.Args, func(cmd *exec.Cmd) error {
		cmd.Env = append(slices.Clone(minimalEnv), c.Env...)
		cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &out, &words, status
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return nil
	})
	if err != nil {
		return pkgmgr.Result{}, fmt.Errorf("run %s on %s: %w", c.Args[0], h.Name, err)
	}
	err = waitOrKill(ctx, cmd)
	return pkgmgr.Result{Stdout: out.Bytes(), Stderr: words.Bytes(), ExitCode: cmd.ProcessState.ExitCode()}, err
}

// waitOrKill waits for the command and kills its group when ctx ends first.
func waitOrKill(ctx context.Context, cmd *exec.Cmd) error {
	stop := context.AfterFunc(ctx, func() {
		// ESRCH: it ended by itself in this moment.
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	})
	defer stop()
	err := waitExit(cmd)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// waitExit waits; a non-zero exit code is no error.
func waitExit(cmd *exec.Cmd) error {
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// statusFile opens what becomes descriptor 3 of a command that asks for it.
func (h *Host) statusFile(wanted bool) ([]*os.File, error) {
	if !wanted {
		return nil, nil
	}
	f, err := os.Create(h.path("status.log"))
	return []*os.File{f}, err
}

// Status is what the last command with StatusFD wrote to descriptor 3.
func (h *Host) Status() ([]byte, error) { return os.ReadFile(h.path("status.log")) }

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// output runs a command that must succeed and returns what it printed.
func (h *Host) output(ctx context.Context, argv ...string) (string, error) {
	r, err := h.Run(ctx, pkgmgr.Command{Args: argv})
	if err == nil && r.ExitCode != 0 {
		err = fmt.Errorf("exit code %d", r.ExitCode)
	}
	if err != nil {
		return "", fmt.Errorf("%s on %s: %w\n%s%s", strings.Join(argv, " "), h.Name, err, tail(r.Stdout, 4000), tail(r.Stderr, 4000))
	}
	return string(r.Stdout), nil
}

// Exec runs a command inside that must succeed and returns its standard output.
func (h *Host) Exec(tb testing.TB, argv ...string) string {
	tb.Helper()
	out, err := h.output(tb.Context(), argv...)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// CopyIn copies a file of this machine into the host, mode included.
func (h *Host) CopyIn(tb testing.TB, from, to string) {
	tb.Helper()
	if err := h.copyIn(from, to); err != nil {
		tb.Fatalf("copy %s to %s: %v", from, h.Name, err)
	}
}

// copyIn writes beside the target and renames: a running program may be replaced.
func (h *Host) copyIn(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	target := filepath.Join(h.Root, to)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(target+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(target+".new", target)
}

// Process is a program that Start started.
type Process struct {
	// PID is its number on this machine, Inner the one inside the host.
	PID, Inner int
	// Log is the file, on this machine, that it writes to.
	Log string

	cmd  *exec.Cmd
	done chan struct{}
}

// Wait returns when the process has ended.
func (p *Process) Wait() *os.ProcessState {
	<-p.done
	return p.cmd.ProcessState
}

// Start starts a long-running program inside, its output going to logfile below
// Dir. It ends with the host; every reboot starts it again, as a service.
func (h *Host) Start(tb testing.TB, argv []string, logfile string) *Process {
	tb.Helper()
	p, err := h.start(service{Argv: argv, Log: h.path(logfile)})
	if err != nil {
		tb.Fatalf("start %s on %s: %v", argv[0], h.Name, err)
	}
	if err := h.addService(service{Argv: argv, Log: p.Log}); err != nil {
		tb.Fatal(err)
	}
	return p
}

func (h *Host) addService(s service) error {
	list, err := h.readServices()
	if err != nil {
		return err
	}
	return writeJSON(h.path("services.json"), append(list, s))
}

func (h *Host) readServices() ([]service, error) {
	var list []service
	b, err := os.ReadFile(h.path("services.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(b, &list)
}

// Restart starts a program again that was started before and has ended.
func (h *Host) Restart(tb testing.TB, p *Process) *Process {
	tb.Helper()
	again, err := h.start(service{Argv: p.cmd.Args, Log: p.Log})
	if err != nil {
		tb.Fatalf("restart %s on %s: %v", p.cmd.Args[0], h.Name, err)
	}
	return again
}

func (h *Host) start(s service) (*Process, error) {
	pid, err := h.pid()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd, err := startInside(pid, s.Argv, func(cmd *exec.Cmd) error {
		cmd.Stdout, cmd.Stderr = log, log
		cmd.Env = append(slices.Clone(minimalEnv), s.Env...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return nil
	})
	if err != nil {
		return nil, err
	}
	inner, err := innerPID(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	p := &Process{PID: cmd.Process.Pid, Inner: inner, Log: s.Log, cmd: cmd, done: make(chan struct{})}
	go func() {
		// How it ended is in ProcessState.
		_ = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Kill9 kills the process that has this number inside the host.
func (h *Host) Kill9(inner int) error {
	init, err := h.pid()
	if err != nil {
		return err
	}
	pid, err := outerPID(init, inner)
	if err != nil {
		return err
	}
	return unix.Kill(pid, unix.SIGKILL)
}

// Reboot ends every process at once, as a power cut does, and boots again.
func (h *Host) Reboot() error { return h.ask(request{Cmd: "reboot"}) }
