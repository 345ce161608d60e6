package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"patchmanager/internal/app"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Verify an export, without server, database or network. Exit code 0: intact, 1: broken, 2: not readable."`
	Export auditExportCmd `cmd:"" help:"Export the audit trail."`
	Key    auditKeyCmd    `cmd:"" help:"Print the public key that verifies exports and checkpoints."`
}

// usageError ends with exit code 2: nothing was found out.
type usageError struct{ error }

// errBroken ends with exit code 1.
var errBroken = errors.New("the export is BROKEN")

type auditVerifyCmd struct {
	File string `arg:"" help:"An export of the format jsonl; - for standard input."`
	Key  string `required:"" placeholder:"KEY|FILE" help:"The public key, or a file with it, as printed by 'audit key'. Keep it where the manager's administrators cannot change it."`
}

// Run implements the command.
func (v auditVerifyCmd) Run() error {
	report, err := app.VerifyAuditExport(v.File, v.Key)
	if err != nil {
		return usageError{err}
	}
	fmt.Print(report.Text)
	if report.Broken {
		return errBroken
	}
	return nil
}

type auditExportCmd struct {
	Out        string    `required:"" placeholder:"FILE" help:"Where to; it must not exist."`
	Format     string    `enum:"jsonl,csv" default:"jsonl" help:"jsonl, which can be verified, or csv (default: ${default})."`
	Query      string    `name:"q" help:"Words that must all occur."`
	Action     string    `help:"Only this action, or all below it: session."`
	ActorID    string    `name:"actor-id" help:"Only what this actor did."`
	TargetKind string    `name:"target-kind" help:"Only what was done to objects of this kind."`
	TargetID   string    `name:"target-id" help:"Only what was done to this object."`
	From       time.Time `help:"At or after, as 2026-01-31T00:00:00Z."`
	To         time.Time `help:"Before."`
}

// Run implements the command.
func (e auditExportCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	n, err := app.ExportAudit(ctx, cfg, e.Out, app.AuditChoice{Format: e.Format, Query: e.Query, Action: e.Action, ActorID: e.ActorID,
		TargetKind: e.TargetKind, TargetID: e.TargetID, From: e.From, To: e.To})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d entries are in %s.\n", n, e.Out)
	return nil
}

type auditKeyCmd struct {
	New bool `help:"First make a new key, in place of one that is lost or known to others. Restart every process afterwards."`
}

// Run prints the keys alone on standard output, for scripts: the current one, then
// those of earlier days.
func (k auditKeyCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if k.New {
		if err := app.RenewAuditKey(context.Background(), cfg); err != nil {
			return err
		}
	}
	key, err := app.AuditKey(cfg)
	if err != nil {
		return err
	}
	fmt.Println(key)
	return nil
}
