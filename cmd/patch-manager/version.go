package main

import (
	"fmt"

	"patchmanager/internal/version"
)

type versionCmd struct{}

// Run implements the command.
func (versionCmd) Run() error {
	fmt.Println("patch-manager", version.String())
	return nil
}
