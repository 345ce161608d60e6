// Command patch-agent is the agent of one host.
//
//	patch-agent enroll URL --ca-fingerprint sha256:…   once
//	patch-agent run                                    from systemd or in the foreground
//	patch-agent status                                 what is wrong here?
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"patchmanager/internal/agent"
	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agent/task"
	"patchmanager/internal/version"
)

// Exit codes that scripts can rely on.
const (
	exitFailed      = 1 // something went wrong; standard error says what
	exitUsage       = 2 // the command line or the configuration is wrong
	exitNotEnrolled = 3
	exitDenied      = 4 // the manager refused this host
	exitDistrust    = 5 // the server is not the manager that was meant
	exitPending     = 6 // nobody has decided about the enrollment yet
	exitDegraded    = 7 // status: enrolled, but something is wrong
)

type cli struct {
	Config string `short:"c" type:"path" placeholder:"FILE" help:"Configuration file. Default: /etc/patch-agent/config.toml, if it exists."`

	Run     runCmd     `cmd:"" help:"Work for the manager, in the foreground, until told to stop."`
	Enroll  enrollCmd  `cmd:"" help:"Ask a manager to take this host on."`
	Status  statusCmd  `cmd:"" help:"Say what this agent is doing and what is wrong."`
	Version versionCmd `cmd:"" help:"Show the version."`
	ToolRun toolRunCmd `cmd:"" hidden:"" help:"Supervise one package tool; started by the agent itself."`
}

// environment is what commands get besides their flags.
type environment struct {
	ctx      context.Context
	settings func() (agent.Settings, error)
}

// usageError is a mistake of the caller.
type usageError struct{ error }

func main() {
	var c cli
	parser := kong.Must(&c, kong.Name("patch-agent"), kong.UsageOnError(),
		kong.Description("The agent of Linux Patch Manager: carries out what one manager orders, and nothing else."))
	parsed, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "patch-agent: %v\nTry: patch-agent --help\n", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err = parsed.Run(&environment{ctx: ctx, settings: func() (agent.Settings, error) {
		s, err := agent.LoadSettings(c.Config)
		if err != nil {
			return s, usageError{err}
		}
		return s, nil
	}})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "patch-agent:", err)
		os.Exit(exitCode(err))
	}
}

func exitCode(err error) int {
	var exit exitError
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, new(usageError)):
		return exitUsage
	case errors.Is(err, identity.ErrNotEnrolled):
		return exitNotEnrolled
	case errors.As(err, new(*identity.DeniedError)):
		return exitDenied
	case errors.As(err, new(*identity.FingerprintError)), errors.As(err, new(*identity.CertificateError)):
		return exitDistrust
	case errors.Is(err, identity.ErrPending):
		return exitPending
	}
	return exitFailed
}

// exitError carries its own exit code.
type exitError struct {
	code int
	text string
}

// Error implements error.
func (e exitError) Error() string { return e.text }

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	_, err := fmt.Println("patch-agent", version.String())
	return err
}

type toolRunCmd struct {
	Spec string `arg:"" help:"The tool-N.json of a job."`
}

// Run is the supervisor of one package tool.
func (c toolRunCmd) Run() error {
	if code := task.RunTool(c.Spec); code != 0 {
		os.Exit(code)
	}
	return nil
}
