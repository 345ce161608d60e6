// Command patch-manager is the manager of Linux Patch Manager: web interface,
// API and background work, and the commands of whoever has the console.
//
// Exit codes: 0 all went well, 1 it did not, 2 the command line was wrong,
// 78 the configuration was wrong.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"patchmanager/internal/config"
)

const (
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h
)

// cli is the command line.
type cli struct {
	Config string `short:"c" placeholder:"FILE" help:"Configuration file. Default: ${default_config}, if there is one."`
	Data   string `placeholder:"DIR" help:"Data directory, in place of data.dir of the configuration."`

	Serve   serveCmd   `cmd:"" help:"Run everything in one process, with a private PostgreSQL when no database is configured."`
	Web     webCmd     `cmd:"" help:"Run only the listener: interface, API, enrollment."`
	Worker  workerCmd  `cmd:"" help:"Run only the background work: polling, jobs, schedules."`
	Migrate migrateCmd `cmd:"" help:"Bring the database schema to the version of this program."`
	Conf    configCmd  `cmd:"" name:"config" help:"Look at the configuration."`
	Audit   auditCmd   `cmd:"" help:"Verify and export the audit trail."`
	Admin   adminCmd   `cmd:"" help:"What the person at the console may need."`
	OpenAPI openapiCmd `cmd:"" name:"openapi" help:"Print the description of the API."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	var c cli
	parser := kong.Must(&c, kong.Name("patch-manager"), kong.UsageOnError(),
		kong.Description("Linux Patch Manager: patch a fleet of Linux machines, and prove that you did."),
		kong.Vars{"default_config": config.DefaultPath})
	run, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "patch-manager: %v\nTry: patch-manager --help\n", err)
		os.Exit(exitUsage)
	}
	if err := run.Run(&c); err != nil {
		os.Exit(report(err))
	}
}

// report tells a person what went wrong and chooses the exit code.
func report(err error) int {
	var unusable usageError
	if errors.As(err, &unusable) {
		fmt.Fprintf(os.Stderr, "patch-manager: %v\n", err)
		return exitUsage
	}
	var problems config.Problems
	if errors.As(err, &problems) {
		fmt.Fprintf(os.Stderr, "patch-manager: the configuration has %d problem(s):\n%v\n", len(problems), problems)
		return exitConfig
	}
	fmt.Fprintf(os.Stderr, "patch-manager: %v\n", err)
	return exitFailed
}

// load reads the configuration; --data wins over everything else.
func (c *cli) load() (config.Config, error) {
	environ := os.Environ()
	if c.Data != "" {
		environ = append(environ, "PATCH_MANAGER__DATA__DIR="+c.Data)
	}
	return config.Load(c.Config, environ)
}
