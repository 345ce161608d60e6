package pkgmgr

import (
	"context"
	"fmt"

	"patchmanager/internal/agentapi"
)

// survey is everything that is known about the pending updates of a host.
type survey struct {
	inv     inventory
	archive archive
	sim     []simChange     // the full upgrade, as apt's resolver would do it
	pending []pending       // sorted by name and architecture
	failed  *agentapi.Error // why apt cannot compute a full upgrade at all
}

// pending is one installed package for which something newer is offered.
type pending struct {
	pkg      dpkgPackage
	to       string
	security bool
	phased   bool
	chosen   bool   // the resolver upgrades it in a full upgrade
	reason   string // the resolver's words when it does not, and it is neither held nor phased
}

// simulate asks apt's resolver, without a lock and without a change. Of its
// output only the "Inst", "Remv" and "Purg" lines count.
func (a *APT) simulate(ctx context.Context, args ...string) (Result, error) {
	return a.run(ctx, append([]string{"apt-get", "-s", "-o", "Debug::NoLocking=1"}, args...)...)
}

// survey computes what is pending from the lists on disk.
func (a *APT) survey(ctx context.Context) (*survey, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return nil, err
	}
	arch, err := a.archive(ctx, inv.packages)
	if err != nil {
		return nil, err
	}
	r, err := a.simulate(ctx, "dist-upgrade")
	if err != nil {
		return nil, fmt.Errorf("simulate full upgrade: %w", err)
	}
	s := &survey{inv: inv, archive: arch}
	if r.ExitCode != 0 {
		s.failed = a.simulationFailed(r) // updates are pending all the same, and have to be seen
	} else {
		s.sim = parseSimulation(r.Stdout)
	}
	s.collect()
	return s, a.explainKept(ctx, s)
}

func (s *survey) collect() {
	chosen := map[string]string{}
	for _, c := range s.sim {
		if p, ok := s.inv.byAptName(c.Name); ok && c.Action == simInstall && c.From != "" {
			chosen[p.qualified()] = c.To
		}
	}
	for _, p := range s.inv.packages {
		if next, ok := s.next(p, chosen[p.qualified()]); ok {
			s.pending = append(s.pending, next)
		}
	}
}

// next is the update that is offered for a package, if any.
func (s *survey) next(p dpkgPackage, chosen string) (pending, bool) {
	pol := s.archive.policy(p)
	n := pending{pkg: p, to: chosen, chosen: chosen != ""}
	if !n.chosen {
		n.to = pol.Candidate
	}
	if n.to == "" || compareVersions(n.to, p.Version) <= 0 {
		n.to, n.chosen = pol.newestPhased(p.Version), false
	}
	if n.to == "" {
		return pending{}, false
	}
	offered, _ := pol.version(n.to)
	n.phased = offered.Phased && !n.chosen
	n.security = s.archive.fromSecurity(p, p.Version, n.to)
	return n, true
}

// newestPhased is a newer version that apt ranks so low, because the vendor has
// not released it to this host yet, that it is not even the candidate.
func (p policy) newestPhased(installed string) string {
	newest := ""
	for _, v := range p.Versions {
		if v.Phased && v.fetchable() && compareVersions(v.Version, installed) > 0 &&
			(newest == "" || compareVersions(v.Version, newest) > 0) {
			newest = v.Version
		}
	}
	return newest
}

// maxExplained bounds the one simulation that asks why packages are kept back.
const maxExplained = 50

// explainKept asks apt why it leaves out packages that are neither held nor phased.
func (a *APT) explainKept(ctx context.Context, s *survey) error {
	var kept []*pending
	for i := range s.pending {
		if p := &s.pending[i]; !p.chosen && !p.pkg.held() && !p.phased {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	if s.failed != nil {
		for _, p := range kept {
			p.reason = s.failed.Message
		}
		return nil
	}
	args := []string{"-y", "install"}
	for _, p := range kept[:min(len(kept), maxExplained)] {
		args = append(args, exact(p.pkg.Name, p.pkg.Arch, p.to))
	}
	r, err := a.simulate(ctx, args...)
	if err != nil {
		return fmt.Errorf("ask why packages are kept back: %w", err)
	}
	unmet := parseUnmet(r.Stdout)
	for _, p := range kept {
		p.reason = keptReason(unmet, s.inv, p.pkg)
	}
	return nil
}

// keptReason is apt's explanation, or that it gave none.
func keptReason(unmet map[string][]string, inv inventory, p dpkgPackage) string {
	for name, words := range unmet {
		if found, ok := inv.byAptName(name); ok && found.qualified() == p.qualified() {
			return joinWords(words)
		}
	}
	return "kept back by the resolver: it would change packages that have to stay"
}

// kept is why an update is not part of a full upgrade; empty when it is.
func (p pending) kept() string {
	switch {
	case p.pkg.held():
		return keptHeld
	case p.phased:
		return keptPhased
	case !p.chosen:
		return p.reason
	}
	return ""
}

// Reasons of [agentapi.Kept] that are words of the wire.
const (
	keptHeld        = "held"
	keptPhased      = "phased"
	keptExcluded    = "excluded"
	keptNotSecurity = "not_security"
	keptNotSelected = "not_selected"
)

// simulationFailed is the error for a resolver that found no solution.
func (a *APT) simulationFailed(r Result) *agentapi.Error {
	return a.Classify(Outcome{
		Phase: agentapi.PhasePreflight, ExitCode: r.ExitCode,
		Output: append(append([]byte{}, r.Stdout...), r.Stderr...),
	})
}
