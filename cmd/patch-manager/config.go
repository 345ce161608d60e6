package main

import "fmt"

type configCmd struct {
	Check checkCmd `cmd:"" help:"Say what is wrong with the configuration, or show what holds, without starting anything."`
}

type checkCmd struct{}

// Run implements the command.
func (checkCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	fmt.Printf("The configuration is fine. What holds:\n\n%s", cfg.Lines())
	return nil
}
