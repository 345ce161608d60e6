// Command bedinit is the inside of a throw-away host: a supervisor that owns
// the host's file system, network and package repositories, and the process
// with number one that it starts at every boot. hostbed builds it; nobody runs
// it by hand. It uses the standard library only, so that it builds anywhere.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bedinit:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: bedinit supervise|init CONFIG")
	}
	cfg, err := loadConfig(args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "supervise":
		return supervise(cfg)
	case "init":
		return bootInside(cfg)
	}
	return fmt.Errorf("unknown command %q", args[0])
}
