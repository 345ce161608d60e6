package task

import (
	"context"
	"fmt"
	"os"
	"testing"

	"patchmanager/internal/agentapi"
)

// The test binary is also the supervisor and, in the tests that kill it, the
// agent process.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == ToolCommand {
		os.Exit(RunTool(os.Args[2]))
	}
	if dir := os.Getenv("TASK_TEST_AGENT"); dir != "" {
		if err := runTestAgent(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runTestAgent is an agent process: it sends itself the order of the test under
// a fixed key, as a manager repeating it would, and ends with the job.
func runTestAgent(dir string) error {
	e, err := New(Options{StateDir: dir, Manager: &fake{dir: dir}, Systemd: new(bool)})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	job, _, err := e.Submit(ctx, "the-key", Order{Operation: agentapi.OpPatchApply, Apply: &agentapi.ApplyRequest{}})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	events, err := e.Events(job.JobID, 0)
	if err != nil {
		return err
	}
	defer events.Close()
	for err == nil {
		_, err = events.Next(ctx, 1000)
	}
	cancel()
	return <-done
}
