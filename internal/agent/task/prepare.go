package task

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// busyInterval is how often a lock that somebody else holds is looked at.
const busyInterval = time.Second

// start decides whether the job may begin at all and brings an interrupted
// package database back: no tool works on one, not even to undo something.
func (r *run) start() (step, error) {
	if err := r.deadline(); err != nil {
		return "", err
	}
	op := r.rec().Order.Operation
	if op == agentapi.OpReboot {
		return stepReboot, nil
	}
	if err := r.waitFree(r.work); err != nil {
		return "", err
	}
	if op == agentapi.OpRefresh {
		return stepRefresh, nil
	}
	if err := r.mend(); err != nil {
		return "", err
	}
	if op == agentapi.OpRollback {
		return stepPlan, nil // without fetching: a dead repository must not keep a rollback from happening
	}
	return stepRefresh, nil
}

// deadline refuses what would begin too late.
func (r *run) deadline() error {
	apply := r.rec().Order.Apply
	if apply == nil || apply.Deadline == nil || !r.now().After(*apply.Deadline) {
		return nil
	}
	return agentapi.NewError(agentapi.CodeDeadlinePassed, "not started: it was to begin before %s and it is %s now",
		apply.Deadline.UTC().Format(time.RFC3339), r.now().Format(time.RFC3339))
}

// waitFree waits until no other package tool holds the locks.
func (r *run) waitFree(ctx context.Context) error {
	giveUp := r.now().Add(r.e.opts.LockWait)
	for said := false; ; said = true {
		holder, err := r.e.opts.Manager.Busy(ctx)
		if err != nil || holder == "" {
			return err
		}
		if !said {
			r.say("waits for the package lock, held by %s", holder)
		}
		if !r.now().Before(giveUp) {
			return agentapi.NewError(agentapi.CodeDBLocked, "the package lock was held by %s for %s; try again once it has ended", holder, r.e.opts.LockWait)
		}
		if err := clock.Sleep(ctx, r.e.opts.Clock, busyInterval); err != nil {
			return err
		}
	}
}

// mend repairs a package database that an earlier run left broken. What cannot
// be repaired is remembered and not the end yet: the order itself may be the
// cure. If it is not, the job fails for that reason, see judge.
func (r *run) mend() error {
	problems, err := r.e.opts.Manager.Problems(r.work)
	if err != nil || len(problems) == 0 {
		return err
	}
	for _, p := range problems {
		r.say("the package database needs repair: %s", p)
	}
	broken, err := r.repair()
	if err != nil {
		return err
	}
	return r.e.update(r.j, func(rec *record) error {
		rec.Broken = broken
		return nil
	})
}

// repair runs the manager's repair commands, never to be killed, and returns
// the first failure.
func (r *run) repair() (*agentapi.Error, error) {
	commands, err := r.e.opts.Manager.Repair(r.ctx)
	if err != nil {
		return nil, fmt.Errorf("repair: %w", err)
	}
	return r.each(commands, agentapi.PhaseConfigure, "repair")
}

// each runs commands that are not to be killed, goes on after one that failed,
// and returns the first failure.
func (r *run) each(commands []pkgmgr.Command, phase agentapi.Phase, what string) (*agentapi.Error, error) {
	var first *agentapi.Error
	for _, c := range commands {
		e, err := r.tool(c, false)
		if err != nil {
			return nil, err
		}
		if e.fine() {
			continue
		}
		failure := r.failure(e, phase)
		r.say("%s: %s", what, failure.Message)
		if first == nil {
			first = failure
		}
	}
	return first, nil
}

func (r *run) refresh() (step, error) {
	e, err := r.tool(r.e.opts.Manager.Refresh(), true)
	if err := r.stopped(err); err != nil {
		return "", err
	}
	if !e.fine() {
		return "", r.failure(e, agentapi.PhaseRefresh)
	}
	if r.rec().Order.Operation == agentapi.OpRefresh {
		return stepDone, r.message("the package lists are fresh")
	}
	return stepPlan, nil
}

// stopped prefers the cancellation to whatever the stopped tool said.
func (r *run) stopped(err error) error {
	if err == nil {
		err = r.work.Err()
	}
	return err
}

// plan computes the transaction and checks it; nothing else will be installed.
func (r *run) plan() (step, error) {
	order := r.order()
	plan, err := r.e.opts.Manager.Plan(r.work, order)
	if err != nil {
		return "", err
	}
	if err := agreed(r.rec().Order, plan); err != nil {
		return "", err
	}
	if err := r.e.update(r.j, func(rec *record) error {
		rec.Plan, rec.Job.Packages, rec.Job.Reboot = &plan, planned(plan), plan.Reboot
		return nil
	}); err != nil {
		return "", err
	}
	if len(plan.Changes) == 0 {
		return r.nothing(plan)
	}
	r.say("%s", sumUp(plan))
	if err := r.preflight(plan); err != nil {
		return "", err
	}
	if order.Restore != nil {
		return stepInstall, r.lastLook()
	}
	return stepSave, nil
}

