package pkgmgr

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"patchmanager/internal/agentapi"
)

// Plan implements [Manager].
//
// What is selected is first resolved by apt; then exactly that outcome, every
// package with its version, is simulated again the way Install will ask for it.
// A plan is only answered when both agree, so what is agreed is what happens.
func (a *APT) Plan(ctx context.Context, o Order) (agentapi.Plan, error) {
	if o.Restore != nil {
		return a.planRestore(ctx, *o.Restore)
	}
	s, err := a.survey(ctx)
	if err != nil {
		return agentapi.Plan{}, wire("compute the plan", err)
	}
	if s.failed != nil {
		return agentapi.Plan{}, s.failed
	}
	sel, err := selectUpdates(s, o.ApplyRequest)
	if err != nil {
		return agentapi.Plan{}, err
	}
	sims, err := a.resolve(ctx, s, sel)
	if err != nil {
		return agentapi.Plan{}, wire("compute the plan", err)
	}
	changes := s.changes(sims)
	if err := allowed(changes, o.AllowRemovals); err != nil {
		return agentapi.Plan{}, err
	}
	plan := agentapi.Plan{Changes: changes, KeptBack: sel.keptBack(s.inv, changes)}
	if err := a.complete(ctx, s.inv, &plan); err != nil {
		return agentapi.Plan{}, wire("compute the plan", err)
	}
	return plan, nil
}

// wire keeps an error that already has a code and gives one to any other.
func wire(what string, err error) error {
	if coded, ok := errors.AsType[*agentapi.Error](err); ok {
		return coded
	}
	return broken(what, err)
}

// changes turns a simulation into changes of the wire. Downgrades that a pin on
// the host asks for are no patches and left out.
func (s *survey) changes(sims []simChange) []agentapi.Change {
	var all []agentapi.Change
	for _, c := range sims {
		change, ok := s.change(c)
		if ok && change.Action != agentapi.ActionDowngrade {
			all = append(all, change)
		}
	}
	sortChanges(all)
	return all
}

func (s *survey) change(c simChange) (agentapi.Change, bool) {
	old, had := s.inv.byAptName(c.Name)
	name, _ := splitName(c.Name)
	change := agentapi.Change{
		Action: actionOf(c), Name: name, Arch: c.Arch, FromVersion: c.From, ToVersion: c.To,
		Auto: autoAfter(s.inv, old, had),
	}
	if change.Action == agentapi.ActionRemove {
		change.Arch = old.Arch
		return change, had
	}
	origin := bestOrigin(c.Origins)
	change.Origin, change.Suite = origin.Label, origin.Suite
	change.Security = isSecurity(origin.Label) || isSecurity(origin.Suite)
	if had {
		change.Security = s.archive.fromSecurity(old, old.Version, c.To)
	}
	return change, true
}

// autoAfter is the mark a package has to have afterwards: its own when it was
// installed, automatic when it comes as a dependency.
func autoAfter(inv inventory, old dpkgPackage, had bool) bool {
	return !had || inv.isAuto(old)
}

func actionOf(c simChange) agentapi.ChangeAction {
	switch {
	case c.Action != simInstall:
		return agentapi.ActionRemove
	case c.From == "":
		return agentapi.ActionInstall
	}
	switch order := compareVersions(c.To, c.From); {
	case order > 0:
		return agentapi.ActionUpgrade
	case order < 0:
		return agentapi.ActionDowngrade
	}
	return agentapi.ActionReinstall
}

// bestOrigin prefers the security pocket among the repositories of a version.
func bestOrigin(all []simOrigin) simOrigin {
	for _, o := range all {
		if isSecurity(o.Label) || isSecurity(o.Suite) {
			return o
		}
	}
	if len(all) == 0 {
		return simOrigin{}
	}
	return all[0]
}

func sortChanges(all []agentapi.Change) {
	slices.SortFunc(all, func(x, y agentapi.Change) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Arch, y.Arch), strings.Compare(string(x.Action), string(y.Action)))
	})
}

// allowed stops a transaction that takes packages away without consent.
func allowed(changes []agentapi.Change, removals bool) error {
	if removals {
		return nil
	}
	var names []string
	var details []agentapi.Detail
	for _, c := range changes {
		if c.Action == agentapi.ActionRemove {
			names = append(names, c.Name)
			details = append(details, agentapi.Detail{Field: "package", Value: c.Name, Message: "would be removed (installed: " + c.FromVersion + ")"})
		}
	}
	if len(names) == 0 {
		return nil
	}
	e := agentapi.NewError(agentapi.CodeRemovalsNotAllowed,
		"the updates would remove %s; allow removals, or exclude the updates that need them", strings.Join(names, ", "))
	e.Details = details
	return e
}

// complete fills in what follows from the changes.
func (a *APT) complete(ctx context.Context, inv inventory, p *agentapi.Plan) error {
	if p.Changes == nil {
		p.Changes = []agentapi.Change{}
	}
	p.RebootReasons, p.Restarts, p.Preflight = []string{}, []string{}, []agentapi.Check{}
	p.Rollback.Reasons = []string{}
	p.PlanHash, p.ComputedAt = planHash(p.Changes), a.clock.Now()
	if len(p.Changes) == 0 {
		return nil
	}
	if err := a.sizes(ctx, inv, p); err != nil {
		return err
	}
	a.effects(inv, p)
	return nil
}

// sizes reads what the transaction downloads and how much space it takes.
func (a *APT) sizes(ctx context.Context, inv inventory, p *agentapi.Plan) error {
	details, err := a.details(ctx, slices.DeleteFunc(slices.Clone(p.Changes), func(c agentapi.Change) bool {
		return c.ToVersion == "" || c.Origin == savedOrigin
	}))
	if err != nil {
		return err
	}
	for i, c := range p.Changes {
		if d := findDetails(details, inv, c.Name, c.Arch); c.ToVersion != "" && d != nil {
			p.Changes[i].SizeBytes = number(d["Size"])
			p.DiskBytes += number(d["Installed-Size"]) * 1024
		}
		if old, ok := inv.find(c.Name, c.Arch); ok {
			p.DiskBytes -= old.SizeKiB * 1024
		}
	}
	return a.downloadSize(ctx, p)
}

func (a *APT) downloadSize(ctx context.Context, p *agentapi.Plan) error {
	if isRestore(p.Changes) {
		return nil
	}
	args := append([]string{"apt-get", "--print-uris"}, transaction(*p, savedFiles{})...)
	out, err := a.ask(ctx, args...)
	if err != nil {
		return fmt.Errorf("read download size: %w", err)
	}
	for _, f := range parseURIs(out) {
		p.DownloadBytes += f.Bytes
	}
	return nil
}

// effects says what the transaction will restart, and whether it brings a kernel.
func (a *APT) effects(inv inventory, p *agentapi.Plan) {
	for _, c := range p.Changes {
		if isKernel(c.Name) && (c.Action == agentapi.ActionInstall || c.Action == agentapi.ActionUpgrade) {
			p.Reboot = true
			p.RebootReasons = append(p.RebootReasons, "kernel package "+c.Name+" "+c.ToVersion)
		}
		if old, ok := inv.find(c.Name, c.Arch); ok {
			p.Restarts = append(p.Restarts, a.restarts(old)...)
		}
	}
	slices.Sort(p.Restarts)
	p.Restarts = slices.Compact(p.Restarts)
}

// planHash identifies a transaction: the same changes give the same hash, on
// any host and at any time.
func planHash(changes []agentapi.Change) string {
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = strings.Join([]string{string(c.Action), c.Name, c.Arch, c.FromVersion, c.ToVersion}, unitSep)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
