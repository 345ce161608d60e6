package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"patchmanager/internal/agent"
	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agent/task"
	"patchmanager/internal/clock"
)

// soon is when a certificate that runs out is worth a word.
const soon = 14 * 24 * time.Hour

type statusCmd struct {
	StateDir string `placeholder:"DIR" help:"Look here instead of where the configuration says."`
}

// Run says what the agent is doing and what is wrong. It ends with 0 when all
// is well, 3 when the host is not enrolled, 7 when something is wrong.
func (c *statusCmd) Run(env *environment) error {
	settings, err := env.settings()
	if err != nil {
		return err
	}
	if c.StateDir != "" {
		settings.StateDir = c.StateDir
	}
	store, err := identity.Open(settings.StateDir)
	if err != nil {
		return err
	}
	var wrong []string
	for _, look := range []func() []string{
		func() []string { return certificate(store.Current(), clock.System().Now()) },
		func() []string { return process(settings.StateDir) },
		func() []string { return journal(settings.StateDir) },
		func() []string { return packages(env.ctx) },
	} {
		wrong = append(wrong, look()...)
	}
	if len(wrong) == 0 {
		fmt.Println("all is well")
		return nil
	}
	for _, w := range wrong {
		fmt.Println("WRONG:", w)
	}
	return exitError{exitDegraded, fmt.Sprintf("%d things are wrong", len(wrong))}
}

func certificate(id *identity.Identity, now time.Time) []string {
	until := id.Certificate.Leaf.NotAfter
	fmt.Printf("certificate  valid until %s, CA %s\n", until.UTC().Format(time.RFC3339), identity.Fingerprint(id.CA))
	fmt.Printf("revocation   %s\n", id.CRLStatus(now))
	switch {
	case now.After(until):
		return []string{"the certificate has run out; the manager cannot connect: enroll this host again"}
	case until.Sub(now) < soon:
		return []string{"the certificate runs out soon and the manager has not renewed it: does the manager reach this host?"}
	case now.Before(id.Certificate.Leaf.NotBefore):
		return []string{"the certificate is not valid yet: is this host's clock right?"}
	}
	return nil
}

// process finds out whether an agent holds the state directory.
func process(stateDir string) []string {
	lock, err := agent.TakeLock(stateDir)
	var held *agent.LockedError
	switch {
	case errors.As(err, &held):
		fmt.Printf("agent        runs, pid %d\n", held.PID)
		return nil
	case err != nil:
		return []string{err.Error()}
	}
	if err := lock.Release(); err != nil {
		return []string{err.Error()}
	}
	fmt.Println("agent        does not run")
	return []string{"the agent does not run: systemctl start patch-agent, or patch-agent run; journalctl -u patch-agent says why it stopped"}
}

func journal(stateDir string) []string {
	jobs, problems, err := task.Look(stateDir)
	if errors.Is(err, fs.ErrPermission) || os.Geteuid() != 0 {
		return []string{"the journal can be read by root only"}
	}
	if err != nil {
		return []string{err.Error()}
	}
	for _, j := range jobs {
		if !j.Status.Final() {
			fmt.Printf("job          %s %s, %s %d %%: %s\n", j.JobID, j.Operation, j.Phase, j.Progress, j.Message)
		}
	}
	if len(jobs) > 0 && jobs[0].Status.Final() {
		fmt.Printf("last job     %s %s, %s: %s\n", jobs[0].JobID, jobs[0].Operation, jobs[0].Status, jobs[0].Message)
	}
	return problems
}

func packages(ctx context.Context) []string {
	manager := pkgmgr.NewAPT(pkgmgr.Host{Root: "/", Run: pkgmgr.ExecRunner{}})
	problems, err := manager.Problems(ctx)
	if err != nil {
		return []string{fmt.Sprintf("the package database cannot be read: %v", err)}
	}
	if holder, err := manager.Busy(ctx); err == nil && holder != "" {
		fmt.Printf("packages     locked by %s\n", holder)
	}
	return problems
}
