package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// VerificationState says how far a verification is.
type VerificationState string

// States of a verification. Running becomes one of the others and stays it.
const (
	VerificationRunning VerificationState = "running"
	VerificationIntact  VerificationState = "intact"
	VerificationBroken  VerificationState = "broken"
	VerificationFailed  VerificationState = "failed" // could not be carried out; says nothing about the trail
)

// Trigger says who asked.
type Trigger string

// Triggers.
const (
	TriggerPerson   Trigger = "person"
	TriggerPeriodic Trigger = "periodic"
)

// Verification is one walk over the whole trail.
type Verification struct {
	ID         ids.ID
	State      VerificationState
	Trigger    Trigger
	Checked    int64 // rows
	Total      int64 // rows when it began
	StartedAt  time.Time
	FinishedAt *time.Time
	Break      *Break
	Checkpoint *CheckpointRef // the newest one that was checked

	progress json.RawMessage
}

// CheckpointRef names a checkpoint.
type CheckpointRef struct {
	Size int64
	At   time.Time
}

// Actions of this package.
const (
	actionVerify   = "audit.verify"
	actionVerified = "audit.verified"
	actionPrune    = "audit.prune"
	actionExport   = "audit.export"
)

// system acts where no person does.
var system = Actor{Kind: KindSystem, ID: "audit", Name: "audit"}

// runningFor is how long a running verification stands for a new one. Above it
// the queue has given it up.
const runningFor = time.Hour

// StartVerification orders one, or returns the one that is running. A person's
// order is in the trail: by completes the entry.
func (s *Service) StartVerification(ctx context.Context, t Trigger, by Entry) (v Verification, err error) {
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := lockVerifications(ctx, tx); err != nil {
			return err
		}
		var found bool
		if v, found, err = runningVerification(ctx, tx, s.now().Add(-runningFor)); err != nil || found {
			return err
		}
		if v, err = s.order(ctx, tx, t); err != nil || t != TriggerPerson {
			return err
		}
		by.Action, by.Target = actionVerify, Target{Kind: "audit_verification", ID: v.ID.String()}
		return Append(ctx, tx, by)
	})
	if err != nil {
		return v, fmt.Errorf("start audit verification: %w", err)
	}
	return v, nil
}

func (s *Service) order(ctx context.Context, tx db.Tx, t Trigger) (Verification, error) {
	first, err := firstRow(ctx, tx)
	if err != nil {
		return Verification{}, err
	}
	last, err := lastRow(ctx, tx)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{ID: ids.New(), State: VerificationRunning, Trigger: t, Total: last - first + 1, StartedAt: s.now()}
	if err := insertVerification(ctx, tx, v); err != nil {
		return v, err
	}
	if _, err := s.queue.InsertTx(ctx, tx, verifyArgs{v.ID}, nil); err != nil {
		return v, fmt.Errorf("order verification: %w", err)
	}
	return v, nil
}

// Verification returns one.
func (s *Service) Verification(ctx context.Context, id ids.ID) (Verification, error) {
	v, found, err := verificationByID(ctx, s.db, id)
	if err == nil && !found {
		err = apierr.NotFound("verification")
	}
	return v, err
}

// Verifications returns the newest ones, and how many there are.
func (s *Service) Verifications(ctx context.Context, limit, offset int) ([]Verification, int, error) {
	return listVerifications(ctx, s.db, limit, offset)
}

// look notes for the metric what the newest verification said.
func (s *Service) look(ctx context.Context) (bool, error) {
	v, found, err := newestFinding(ctx, s.db)
	if err != nil {
		return false, err
	}
	s.broken.Store(found && v.State == VerificationBroken)
	return false, nil
}
