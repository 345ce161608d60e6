package app

import (
	"context"
	"time"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/config"
	"patchmanager/internal/db"
)

// argon is what a password check costs by configuration.
func argon(cfg config.Config) auth.Params {
	return auth.Params{Memory: uint32(cfg.Auth.ArgonMemoryKiB), Time: uint32(cfg.Auth.ArgonPasses), Lanes: uint8(cfg.Auth.ArgonLanes)}
}

// consoleAuth is auth without the key file: it signs nothing.
func consoleAuth(d *db.DB, cfg config.Config) *auth.Service {
	return auth.New(auth.Deps{DB: d, Clock: clock.System(), Argon: argon(cfg)})
}

// APIToken makes an API token that may what a user may.
func APIToken(ctx context.Context, cfg config.Config, username, name string, readOnly bool, life time.Duration) (token string, expires time.Time, err error) {
	err = inInstallation(ctx, cfg, func(d *db.DB) error {
		t, err := consoleAuth(d, cfg).IssueToken(ctx, username, name, readOnly, life)
		token, expires = t.Token, t.ExpiresAt
		return err
	})
	return token, expires, err
}

// RotateSigningKey retires the keys that sign access tokens.
func RotateSigningKey(ctx context.Context, cfg config.Config, revoke bool) (retired int, err error) {
	err = inInstallation(ctx, cfg, func(d *db.DB) error {
		retired, err = consoleAuth(d, cfg).RotateSigningKey(ctx, revoke)
		return err
	})
	return retired, err
}

// CalibratePasswords measures password checks on this machine; it needs neither
// database nor server.
func CalibratePasswords() (auth.Measured, []auth.Measured) {
	return auth.Calibrate(auth.MeasureArgon(clock.System()))
}
