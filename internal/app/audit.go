package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/clock"
	"patchmanager/internal/config"
	"patchmanager/internal/db"
)

// AuditReport is what an export proves, for the console.
type AuditReport struct {
	Text   string
	Broken bool
}

// VerifyAuditExport checks an export against a public key, which is given as
// such or as the name of a file with it.
func VerifyAuditExport(path, key string) (AuditReport, error) {
	if text, err := os.ReadFile(key); err == nil {
		key = string(text)
	} else if !strings.Contains(key, "+") {
		return AuditReport{}, fmt.Errorf("--key is neither a public audit key nor a file that can be read: %w", err)
	}
	known, err := audit.ParseVerifierKeys(key)
	if err != nil {
		return AuditReport{}, err
	}
	in := os.Stdin
	if path != "-" {
		if in, err = os.Open(path); err != nil {
			return AuditReport{}, err
		}
		defer in.Close()
	}
	rep, err := audit.VerifyExport(in, known)
	if err != nil {
		return AuditReport{}, err
	}
	return AuditReport{Text: auditText(rep), Broken: rep.Break != nil}, nil
}

// auditText says in words what was found.
func auditText(r audit.ExportReport) string {
	if b := r.Break; b != nil {
		return fmt.Sprintf("BROKEN at line %d: %s.\n%d entries before it hold.\n", b.Line, b.Detail, r.Entries)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "INTACT: %d entries hold.\n", r.Entries)
	if r.TreeSize > 0 {
		fmt.Fprintf(&b, "Signed by %s at %s over %d entries.\n", r.KeyName, r.SignedAt.Format(time.RFC3339), r.TreeSize)
	}
	if !r.Complete {
		fmt.Fprintf(&b, "It is a selection (%v): each entry is in the signed trail, and the manager signed that these are all it chose.\n", r.Filter)
		return b.String()
	}
	fmt.Fprintf(&b, "It is the whole trail from entry %d on.\n", r.FirstID)
	if r.FirstID > 1 {
		fmt.Fprintf(&b, "Entries 1 to %d were pruned before the export.\n", r.FirstID-1)
	}
	return b.String()
}

// AuditChoice is what to export.
type AuditChoice struct {
	Format, Query, Action, ActorID, TargetKind, TargetID string
	From, To                                             time.Time
}

// ExportAudit writes a part of the trail to a new file and returns the number
// of entries. A file that could not be written whole is removed.
func ExportAudit(ctx context.Context, cfg config.Config, path string, c AuditChoice) (n int64, err error) {
	if _, err := os.Stat(filepath.Join(cfg.Data.Dir, "audit.pub")); errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("there is no audit key in %s; name the right data directory with --data or --config", cfg.Data.Dir)
	}
	key, err := audit.OpenKey(cfg.Data.Dir)
	if err != nil {
		return 0, err
	}
	err = inInstallation(ctx, cfg, func(d *db.DB) error {
		s := audit.New(audit.Deps{DB: d, Clock: clock.System(), Key: key})
		by := audit.Entry{Actor: audit.Actor{Kind: audit.KindSystem, ID: "console", Name: "console"}}
		e, err := s.BeginExport(ctx, audit.ExportFormat(c.Format), audit.Filter{Query: c.Query, Action: c.Action, ActorID: c.ActorID,
			TargetKind: c.TargetKind, TargetID: c.TargetID, From: c.From, To: c.To}, by)
		if err != nil {
			return err
		}
		n = e.Count()
		return writeExport(ctx, e, path)
	})
	return n, err
}

func writeExport(ctx context.Context, e *audit.Export, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make export file: %w", err)
	}
	err = e.WriteTo(ctx, f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// RenewAuditKey makes a new key and says so in the trail.
func RenewAuditKey(ctx context.Context, cfg config.Config) error {
	return inInstallation(ctx, cfg, func(d *db.DB) error {
		return d.InTx(ctx, func(tx db.Tx) error {
			err := audit.Append(ctx, tx, audit.Entry{Actor: audit.Actor{Kind: audit.KindSystem, ID: "console", Name: "console"},
				Action: "audit_key.renew", Target: audit.Target{Kind: "audit"}})
			if err != nil {
				return err
			}
			_, err = audit.NewKey(cfg.Data.Dir)
			return err
		})
	})
}

// AuditKey is the public key, from its file: it needs neither database nor
// server.
func AuditKey(cfg config.Config) (string, error) { return audit.ReadVerifierKey(cfg.Data.Dir) }
