package main

import (
	"context"
	"fmt"
	"os"

	"patchmanager/internal/app"
)

type adminCmd struct {
	ResetPassword resetCmd       `cmd:"" help:"Give a user a one-time password and end all of their sessions."`
	Fingerprint   fingerprintCmd `cmd:"" help:"Print the fingerprint of the certificate authority, for patch-agent enroll."`
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
