package pkgmgr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// maxOutput bounds each output stream of one command, so that a tool gone
// wild cannot take the host's memory. The longest real answer (the policy of
// 5,000 packages) has about 3 MiB.
const maxOutput = 64 << 20

// killDelay is how long a cancelled command may take to end on SIGTERM before
// it is killed. Only questions are cancelled, never a transaction.
const killDelay = 5 * time.Second

// ErrOutputTooLong reports that a command wrote more than the runner keeps.
var ErrOutputTooLong = errors.New("output too long")

// toolPath is where tools are looked for, whatever the PATH of the agent is.
const toolPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Env is the whole environment a command runs in: nothing is inherited, so
// that the answer does not depend on who started the agent, and nothing in it
// can ask a person anything.
func Env(c Command) []string {
	return append([]string{
		"PATH=" + toolPath,
		"HOME=/root",
		"LANG=C.UTF-8",
		"LC_ALL=C.UTF-8",
		"DEBIAN_FRONTEND=noninteractive",
		"DEBIAN_PRIORITY=critical",
		"APT_LISTCHANGES_FRONTEND=none",
		"APT_LISTBUGS_FRONTEND=none",
		"NEEDRESTART_SUSPEND=1",
		"UCF_FORCE_CONFFOLD=1",
	}, c.Env...)
}

// ExecRunner runs commands on this machine. The zero value is ready.
type ExecRunner struct{}

// Run implements [Runner]. The command reads nothing, runs in / and is asked to
// end when ctx does.
func (ExecRunner) Run(ctx context.Context, c Command) (Result, error) {
	if len(c.Args) == 0 {
		return Result{}, errors.New("run: no command")
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	var stdout, stderr limitedBuffer
	err := newCmd(ctx, c, &stdout, &stderr).Run()
	if stdout.cut || stderr.cut {
		return Result{}, fmt.Errorf("run %s: %w", c.Args[0], ErrOutputTooLong)
	}
	return outcome(ctx, c.Args[0], Result{Stdout: stdout.data, Stderr: stderr.data}, err)
}

func newCmd(ctx context.Context, c Command, stdout, stderr *limitedBuffer) *exec.Cmd {
	cmd := exec.CommandContext(ctx, lookPath(c.Args[0]), c.Args[1:]...)
	cmd.Env = Env(c)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	return cmd
}

// lookPath finds a tool on toolPath; a name found nowhere stays as it is and
// fails with the system's own words.
func lookPath(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for dir := range strings.SplitSeq(toolPath, ":") {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file
		}
	}
	return name
}

// outcome separates a tool that answered (any exit code) from one that could
// not be run or was stopped.
func outcome(ctx context.Context, name string, r Result, err error) (Result, error) {
	if err == nil {
		return r, nil
	}
	if ctx.Err() != nil {
		return r, fmt.Errorf("run %s: %w", name, context.Cause(ctx))
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || !exit.Exited() {
		return r, fmt.Errorf("run %s: %w", name, err)
	}
	r.ExitCode = exit.ExitCode()
	return r, nil
}

// limitedBuffer keeps what fits and remembers that something did not. It never
// fails a write: a broken pipe would change what the tool does.
type limitedBuffer struct {
	data []byte
	cut  bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	room := maxOutput - len(b.data)
	if len(p) > room {
		b.cut = true
		b.data = append(b.data, p[:room]...)
		return len(p), nil
	}
	b.data = append(b.data, p...)
	return len(p), nil
}
