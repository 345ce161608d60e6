package pkgmgr

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchmanager/internal/agentapi"
)

// planRestore computes the transaction that takes a job back: replaced and
// removed packages come from the saved files, new ones go. It is that or
// nothing: apt must be able to do it without touching anything else.
func (a *APT) planRestore(ctx context.Context, r Restore) (agentapi.Plan, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return agentapi.Plan{}, wire("compute the rollback", err)
	}
	changes := inv.reverse(r.Changes)
	plan := agentapi.Plan{Changes: changes, KeptBack: []agentapi.Kept{}}
	if len(changes) > 0 {
		files, err := a.savedIn(r.SavedDir)
		if err != nil {
			return agentapi.Plan{}, wire("compute the rollback", err)
		}
		if err := a.provable(ctx, inv, changes, files); err != nil {
			return agentapi.Plan{}, wire("compute the rollback", err)
		}
		a.savedSizes(changes, files)
	}
	if err := a.complete(ctx, inv, &plan); err != nil {
		return agentapi.Plan{}, wire("compute the rollback", err)
	}
	return plan, nil
}

// reverse turns the changes that happened around, starting from what is
// installed now. What is back already is left out.
func (inv inventory) reverse(done []agentapi.Change) []agentapi.Change {
	all := []agentapi.Change{}
	for _, c := range done {
		now, installed := inv.find(c.Name, c.Arch)
		back := agentapi.Change{Name: c.Name, Arch: c.Arch, ToVersion: c.FromVersion, Auto: c.Auto, Origin: savedOrigin}
		if installed {
			back.FromVersion = now.Version
		}
		if back.FromVersion == back.ToVersion && (!installed || now.state() == "") {
			continue
		}
		back.Action = restoreAction(back.FromVersion, back.ToVersion)
		all = append(all, back)
	}
	sortChanges(all)
	return all
}

func restoreAction(from, to string) agentapi.ChangeAction {
	switch {
	case to == "":
		return agentapi.ActionRemove
	case from == "":
		return agentapi.ActionInstall
	}
	switch order := compareVersions(to, from); {
	case order < 0:
		return agentapi.ActionDowngrade
	case order > 0:
		return agentapi.ActionUpgrade
	}
	return agentapi.ActionReinstall
}

// provable checks the saved files and that apt's resolver agrees.
func (a *APT) provable(ctx context.Context, inv inventory, changes []agentapi.Change, files savedFiles) error {
	var details []agentapi.Detail
	for _, c := range changes {
		if c.ToVersion == "" {
			continue
		}
		if err := a.verifySaved(ctx, files, c.Name, c.Arch, c.ToVersion); err != nil {
			details = append(details, agentapi.Detail{Field: "package", Value: c.Name, Message: err.Error()})
		}
	}
	if len(details) > 0 {
		return impossible("old packages are missing", details)
	}
	// Removals are let through here, to name what stands in the way.
	args := slices.DeleteFunc(transaction(agentapi.Plan{Changes: changes}, files), func(arg string) bool { return arg == "--no-remove" })
	r, err := a.simulate(ctx, args...)
	if err != nil {
		return fmt.Errorf("simulate rollback: %w", err)
	}
	if r.ExitCode != 0 {
		return impossible(a.simulationFailed(r).Message, nil)
	}
	return onlyThese(inv, changes, parseSimulation(r.Stdout))
}

// onlyThese refuses a transaction that would change anything that the job to
// take back did not.
func onlyThese(inv inventory, changes []agentapi.Change, sims []simChange) error {
	wanted := map[string]string{}
	for _, c := range changes {
		wanted[c.Name] += c.ToVersion + " "
	}
	var details []agentapi.Detail
	for _, c := range sims {
		name, _ := splitName(c.Name)
		versions, ok := wanted[name]
		if ok && (c.To == "" || strings.Contains(versions, c.To+" ")) {
			continue
		}
		details = append(details, agentapi.Detail{Field: "package", Value: name, Message: "would change too: " + describe(c)})
	}
	if len(details) > 0 {
		return impossible("other packages have come to depend on the new versions", details)
	}
	return nil
}

func describe(c simChange) string {
	if c.To == "" {
		return "removed"
	}
	return strings.TrimSpace(c.From + " to " + c.To)
}

func impossible(why string, details []agentapi.Detail) *agentapi.Error {
	words := make([]string, 0, len(details))
	for _, d := range details {
		words = append(words, d.Value)
	}
	text := why
	if len(words) > 0 {
		text += ": " + strings.Join(words, ", ")
	}
	e := agentapi.NewError(agentapi.CodeRollbackImpossible, "cannot go back to the versions before the job: %s", text)
	e.Details = details
	return e
}
