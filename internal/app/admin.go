package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/config"
	"patchmanager/internal/db"
	"patchmanager/internal/enrollment"
	"patchmanager/internal/pgserver"
	"patchmanager/internal/settings"
)

// connectTimeout is long for a local socket and short for a person.
const connectTimeout = 5 * time.Second

// openForAdmin connects to the database of an installation: the private server
// of a running `serve`, or the same one started for the moment.
func openForAdmin(ctx context.Context, cfg config.Config) (*database, error) {
	d := &database{clock: clock.System()}
	opts := db.Options{MaxConns: 4, AppName: "patch-manager admin"}
	var err error
	if !cfg.Database.Private() {
		d.DB, err = db.Open(ctx, cfg.Database.Connection(), opts)
		return d, err
	}
	dir := privateDir(cfg)
	if _, err := os.Stat(filepath.Join(dir, "data")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no installation in %s; start `patch-manager serve` first, or name the right data directory with --data or --config", cfg.Data.Dir)
	}
	quick, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if d.DB, err = db.Open(quick, pgserver.URL(dir), opts); err == nil {
		return d, nil
	}
	if err := d.startServer(ctx, dir); err != nil {
		return nil, err
	}
	if d.DB, err = db.Open(ctx, d.server.URL(), opts); err != nil {
		return nil, errors.Join(err, d.close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// inInstallation runs fn on the database of an installation that is up to date.
func inInstallation(ctx context.Context, cfg config.Config, fn func(d *db.DB) error) (err error) {
	d, err := openForAdmin(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close(context.WithoutCancel(ctx))) }()
	have, want, err := db.Schema(ctx, d.DB)
	if err != nil {
		return err
	}
	if have < want {
		return fmt.Errorf("the database has schema version %d, this program needs %d; run `patch-manager migrate`", have, want)
	}
	return spellOut(fn(d.DB))
}

// spellOut puts the details of a refusal, which the API tells field by field,
// into the sentence for the console.
func spellOut(err error) error {
	e, ok := apierr.As(err)
	if !ok || len(e.Details) == 0 {
		return err
	}
	text := e.Message
	for _, d := range e.Details {
		text += fmt.Sprintf("\n%s = %q: %s", d.Field, d.Value, d.Message)
	}
	return errors.New(text)
}

// ResetPassword gives a user a one-time password.
func ResetPassword(ctx context.Context, cfg config.Config, username string) (password string, err error) {
	err = inInstallation(ctx, cfg, func(d *db.DB) error {
		password, err = consoleAuth(d, cfg).ResetPassword(ctx, username)
		return err
	})
	return password, err
}

// ResetAccess lets every address in again.
func ResetAccess(ctx context.Context, cfg config.Config) error {
	return inInstallation(ctx, cfg, func(d *db.DB) error {
		return settings.New(settings.Deps{DB: d, Clock: clock.System()}).ResetAccess(ctx, auth.System("console"))
	})
}

// EnrollToken makes a token that lets hosts in without a person's approval.
func EnrollToken(ctx context.Context, cfg config.Config, note string, uses, hours int) (token string, expires time.Time, err error) {
	err = inInstallation(ctx, cfg, func(d *db.DB) error {
		t, err := enrollment.New(enrollment.Deps{DB: d, Clock: clock.System()}).
			IssueToken(ctx, auth.System("console"), note, uses, hours)
		token, expires = t.Token, t.ExpiresAt
		return err
	})
	return token, expires, err
}

// Fingerprint is what agents are given to recognise the manager: that of the
// root certificate's file, so that it needs neither database nor server.
func Fingerprint(cfg config.Config) (string, error) {
	path := filepath.Join(caDir(cfg), "root.crt")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no certificate authority in %s yet; start `patch-manager serve` first, or name the right data directory with --data or --config", cfg.Data.Dir)
	}
	if err != nil {
		return "", fmt.Errorf("read root certificate: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", fmt.Errorf("%s is not a certificate", path)
	}
	sum := sha256.Sum256(block.Bytes)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}
