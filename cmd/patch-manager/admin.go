package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"patchmanager/internal/app"
)

type adminCmd struct {
	EnrollToken   enrollTokenCmd `cmd:"" help:"Make a token that lets hosts in without approval, for patch-agent enroll."`
	ResetPassword resetCmd       `cmd:"" help:"Give a user a one-time password and end all of their sessions."`
	ResetAccess   resetAccessCmd `cmd:"" help:"Let every address in again: empty the access lists of the interface, enrollment and metrics."`
	APIToken      apiTokenCmd    `cmd:"" name:"api-token" help:"Make an API token for a user, for automation."`
	Calibrate     calibrateCmd   `cmd:"" name:"calibrate-passwords" help:"Measure what a password check should cost on this machine."`
	RotateKey     rotateKeyCmd   `cmd:"" name:"rotate-signing-key" help:"Let a new key sign access tokens; sessions go on."`
	Fingerprint   fingerprintCmd `cmd:"" help:"Print the fingerprint of the certificate authority, for patch-agent enroll."`
}

type enrollTokenCmd struct {
	Uses    int           `default:"1" help:"How many hosts it lets in, 1 to 1000 (default: ${default})."`
	Expires time.Duration `default:"24h" help:"How long it works, in hours from 1h to 720h (default: ${default})."`
	Note    string        `default:"made on the console" help:"What it is for (default: ${default})."`
}

// Run prints the token alone on standard output, for scripts.
func (e enrollTokenCmd) Run(c *cli) error {
	if e.Expires%time.Hour != 0 {
		return fmt.Errorf("--expires %s is not a number of whole hours", e.Expires)
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	token, expires, err := app.EnrollToken(context.Background(), cfg, e.Note, e.Uses, int(e.Expires/time.Hour))
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "A token for %d host(s), until %s; it is shown this once:\n", e.Uses, expires.Format(time.RFC3339))
	fmt.Println(token)
	return nil
}

type resetCmd struct {
	Username string `arg:"" optional:"" default:"admin" help:"Who (default: admin)."`
}

// Run prints the password alone on standard output, for scripts.
func (r resetCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	password, err := app.ResetPassword(context.Background(), cfg, r.Username)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "The one-time password of %s; it must be changed at the next sign-in:\n", r.Username)
	fmt.Println(password)
	return nil
}

type resetAccessCmd struct{}

// Run implements the command.
func (resetAccessCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := app.ResetAccess(context.Background(), cfg); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "Every address may connect again, within two seconds; trusted proxies are as they were.")
	return nil
}

type fingerprintCmd struct{}

// Run implements the command.
func (fingerprintCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	fingerprint, err := app.Fingerprint(cfg)
	if err != nil {
		return err
	}
	fmt.Println(fingerprint)
	return nil
}