// order is the record's order in the words of the package manager.
func (r *run) order() pkgmgr.Order {
	rec := r.rec()
	if rec.Order.Operation != agentapi.OpRollback {
		return pkgmgr.Order{ApplyRequest: *rec.Order.Apply}
	}
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	restore := &pkgmgr.Restore{SavedDir: r.e.journal.path(rec.Order.RollbackOf, "saved")}
	if parent, ok := r.e.jobs[rec.Order.RollbackOf]; ok {
		restore.Changes = parent.rec.happened()
	}
	return pkgmgr.Order{Restore: restore}
}

func agreed(o Order, p agentapi.Plan) error {
	if o.Apply == nil || o.Apply.PlanHash == "" || o.Apply.PlanHash == p.PlanHash {
		return nil
	}
	return agentapi.NewError(agentapi.CodePlanChanged,
		"the transaction is no longer the one that was agreed (plan %.12s, now %.12s with %d changes); look at the new plan and order again",
		o.Apply.PlanHash, p.PlanHash, len(p.Changes))
}

func planned(p agentapi.Plan) []agentapi.JobChange {
	out := make([]agentapi.JobChange, len(p.Changes))
	for i, c := range p.Changes {
		out[i] = agentapi.JobChange{Change: c, AfterVersion: c.FromVersion}
	}
	return out
}

// nothing ends an apply without changes; a reboot that was ordered is due all
// the same.
func (r *run) nothing(p agentapi.Plan) (step, error) {
	if r.rec().Order.Operation == agentapi.OpRollback {
		return stepDone, r.message("the host has the versions from before the job already")
	}
	message := "everything selected is up to date"
	if len(p.KeptBack) > 0 {
		message += fmt.Sprintf("; %d pending updates are left out", len(p.KeptBack))
	}
	return stepCheck, r.e.update(r.j, func(rec *record) error { rec.Notes = []string{message}; return nil })
}

// preflight fails with the first check that does. A database with broken
// packages does not stop a rollback: it is what heals them.
func (r *run) preflight(p agentapi.Plan) error {
	var failed *agentapi.Error
	for _, c := range r.e.opts.Manager.Preflight(r.work, p, r.saved()) {
		if c.Level != agentapi.CheckOK {
			r.say("check %s: %s: %s", c.Name, c.Level, c.Detail)
		}
		heals := c.Code == agentapi.CodeDBBroken && r.rec().Order.Operation == agentapi.OpRollback
		if c.Level == agentapi.CheckFail && failed == nil && !heals {
			failed = agentapi.NewError(c.Code, "%s", c.Detail)
		}
	}
	if failed != nil {
		return failed
	}
	return r.work.Err()
}

func (r *run) saved() string { return r.e.journal.path(r.rec().Job.JobID, "saved") }

// save keeps the old packages. It stops as soon as a rollback is possible; what
// cannot be kept makes the rollback impossible, not the update.
func (r *run) save() (step, error) {
	plan, dir := *r.rec().Plan, r.saved()
	if err := os.MkdirAll(dir, 0o755); err != nil { // apt fetches as its own user
		return "", fmt.Errorf("keep old packages: %w", err)
	}
	commands, err := r.e.opts.Manager.Save(r.work, plan, dir)
	if err != nil {
		return "", fmt.Errorf("keep old packages: %w", err)
	}
	ready := r.e.opts.Manager.Saved(r.work, plan, dir)
	for i := 0; i < len(commands) && ready.State != agentapi.RollbackReady; i++ {
		e, err := r.tool(commands[i], true)
		if err := r.stopped(err); err != nil {
			return "", err
		}
		if !e.fine() {
			r.say("could not keep all old packages this way: %s", r.failure(e, agentapi.PhaseSave).Message)
		}
		ready = r.e.opts.Manager.Saved(r.work, plan, dir)
	}
	r.say("rollback afterwards: %s %v", ready.State, ready.Reasons)
	return stepDownload, errors.Join(r.work.Err(), r.e.update(r.j, func(rec *record) error { rec.Job.Rollback = ready; return nil }))
}

func (r *run) download() (step, error) {
	e, err := r.tool(r.e.opts.Manager.Download(*r.rec().Plan), true)
	if err := r.stopped(err); err != nil {
		return "", err
	}
	if !e.fine() {
		return "", r.failure(e, agentapi.PhaseDownload)
	}
	return stepInstall, r.lastLook()
}

// lastLook is the last safe point: after it the host is changed.
func (r *run) lastLook() error {
	if err := r.waitFree(r.work); err != nil {
		return err
	}
	return r.deadline()
}

func (r *run) message(text string) error {
	return r.e.update(r.j, func(rec *record) error { rec.Job.Message = text; return nil })
}
