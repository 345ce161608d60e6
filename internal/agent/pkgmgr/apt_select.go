package pkgmgr

import (
	"maps"
	"slices"
	"strings"

	"patchmanager/internal/agentapi"
)

// selection is what an order asks for, as packages with versions.
type selection struct {
	all   bool // the full upgrade, nothing chosen or left out
	named bool // a person named the packages: conflicts are errors, not omissions
	want  []pending
	kept  []agentapi.Kept
}

// selectUpdates applies the order to what is pending.
func selectUpdates(s *survey, o agentapi.ApplyRequest) (*selection, error) {
	if err := s.check(o); err != nil {
		return nil, err
	}
	sel := &selection{
		named: o.Packages != nil,
		all:   o.Packages == nil && !o.SecurityOnly && len(o.Exclude) == 0 && len(o.Versions) == 0,
	}
	for _, p := range slices.Concat(s.pending, s.onlyPinned(o.Versions)) {
		p, reason := s.decide(p, o)
		if reason == "" {
			sel.want = append(sel.want, p)
			continue
		}
		sel.leave(s.inv, p.pkg, reason)
	}
	return sel, nil
}

// onlyPinned are the packages with an ordered version that apt would not choose
// by itself, because the host prefers another one.
func (s *survey) onlyPinned(versions map[string]string) []pending {
	var all []pending
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		for _, p := range s.matching(name) {
			if !s.isPending(p) && !p.held() && versions[name] != p.Version {
				all = append(all, pending{pkg: p, to: versions[name]})
			}
		}
	}
	return all
}

func (sel *selection) leave(inv inventory, p dpkgPackage, reason string) {
	sel.kept = append(sel.kept, agentapi.Kept{Name: p.qualifiedFor(inv), Reason: reason, Auto: inv.isAuto(p)})
}

// qualifiedFor is the name as people write it: bare for native packages.
func (p dpkgPackage) qualifiedFor(inv inventory) string {
	if inv.isNative(p.Arch) {
		return p.Name
	}
	return p.qualified()
}

// decide says why an update is left out, or with which version it is wanted.
func (s *survey) decide(p pending, o agentapi.ApplyRequest) (pending, string) {
	names := matches(p.pkg)
	chosen := o.Packages != nil && slices.ContainsFunc(o.Packages, names)
	for name, version := range o.Versions {
		if names(name) {
			p.to, chosen = version, true
			p.security = s.archive.fromSecurity(p.pkg, p.pkg.Version, version)
		}
	}
	switch {
	case slices.ContainsFunc(o.Exclude, names):
		return p, keptExcluded
	case o.Packages != nil && !chosen:
		return p, keptNotSelected
	case o.SecurityOnly && !p.security:
		return p, keptNotSecurity
	case chosen && !p.pkg.held():
		return p, "" // naming a phased or kept-back package is asking for it
	}
	return p, p.kept()
}

// matches accepts the bare name and the name with architecture.
func matches(p dpkgPackage) func(string) bool {
	return func(name string) bool {
		bare, arch := splitName(name)
		return bare == p.Name && (arch == "" || arch == p.Arch)
	}
}

// check refuses names and versions that cannot be carried out. An order never
// installs a package that the host does not have.
func (s *survey) check(o agentapi.ApplyRequest) error {
	names := slices.Concat(o.Packages, slices.Sorted(maps.Keys(o.Versions)))
	if err := s.checkInstalled(names); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(o.Versions)) {
		if err := s.checkVersion(name, o.Versions[name]); err != nil {
			return err
		}
	}
	return s.checkHeld(names, o.Exclude)
}

func (s *survey) checkInstalled(names []string) error {
	var details []agentapi.Detail
	var missing []string
	for _, name := range names {
		if len(s.matching(name)) == 0 && !slices.Contains(missing, name) {
			missing = append(missing, name)
			details = append(details, agentapi.Detail{Field: "packages", Value: name, Message: "is not installed on this host"})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	e := agentapi.NewError(agentapi.CodePackageNotFound,
		"not installed on this host: %s; an update never installs a package that is not there", strings.Join(missing, ", "))
	e.Details = details
	return e
}

func (s *survey) matching(name string) []dpkgPackage {
	bare, _ := splitName(name)
	return slices.DeleteFunc(slices.Clone(s.inv.named(bare)), func(p dpkgPackage) bool { return !matches(p)(name) })
}

func (s *survey) checkVersion(name, version string) error {
	for _, p := range s.matching(name) {
		have, ok := s.archive.policy(p).version(version)
		if !ok || (!have.fetchable() && version != p.Version) {
			e := agentapi.NewError(agentapi.CodePackageNotFound, "no repository of this host offers %s in version %s", name, version)
			e.Details = []agentapi.Detail{{Field: "versions." + name, Value: version, Message: "not offered by any repository"}}
			return e
		}
		if compareVersions(version, p.Version) < 0 {
			e := agentapi.NewError(agentapi.CodeInvalid, "%s %s is older than the installed %s; updates never go back, a rollback does", name, version, p.Version)
			e.Details = []agentapi.Detail{{Field: "versions." + name, Value: version, Message: "older than the installed " + p.Version}}
			return e
		}
	}
	return nil
}

// checkHeld refuses to touch what the host's administrator holds.
func (s *survey) checkHeld(names, exclude []string) error {
	var held []string
	var details []agentapi.Detail
	for _, name := range names {
		for _, p := range s.matching(name) {
			if p.held() && !slices.ContainsFunc(exclude, matches(p)) && s.isPending(p) {
				held = append(held, name)
				details = append(details, agentapi.Detail{Field: "packages", Value: name, Message: "held on the host at " + p.Version})
			}
		}
	}
	if len(held) == 0 {
		return nil
	}
	held = slices.Compact(held)
	e := agentapi.NewError(agentapi.CodeDependencyConflict,
		"held on the host: %s; its administrator asked apt to keep the installed version (apt-mark unhold releases it)", strings.Join(held, ", "))
	e.Details = details
	return e
}

func (s *survey) isPending(p dpkgPackage) bool {
	return slices.ContainsFunc(s.pending, func(x pending) bool { return x.pkg.qualified() == p.qualified() })
}

// keptBack is what the transaction leaves out. What was not selected but is
// needed by what was, is not left out.
func (sel *selection) keptBack(inv inventory, changes []agentapi.Change) []agentapi.Kept {
	changed := map[string]bool{}
	for _, c := range changes {
		if p, ok := inv.find(c.Name, c.Arch); ok {
			changed[p.qualifiedFor(inv)] = true
		}
	}
	kept := []agentapi.Kept{}
	for _, k := range sel.kept {
		if !changed[k.Name] {
			kept = append(kept, k)
		}
	}
	slices.SortFunc(kept, func(x, y agentapi.Kept) int { return strings.Compare(x.Name, y.Name) })
	return kept
}
