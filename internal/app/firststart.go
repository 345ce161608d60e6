package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"patchmanager/internal/auth"
	"patchmanager/internal/config"
)

// firstPasswordFile holds the one-time password of the first start until it
// has been changed.
func firstPasswordFile(cfg config.Config) string {
	return filepath.Join(cfg.Data.Dir, "initial-admin-password")
}

// ensureAdmin makes the first user of an installation without any.
func ensureAdmin(ctx context.Context, s *auth.Service, cfg config.Config) error {
	path := firstPasswordFile(cfg)
	created, err := s.EnsureAdmin(ctx, func(password string) error { return writePassword(path, password) })
	if err != nil {
		return err
	}
	if created {
		slog.InfoContext(ctx, "first start: the one-time password is in a file; it must be changed at the first sign-in",
			"user", auth.AdminName, "file", path)
	}
	return nil
}

// writePassword replaces the file, so that an older one's mode does not stay.
func writePassword(path, password string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".password-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.WriteString(password + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// forgetFirstPassword removes the file once its password is of no use.
func forgetFirstPassword(cfg config.Config) func(username string) {
	return func(username string) {
		if username != auth.AdminName {
			return
		}
		if err := os.Remove(firstPasswordFile(cfg)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			slog.Warn("the file of the first password could not be removed; remove it by hand", "error", err)
		}
	}
}
