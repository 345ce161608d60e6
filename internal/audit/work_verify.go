package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// verifyArgs asks for one verification.
type verifyArgs struct {
	ID ids.ID `json:"id"`
}

// Kind implements river.JobArgs.
func (verifyArgs) Kind() string { return "audit.verify" }

// InsertOpts implements river.JobArgsWithInsertOpts: only trouble with the
// database is tried again.
func (verifyArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 5} }

// sliceTime is below the two minutes that a background job may take. A longer
// walk goes on in the next job where this one stopped.
const sliceTime = time.Minute

type verifyWorker struct {
	river.WorkerDefaults[verifyArgs]
	s *Service
}

// Work walks for a while. It may be cut off anywhere and run again.
func (w *verifyWorker) Work(ctx context.Context, j *river.Job[verifyArgs]) error {
	done, err := w.s.verifySlice(ctx, j.Args.ID)
	switch {
	case ctx.Err() != nil:
		return river.JobSnooze(0) // this process stops; another one goes on
	case err != nil && j.Attempt >= j.MaxAttempts:
		slog.ErrorContext(ctx, "audit verification could not be carried out", "verification", j.Args.ID, "error", err)
		return w.s.finish(ctx, j.Args.ID, VerificationFailed, nil)
	case err != nil:
		return err
	case !done:
		return river.JobSnooze(0)
	}
	return nil
}

// dailyArgs orders the daily verification.
type dailyArgs struct{}

// Kind implements river.JobArgs.
func (dailyArgs) Kind() string { return "audit.verify_daily" }

type dailyWorker struct {
	river.WorkerDefaults[dailyArgs]
	s *Service
}

// Work orders it.
func (w *dailyWorker) Work(ctx context.Context, _ *river.Job[dailyArgs]) error {
	_, err := w.s.StartVerification(ctx, TriggerPeriodic, Entry{})
	return err
}

// verifySlice goes on with a verification for at most sliceTime.
func (s *Service) verifySlice(ctx context.Context, id ids.ID) (done bool, err error) {
	v, found, err := verificationByID(ctx, s.db, id)
	if err != nil || !found || v.State != VerificationRunning {
		return true, err
	}
	outside, err := s.openOutside() // before the snapshot: it may only know of older checkpoints
	if err != nil {
		return false, err
	}
	defer outside.close()
	var broken *Break
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, s.db.Pool, snapshot, func(tx db.Tx) error {
		p := &patrol{s: s, tx: tx, id: id, outside: outside, until: s.clock.Now().Add(sliceTime)}
		broken, done, err = p.walk(ctx, v.progress)
		return err
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("verify audit trail: %w", err)
	case broken != nil:
		return true, s.finish(ctx, id, VerificationBroken, broken)
	case done:
		return true, s.finish(ctx, id, VerificationIntact, nil)
	}
	return false, nil
}

// finish ends a verification, in the trail as well.
func (s *Service) finish(ctx context.Context, id ids.ID, state VerificationState, b *Break) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		fresh, err := endVerification(ctx, tx, id, state, b, s.now())
		if err != nil || !fresh {
			return err
		}
		return Append(ctx, tx, findingEntry(id, state, b))
	})
	if err != nil {
		return fmt.Errorf("finish audit verification: %w", err)
	}
	if b != nil {
		s.alarm(ctx, *b)
	}
	return nil
}

func (s *Service) alarm(ctx context.Context, b Break) {
	s.broken.Store(true)
	slog.ErrorContext(ctx, "the audit trail is broken; see docs/howto/audit.md", "kind", string(b.Kind), "row", b.ID, "detail", b.Detail)
}

func findingEntry(id ids.ID, state VerificationState, b *Break) Entry {
	details := map[string]any{"state": string(state)}
	if b != nil {
		details["kind"], details["row"], details["detail"] = string(b.Kind), b.ID, b.Detail
	}
	return Entry{Actor: system, Action: actionVerified, Target: Target{Kind: "audit_verification", ID: id.String()}, Details: details}
}

// noteBreak writes down what the signer found, once.
func (s *Service) noteBreak(ctx context.Context, b Break) error {
	fresh := false
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		if err := lockVerifications(ctx, tx); err != nil {
			return err
		}
		known, found, err := newestFinding(ctx, tx)
		if err != nil || (found && known.Break != nil) {
			return err
		}
		fresh = true
		now := s.now()
		v := Verification{ID: ids.New(), State: VerificationBroken, Trigger: TriggerPeriodic, StartedAt: now, FinishedAt: &now, Break: &b}
		if err := insertVerification(ctx, tx, v); err != nil {
			return err
		}
		return Append(ctx, tx, findingEntry(v.ID, v.State, &b))
	})
	if err != nil {
		return fmt.Errorf("note broken audit trail: %w", err)
	}
	if fresh {
		s.alarm(ctx, b)
	}
	return nil
}

// resumeWalk reads where a verification stopped.
func resumeWalk(progress json.RawMessage) (*walker, error) {
	var w walker
	if err := json.Unmarshal(progress, &w); err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return &w, nil
}

// AddWorkers registers the package's background work.
func (s *Service) AddWorkers(w *river.Workers) {
	river.AddWorker(w, &verifyWorker{s: s})
	river.AddWorker(w, &dailyWorker{s: s})
	river.AddWorker(w, &pruneWorker{s: s})
}

// Periodic is the package's work by the clock.
func (s *Service) Periodic() []*river.PeriodicJob {
	verify := func() (river.JobArgs, *river.InsertOpts) { return dailyArgs{}, nil }
	prune := func() (river.JobArgs, *river.InsertOpts) { return pruneArgs{}, nil }
	return []*river.PeriodicJob{
		river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour), verify, &river.PeriodicJobOpts{ID: "audit_verify_daily", RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(time.Hour), prune, &river.PeriodicJobOpts{ID: "audit_prune"}),
	}
}
