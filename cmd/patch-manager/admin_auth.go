package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"patchmanager/internal/app"
)

type apiTokenCmd struct {
	User     string        `required:"" help:"Whose token it is: it may what this user may."`
	Name     string        `required:"" help:"What it is for."`
	Expires  time.Duration `required:"" help:"How long it works, from 1m to 8760h."`
	ReadOnly bool          `help:"It may only read."`
}

// Run prints the token alone on standard output, for scripts.
func (a apiTokenCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	token, expires, err := app.APIToken(context.Background(), cfg, a.User, a.Name, a.ReadOnly, a.Expires)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "An API token of %s, until %s; it is shown this once:\n", a.User, expires.Format(time.RFC3339))
	fmt.Println(token)
	return nil
}

type calibrateCmd struct{}

// Run prints the lines for the configuration alone on standard output.
func (calibrateCmd) Run() error {
	choice, tried := app.CalibratePasswords()
	for _, m := range tried {
		fmt.Fprintf(os.Stderr, "%7d KiB, %2d pass(es), %d lane(s): %d ms\n", m.Params.Memory, m.Params.Time, m.Params.Lanes, m.Took.Milliseconds())
	}
	fmt.Fprintf(os.Stderr, "A password check takes %d ms with these lines of the configuration:\n", choice.Took.Milliseconds())
	fmt.Printf("[auth]\nargon_memory_kib = %d\nargon_passes = %d\nargon_lanes = %d\n", choice.Params.Memory, choice.Params.Time, choice.Params.Lanes)
	return nil
}

type rotateKeyCmd struct {
	Revoke bool `help:"Let the old keys verify nothing any more, because one got into wrong hands. Without it they verify for a day."`
}

// Run implements the command.
func (r rotateKeyCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	retired, err := app.RotateSigningKey(context.Background(), cfg, r.Revoke)
	if err != nil {
		return err
	}
	fmt.Printf("%d signing key(s) retired; the next sign-in makes a new one. Nobody is signed out.\n", retired)
	return nil
}
