package agent

import (
	"context"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
)

// serial lets one question at a time through to a package manager. Methods that
// only describe a command or read a line are passed on as they are.
type serial struct {
	pkgmgr.Manager
	turn chan struct{}
}

// Serialize makes a package manager safe for concurrent use.
func Serialize(m pkgmgr.Manager) pkgmgr.Manager {
	if s, ok := m.(*serial); ok {
		return s
	}
	return &serial{Manager: m, turn: make(chan struct{}, 1)}
}

// ask runs a question when it is its turn, or not at all when ctx ends first.
func ask[T any](ctx context.Context, s *serial, question func() (T, error)) (T, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	defer func() { <-s.turn }()
	return question()
}

// Installed implements pkgmgr.Manager.
func (s *serial) Installed(ctx context.Context) ([]agentapi.Package, error) {
	return ask(ctx, s, func() ([]agentapi.Package, error) { return s.Manager.Installed(ctx) })
}

// Fingerprint implements pkgmgr.Manager.
func (s *serial) Fingerprint(ctx context.Context) (string, error) {
	return ask(ctx, s, func() (string, error) { return s.Manager.Fingerprint(ctx) })
}

// Patches implements pkgmgr.Manager.
func (s *serial) Patches(ctx context.Context) (agentapi.PatchList, error) {
	return ask(ctx, s, func() (agentapi.PatchList, error) { return s.Manager.Patches(ctx) })
}

// Repositories implements pkgmgr.Manager.
func (s *serial) Repositories(ctx context.Context) ([]agentapi.Repository, error) {
	return ask(ctx, s, func() ([]agentapi.Repository, error) { return s.Manager.Repositories(ctx) })
}

// Problems implements pkgmgr.Manager.
func (s *serial) Problems(ctx context.Context) ([]string, error) {
	return ask(ctx, s, func() ([]string, error) { return s.Manager.Problems(ctx) })
}

// Plan implements pkgmgr.Manager.
func (s *serial) Plan(ctx context.Context, o pkgmgr.Order) (agentapi.Plan, error) {
	return ask(ctx, s, func() (agentapi.Plan, error) { return s.Manager.Plan(ctx, o) })
}

// Preflight implements pkgmgr.Manager.
func (s *serial) Preflight(ctx context.Context, p agentapi.Plan, cacheDir string) []agentapi.Check {
	checks, err := ask(ctx, s, func() ([]agentapi.Check, error) { return s.Manager.Preflight(ctx, p, cacheDir), nil })
	if err != nil {
		return []agentapi.Check{{Name: "agent", Level: agentapi.CheckFail, Detail: "the check was interrupted", Code: agentapi.CodeAgentRestarted}}
	}
	return checks
}

// Readiness implements pkgmgr.Manager.
func (s *serial) Readiness(ctx context.Context, p agentapi.Plan) agentapi.Rollback {
	return interrupted(ask(ctx, s, func() (agentapi.Rollback, error) { return s.Manager.Readiness(ctx, p), nil }))
}

// Saved implements pkgmgr.Manager.
func (s *serial) Saved(ctx context.Context, p agentapi.Plan, dir string) agentapi.Rollback {
	return interrupted(ask(ctx, s, func() (agentapi.Rollback, error) { return s.Manager.Saved(ctx, p, dir), nil }))
}

func interrupted(r agentapi.Rollback, err error) agentapi.Rollback {
	if err != nil {
		return agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{"the saved packages could not be looked at: " + err.Error()}}
	}
	return r
}

// Save implements pkgmgr.Manager.
func (s *serial) Save(ctx context.Context, p agentapi.Plan, dir string) ([]pkgmgr.Command, error) {
	return ask(ctx, s, func() ([]pkgmgr.Command, error) { return s.Manager.Save(ctx, p, dir) })
}

// Finish implements pkgmgr.Manager.
func (s *serial) Finish(ctx context.Context, p agentapi.Plan, o pkgmgr.Order) ([]pkgmgr.Command, error) {
	return ask(ctx, s, func() ([]pkgmgr.Command, error) { return s.Manager.Finish(ctx, p, o) })
}

// Repair implements pkgmgr.Manager.
func (s *serial) Repair(ctx context.Context) ([]pkgmgr.Command, error) {
	return ask(ctx, s, func() ([]pkgmgr.Command, error) { return s.Manager.Repair(ctx) })
}

// Versions implements pkgmgr.Manager.
func (s *serial) Versions(ctx context.Context, changes []agentapi.Change) (map[string]string, error) {
	return ask(ctx, s, func() (map[string]string, error) { return s.Manager.Versions(ctx, changes) })
}

// Busy implements pkgmgr.Manager.
func (s *serial) Busy(ctx context.Context) (string, error) {
	return ask(ctx, s, func() (string, error) { return s.Manager.Busy(ctx) })
}

// NeedsReboot implements pkgmgr.Manager.
func (s *serial) NeedsReboot(ctx context.Context) (bool, []string, error) {
	type need struct {
		is  bool
		why []string
	}
	n, err := ask(ctx, s, func() (need, error) {
		is, why, err := s.Manager.NeedsReboot(ctx)
		return need{is, why}, err
	})
	return n.is, n.why, err
}
