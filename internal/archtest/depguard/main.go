// Command depguard writes the import rules of internal/archtest into the
// linter's configuration, whose name is its only argument.
package main

import (
	"fmt"
	"os"

	"patchmanager/internal/archtest"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "depguard:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: depguard .golangci.yml")
	}
	old, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	text, err := archtest.Renew(string(old))
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], []byte(text), 0o644)
}
