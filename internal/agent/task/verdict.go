package task

import (
	"fmt"
	"strings"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
)

// verdict is how a job ends, and the sentence that says so.
type verdict struct {
	text    string
	failure *agentapi.Error // nil: as planned
}

// namedPackages is how many packages a sentence names; the rest is counted, and
// all are in the job's list.
const namedPackages = 10

// judge tells what was found. A tool that was killed is no failure when the
// repair has brought the host to the plan all the same. A package database that
// is still broken is one, also when there was nothing to change: no later update
// gets past it.
func judge(f finding, rec record) verdict {
	done, wrong := 0, []string{}
	for _, c := range f.changes {
		if c.Done {
			done++
			continue
		}
		wrong = append(wrong, describe(c, f.states[pkgmgr.Key(c.Name, c.Arch)]))
	}
	failure := rec.Failure
	count := fmt.Sprintf("%d of %d as planned", done, len(f.changes))
	if len(f.changes) == 0 {
		count = "nothing to change"
	}
	text := strings.Join(append([]string{count}, rec.Notes...), "; ")
	if len(wrong) == 0 && len(f.problems) == 0 && (failure == nil || rec.Mended) {
		return verdict{text: text}
	}
	if failure == nil && len(f.problems) > 0 {
		failure = stillBroken(f.problems, rec.Broken)
	}
	if failure == nil {
		failure = agentapi.NewError(agentapi.CodePackageManagerError, "the package tool reported success but the host is not as planned")
	}
	told := *failure
	told.Message = strings.TrimRight(told.Message, ".") + "; " + text
	if len(wrong) > 0 {
		told.Message += ": " + list(wrong)
	}
	return verdict{text: told.Message, failure: &told}
}

// stillBroken says why the package database is not whole: in the words of the
// repair that failed, where one was tried.
func stillBroken(problems []string, repair *agentapi.Error) *agentapi.Error {
	if repair != nil {
		return repair
	}
	return agentapi.NewError(agentapi.CodeDBBroken, "the package database is not clean: %s", list(problems))
}

// describe says what a package is now, and what it was to be.
func describe(c agentapi.JobChange, state string) string {
	now := "is " + c.AfterVersion
	if c.AfterVersion == "" {
		now = "is not installed"
	}
	if state != "" {
		now += " (" + state + ")"
	}
	if c.AfterVersion == c.ToVersion {
		return c.Name + " " + now
	}
	wanted := c.ToVersion
	if wanted == "" {
		wanted = "to be removed"
	}
	return fmt.Sprintf("%s %s, planned %s", c.Name, now, wanted)
}

func list(items []string) string {
	if more := len(items) - namedPackages; more > 0 {
		return strings.Join(items[:namedPackages], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(items, ", ")
}

// sumUp says what a plan does, in one line.
func sumUp(p agentapi.Plan) string {
	counts := map[agentapi.ChangeAction]int{}
	for _, c := range p.Changes {
		counts[c.Action]++
	}
	var parts []string
	for _, a := range []agentapi.ChangeAction{
		agentapi.ActionUpgrade, agentapi.ActionInstall, agentapi.ActionRemove, agentapi.ActionDowngrade, agentapi.ActionReinstall,
	} {
		if counts[a] > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", counts[a], a))
		}
	}
	return fmt.Sprintf("%d packages: %s", len(p.Changes), strings.Join(parts, ", "))
}
