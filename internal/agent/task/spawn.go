package task

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// spawner starts supervisors. command is the agent's own binary with its hidden
// subcommand; the name of the spec file is added.
type spawner struct {
	command []string
	// systemd starts them as transient units: stopping or restarting the
	// agent's unit then never reaches them, whatever its KillMode.
	systemd bool
}

// underSystemd reports whether this process is a unit of a running systemd.
func underSystemd() bool {
	return os.Getenv("INVOCATION_ID") != "" && exists("/run/systemd/system")
}

// start starts a supervisor and returns a channel that is closed when there is
// certainly none any more; nil when that cannot be known.
func (s spawner) start(ctx context.Context, files toolFiles, unit string) (<-chan struct{}, error) {
	if s.systemd {
		return nil, s.startUnit(ctx, files, unit)
	}
	cmd := exec.Command(s.command[0], append(s.command[1:len(s.command):len(s.command)], files.spec())...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	log, err := openAppend(files.log())
	if err != nil {
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	cmd.Stderr = log // it speaks only when it cannot do its work
	err = cmd.Start()
	if err := errors.Join(err, log.Close()); err != nil {
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		cmd.Wait() //nolint:errcheck // tool-N.exit tells how the tool ended; this only reaps the supervisor
	}()
	return gone, nil
}

// startUnit: on shutdown systemd tells only the supervisor (mixed), which lets
// a transaction finish, and waits for it up to half an hour.
func (s spawner) startUnit(ctx context.Context, files toolFiles, unit string) error {
	args := []string{"--unit=" + unit, "--collect", "--quiet", "-p", "KillMode=mixed", "-p", "TimeoutStopSec=1800", "--"}
	args = append(append(args, s.command...), files.spec())
	out, err := exec.CommandContext(ctx, "systemd-run", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("start %s of %s: %w: %s", unit, filepath.Base(files.base), err, out)
	}
	return nil
}
