package task

import (
	"slices"
	"time"

	"patchmanager/internal/agentapi"
)

// step is where a job is; see the drawing in doc.go.
type step string

const (
	stepPending  step = "pending"
	stepStart    step = "start"
	stepRefresh  step = "refresh"
	stepPlan     step = "plan"
	stepSave     step = "save"
	stepDownload step = "download"
	stepInstall  step = "install"
	stepFinish   step = "finish"
	stepCheck    step = "check"
	stepReboot   step = "reboot"
	stepAwait    step = "await"
	stepVerify   step = "verify"
	stepDone     step = "done"
)

// repeatable steps change nothing on the host that a second run would not
// change the same way; they are the ones that may be cancelled, too.
func (s step) repeatable() bool {
	return slices.Contains([]step{stepPending, stepStart, stepRefresh, stepPlan, stepSave, stepDownload}, s)
}

// cancellable reports whether a job may stop in this step.
func (s step) cancellable() bool { return s.repeatable() || s == stepReboot }

// span is the part of the whole progress, in per cent, that a step takes.
type span struct{ from, to int }

var applySpans = map[step]span{
	stepStart: {0, 2}, stepRefresh: {2, 10}, stepPlan: {10, 12}, stepSave: {12, 16}, stepDownload: {16, 40},
	stepInstall: {40, 94}, stepFinish: {94, 95}, stepCheck: {95, 96}, stepReboot: {96, 97}, stepAwait: {97, 98}, stepVerify: {98, 99},
}

var otherSpans = map[step]span{
	stepStart: {0, 5}, stepRefresh: {5, 99}, stepPlan: {5, 10}, stepInstall: {10, 94}, stepFinish: {94, 95}, stepCheck: {95, 96},
	stepReboot: {10, 50}, stepAwait: {50, 98}, stepVerify: {98, 99},
}

func spanOf(op agentapi.Operation, s step) span {
	if op == agentapi.OpPatchApply {
		return applySpans[s]
	}
	return otherSpans[s]
}

// at is the whole progress when the step has done percent of its own.
func (s span) at(percent float64) int {
	return s.from + int(float64(s.to-s.from)*min(max(percent, 0), 100)/100)
}

// record is what job.json holds: all the engine needs to go on after a crash.
type record struct {
	Job    agentapi.Job `json:"job"`
	Order  Order        `json:"order"`
	Digest string       `json:"digest"`

	Step    step            `json:"step"`
	Tool    int             `json:"tool"`              // number of the newest tool, 0 before the first
	Open    bool            `json:"open"`              // that tool's end has not been seen yet
	Plan    *agentapi.Plan  `json:"plan,omitempty"`    // set by stepPlan
	Failure *agentapi.Error `json:"failure,omitempty"` // how install failed; told once the host was looked at
	Mended  bool            `json:"mended,omitempty"`  // install was torn, and the repair succeeded
	Broken  *agentapi.Error `json:"broken,omitempty"`  // why the database could not be repaired before the job
	Notes   []string        `json:"notes,omitempty"`   // said in the verdict
	Verdict string          `json:"verdict,omitempty"` // the final message of a job that went well

	Cancel  bool `json:"cancel,omitempty"`  // somebody asked; obeyed at the next safe point
	Removed bool `json:"removed,omitempty"` // taken out of the history; kept because of its key
	Told    bool `json:"told,omitempty"`    // the event of the job's end is written

	Boot string `json:"boot"` // boot id when this record was written

	RebootBoot   string     `json:"reboot_boot,omitempty"` // boot id that the reboot has to change
	RebootAt     *time.Time `json:"reboot_at,omitempty"`
	RebootIssued *time.Time `json:"reboot_issued,omitempty"`
}

// leaving reports whether the last thing written in that boot was the order to
// reboot: events were synced then, and none came after.
func (r record) leaving() bool { return r.RebootIssued != nil && r.RebootBoot == r.Boot }

// happened lists the changes of a job that the package database showed
// afterwards: what a rollback has to take back, and nothing else.
func (r record) happened() []agentapi.Change {
	var out []agentapi.Change
	for _, c := range r.Job.Packages {
		if c.AfterVersion == c.FromVersion && c.Action != agentapi.ActionReinstall {
			continue
		}
		change := c.Change
		change.ToVersion = c.AfterVersion
		out = append(out, change)
	}
	return out
}
