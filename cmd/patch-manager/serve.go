package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"patchmanager/internal/app"
	"patchmanager/internal/config"
)

type serveCmd struct{}

// Run implements the command.
func (serveCmd) Run(c *cli) error { return c.process(app.Serve) }

type webCmd struct{}

// Run implements the command.
func (webCmd) Run(c *cli) error { return c.process(app.Web) }

type workerCmd struct{}

// Run implements the command.
func (workerCmd) Run(c *cli) error { return c.process(app.Worker) }

type migrateCmd struct{}

// Run implements the command.
func (migrateCmd) Run(c *cli) error { return c.process(app.Migrate) }

// process runs until it is told to stop. The first signal asks for an orderly
// end, a second one ends the process where it stands.
func (c *cli) process(run func(context.Context, config.Config) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	app.SetUpLog(os.Stderr, cfg.Log)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, cfg)
}
