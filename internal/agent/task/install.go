package task

import (
	"errors"
	"fmt"
	"strings"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
)

// install runs the transaction, once. After a restart of the agent it goes on
// with the tool that was started; only one that certainly never ran begins
// again, from the start, because the plan may be stale.
func (r *run) install() (step, error) {
	rec := r.rec()
	if r.rest && !rec.Open {
		return r.again()
	}
	if !r.rest {
		e, err := r.tool(r.e.opts.Manager.Install(*rec.Plan, r.order()), false)
		return r.installed(e, err)
	}
	e, err := r.follow(r.toolOf(rec.Tool, false))
	if err == nil && !e.started {
		return r.again()
	}
	return r.installed(e, err)
}

func (r *run) again() (step, error) {
	r.say("the package tool had not been started; the job begins again")
	return stepStart, nil
}

// installed records how the transaction ended. The job goes on in any case:
// what the host looks like now has to be told.
func (r *run) installed(e end, err error) (step, error) {
	if err != nil {
		return "", err
	}
	var failure *agentapi.Error
	if !e.fine() {
		failure = r.failure(e, agentapi.PhaseConfigure)
	}
	torn, mended := e.started && e.torn(), false
	if torn {
		if failure, mended, err = r.mendTorn(failure); err != nil {
			return "", err
		}
	}
	return stepFinish, r.e.update(r.j, func(rec *record) error {
		rec.Failure, rec.Mended = failure, mended
		if mended {
			rec.Notes = append(rec.Notes[:len(rec.Notes):len(rec.Notes)], noteMended)
		}
		return nil
	})
}

const noteMended = "the package tool was killed in the middle and the package database repaired"

// mendTorn waits for what the killed tool left running and repairs the package
// database. A repair that fails says more than the kill does.
func (r *run) mendTorn(failure *agentapi.Error) (_ *agentapi.Error, mended bool, _ error) {
	r.say("%s", failure.Message)
	if err := r.waitFree(r.ctx); err != nil {
		var locked *agentapi.Error
		if errors.As(err, &locked) {
			return locked, false, nil
		}
		return nil, false, err
	}
	worse, err := r.repair()
	if err != nil {
		return nil, false, err
	}
	if worse != nil {
		return worse, false, nil
	}
	return failure, true, nil
}

// finish does what remains after a transaction, also after one that failed: the
// marks of the packages that did change have to be right.
func (r *run) finish() (step, error) {
	rec := r.rec()
	commands, err := r.e.opts.Manager.Finish(r.ctx, *rec.Plan, r.order())
	if err != nil {
		return "", fmt.Errorf("finish: %w", err)
	}
	failure, err := r.each(commands, agentapi.PhaseConfigure, "finish")
	if err != nil {
		return "", err
	}
	return stepCheck, r.e.update(r.j, func(rec *record) error {
		if rec.Failure == nil {
			rec.Failure = failure
		}
		return nil
	})
}

// check looks at what is really installed and decides how the job goes on.
func (r *run) check() (step, error) {
	if err := r.look(); err != nil {
		return "", err
	}
	rec := r.rec()
	if rec.Order.Operation == agentapi.OpPatchApply && r.wantsReboot() {
		return stepReboot, nil
	}
	return stepVerify, nil
}

// verify has the last word; after a reboot it looks again.
func (r *run) verify() (step, error) {
	if r.rec().RebootIssued != nil && r.rec().Order.Operation != agentapi.OpReboot {
		if err := r.look(); err != nil {
			return "", err
		}
	}
	return stepDone, r.message(r.rec().Verdict)
}

// look compares the host with the plan, records what it finds, and returns the
// error that the job ends with unless all is as planned.
func (r *run) look() error {
	rec := r.rec()
	found, err := r.found(rec.Job.Packages)
	if err != nil {
		return err
	}
	needs, reasons, err := r.e.opts.Manager.NeedsReboot(r.ctx)
	if err != nil {
		return fmt.Errorf("look for reboot need: %w", err)
	}
	v := judge(found, rec)
	if needs {
		v.text += "; a reboot is needed: " + strings.Join(reasons, ", ")
	}
	r.say("%s", v.text)
	if err := r.e.update(r.j, func(rec *record) error {
		rec.Job.Packages, rec.Job.Reboot, rec.Verdict = found.changes, needs, v.text
		return nil
	}); err != nil {
		return err
	}
	if v.failure != nil {
		return v.failure
	}
	return nil
}

// finding is what the package database says about the changes of a plan.
type finding struct {
	changes  []agentapi.JobChange
	states   map[string]string // by package: the tool's word for one that is not whole
	problems []string          // of the package database as a whole
}

func (r *run) found(planned []agentapi.JobChange) (finding, error) {
	f := finding{states: map[string]string{}}
	var changes []agentapi.Change
	for _, c := range planned {
		changes = append(changes, c.Change)
	}
	versions, err := r.e.opts.Manager.Versions(r.ctx, changes)
	if err != nil {
		return f, fmt.Errorf("read versions: %w", err)
	}
	installed, err := r.e.opts.Manager.Installed(r.ctx)
	if err != nil {
		return f, fmt.Errorf("read packages: %w", err)
	}
	if f.problems, err = r.e.opts.Manager.Problems(r.ctx); err != nil {
		return f, fmt.Errorf("read the package database: %w", err)
	}
	for _, p := range installed {
		if p.State != "" {
			f.states[pkgmgr.Key(p.Name, p.Arch)] = p.State
		}
	}
	f.changes = make([]agentapi.JobChange, 0, len(changes))
	for _, c := range changes {
		key := pkgmgr.Key(c.Name, c.Arch)
		f.changes = append(f.changes, agentapi.JobChange{
			Change: c, AfterVersion: versions[key], Done: versions[key] == c.ToVersion && f.states[key] == "",
		})
	}
	return f, nil
}
