package task

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/clock"
)

// ToolCommand is the hidden subcommand of the agent that runs [RunTool].
const ToolCommand = "tool-run"

// killAfter is how long a tool that was told to stop may take to tidy up.
const killAfter = 10 * time.Second

// RunTool is the supervisor: a process between agent and package tool that
// needs nothing of the agent once it runs. It leaves the agent's session,
// claims the tool, runs it with files for output, and writes down how it ended.
// It returns the exit code for the process.
func RunTool(spec string) int {
	if err := supervise(filesOfSpec(spec)); err != nil {
		fmt.Fprintf(os.Stderr, "patch-agent %s: %v\n", ToolCommand, err)
		return 1
	}
	return 0
}

func supervise(files toolFiles) error {
	if _, err := unix.Setsid(); err != nil && !errors.Is(err, unix.EPERM) { // EPERM: leads its session already
		return fmt.Errorf("leave the session: %w", err)
	}
	stop := make(chan os.Signal, 4)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	var spec toolSpec
	if err := readJSON(files.spec(), &spec); err != nil {
		return fmt.Errorf("read the command: %w", err)
	}
	me, err := self()
	if err != nil {
		return err
	}
	first, err := files.take(toolClaim{process: me})
	if err != nil || !first { // not first: somebody decided otherwise
		return err
	}
	return writeJSON(files.exit(), runTool(files, spec, stop))
}

func runTool(files toolFiles, spec toolSpec, stop <-chan os.Signal) toolExit {
	cmd, closeFiles, err := prepare(files, spec)
	if err != nil {
		return toolExit{Code: 127, Error: err.Error()}
	}
	err = cmd.Start()
	closeFiles()
	if err != nil {
		return toolExit{Code: 127, Error: err.Error()}
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	return await(cmd.Process.Pid, spec, stop, done)
}

// prepare builds the command: no terminal, no input, output appended to the
// log, a process group of its own so that a signal reaches all it started.
func prepare(files toolFiles, spec toolSpec) (*exec.Cmd, func(), error) {
	log, err := openAppend(files.log())
	if err != nil {
		return nil, nil, err
	}
	cmd := &exec.Cmd{Env: pkgmgr.Env(pkgmgr.Command{Env: spec.Env}), Dir: "/"}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	open := []*os.File{log}
	if spec.StatusFD {
		status, err := openAppend(files.status())
		if err != nil {
			return nil, nil, errors.Join(err, log.Close())
		}
		cmd.ExtraFiles = []*os.File{status}
		open = append(open, status)
	}
	cmd.Path, cmd.Args = spec.Args[0], spec.Args
	if path, err := lookPath(spec.Args[0]); err == nil {
		cmd.Path = path
	}
	return cmd, func() {
		for _, f := range open {
			f.Close()
		}
	}, nil
}

func openAppend(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// await waits for the tool's end. Asked to stop, it passes that on to a
// stoppable tool and kills it when it does not obey in time.
func await(pid int, spec toolSpec, stop <-chan os.Signal, done <-chan error) toolExit {
	var timeout, kill <-chan time.Time
	if spec.TimeoutSeconds > 0 {
		timeout = clock.System().After(time.Duration(spec.TimeoutSeconds) * time.Second)
	}
	terminate := func() {
		unix.Kill(-pid, unix.SIGTERM) //nolint:errcheck // it may have ended just now: then done tells
		kill = clock.System().After(killAfter)
	}
	for {
		select {
		case err := <-done:
			return exitOf(err)
		case <-stop:
			if spec.Stoppable && kill == nil {
				terminate()
			}
		case <-timeout:
			terminate()
		case <-kill:
			unix.Kill(-pid, unix.SIGKILL) //nolint:errcheck // as above
		}
	}
}

func exitOf(err error) toolExit {
	if err == nil {
		return toolExit{}
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return toolExit{Code: -1, Error: err.Error()}
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return toolExit{Code: -1, Signal: unix.SignalName(status.Signal())}
	}
	return toolExit{Code: exit.ExitCode()}
}

// lookPath finds a tool on the PATH that it will see, not on the agent's.
func lookPath(name string) (string, error) {
	for _, dir := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		if path, err := exec.LookPath(dir + "/" + name); err == nil && name[0] != '/' {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}
