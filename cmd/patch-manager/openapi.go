package main

import (
	"fmt"
	"os"

	"patchmanager/internal/app"
)

type openapiCmd struct{}

// Run implements the command.
func (openapiCmd) Run() error {
	text, err := app.OpenAPI()
	if err != nil {
		return err
	}
	if _, err := os.Stdout.Write(text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
