package settings

import (
	"context"
	"time"

	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/runner"
)

// readEvery keeps the promise of two seconds when a notification is lost.
const readEvery = 1500 * time.Millisecond

// Loops is what every process runs, whatever its role.
func (s *Service) Loops() []runner.Loop {
	return []runner.Loop{{Name: "settings", Interval: readEvery, Nudge: s.nudge, Once: s.once}}
}

func (s *Service) once(ctx context.Context) (again bool, err error) {
	if err := s.Load(ctx); err != nil {
		return false, err
	}
	if !pick(*s.memory.Load(), access).isOver(s.now()) {
		return false, nil
	}
	return false, s.revert(ctx)
}

// revert writes the previous value back once the trial is over. All processes
// may try: the first one does it.
func (s *Service) revert(ctx context.Context) error {
	_, err := edit(ctx, s, auth.System("settings"), access, "revert", func(_ db.Tx, old kept[Access]) (kept[Access], error) {
		if !old.isOver(s.now()) {
			return old, errNothing
		}
		return kept[Access]{value: *old.previous}, nil
	})
	return err
}
