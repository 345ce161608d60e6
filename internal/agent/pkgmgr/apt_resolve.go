package pkgmgr

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchmanager/internal/agentapi"
)

// maxRounds bounds how often the resolver is asked again after leaving out what
// it could not do, and how often its answer may still change when spelled out.
// Each round costs one simulation; real hosts need one or two.
const maxRounds = 25

// resolve finds the transaction for a selection and proves it.
func (a *APT) resolve(ctx context.Context, s *survey, sel *selection) ([]simChange, error) {
	sims := s.sim
	if !sel.all {
		var err error
		if sims, err = a.request(ctx, s, sel); err != nil {
			return nil, err
		}
	}
	for range maxRounds {
		changes := s.changes(sims)
		if len(changes) == 0 {
			return nil, nil
		}
		r, err := a.simulate(ctx, transaction(agentapi.Plan{Changes: changes, KeptBack: sel.kept}, savedFiles{})...)
		if err != nil {
			return nil, fmt.Errorf("simulate transaction: %w", err)
		}
		if r.ExitCode != 0 {
			return nil, a.simulationFailed(r)
		}
		next := parseSimulation(r.Stdout)
		if planHash(s.changes(next)) == planHash(changes) {
			return next, nil
		}
		sims = next
	}
	return nil, agentapi.NewError(agentapi.CodeDependencyConflict, "apt's resolver gives a different answer each time it is asked")
}

// request asks the resolver for the selected versions. Updates that are not
// possible without an excluded one are left out with apt's words, unless a
// person named them.
func (a *APT) request(ctx context.Context, s *survey, sel *selection) ([]simChange, error) {
	for range maxRounds {
		if len(sel.want) == 0 {
			return nil, nil
		}
		r, err := a.simulate(ctx, sel.arguments()...)
		if err != nil {
			return nil, fmt.Errorf("simulate selection: %w", err)
		}
		if r.ExitCode == 0 {
			return parseSimulation(r.Stdout), nil
		}
		if sel.named || !sel.leaveOut(s.inv, parseUnmet(r.Stdout)) {
			return nil, a.simulationFailed(r)
		}
	}
	return nil, agentapi.NewError(agentapi.CodeDependencyConflict, "no part of the selection can be installed without what is excluded")
}

// arguments name the wanted versions and what has to stay.
func (sel *selection) arguments() []string {
	args := []string{"-y", "--no-auto-remove", "install"}
	for _, p := range sel.want {
		args = append(args, exact(p.pkg.Name, p.pkg.Arch, p.to))
	}
	return append(args, pins(sel.kept)...)
}

// leaveOut moves what apt complains about from the wanted to the kept ones, and
// reports whether there was any such package.
func (sel *selection) leaveOut(inv inventory, unmet map[string][]string) bool {
	before := len(sel.want)
	sel.want = slices.DeleteFunc(sel.want, func(p pending) bool {
		for name, words := range unmet {
			if found, ok := inv.byAptName(name); ok && found.qualified() == p.pkg.qualified() {
				sel.leave(inv, p.pkg, joinWords(words))
				return true
			}
		}
		return false
	})
	return len(sel.want) < before
}

func joinWords(words []string) string { return strings.Join(words, "; ") }
