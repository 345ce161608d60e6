package audittrail

import (
	"context"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Deps is what a Service works with.
type Deps struct {
	DB    *db.DB
	Trail *audit.Service
}

// Service reads the trail for an actor.
type Service struct {
	db    *db.DB
	trail *audit.Service
}

// New makes a Service.
func New(d Deps) *Service { return &Service{db: d.DB, trail: d.Trail} }

// mayRead admits who may read the trail. It is about everything: a token that
// is narrowed to some groups would see the others in it.
func mayRead(actor auth.Actor) error {
	if err := actor.Require(auth.ReadAudit); err != nil {
		return err
	}
	if actor.Groups != nil {
		return apierr.Forbidden("forbidden", "This API token is narrowed to groups; the audit trail is about everything.")
	}
	return nil
}

// List returns the entries that a filter chooses, newest first.
func (s *Service) List(ctx context.Context, actor auth.Actor, f audit.Filter) ([]audit.Row, int, error) {
	if err := mayRead(actor); err != nil {
		return nil, 0, err
	}
	return audit.List(ctx, s.db, f)
}

// Facets returns what the list can be filtered by.
func (s *Service) Facets(ctx context.Context, actor auth.Actor) ([]audit.ActionCount, []audit.ActorCount, error) {
	if err := mayRead(actor); err != nil {
		return nil, nil, err
	}
	return audit.Facets(ctx, s.db)
}

// Prove proves that an entry is in the signed tree.
func (s *Service) Prove(ctx context.Context, actor auth.Actor, id int64) (audit.Proof, error) {
	if err := mayRead(actor); err != nil {
		return audit.Proof{}, err
	}
	return s.trail.Prove(ctx, id)
}

// Verify orders a verification, or returns the one that is running.
func (s *Service) Verify(ctx context.Context, actor auth.Actor) (audit.Verification, error) {
	if err := mayRead(actor); err != nil {
		return audit.Verification{}, err
	}
	return s.trail.StartVerification(ctx, audit.TriggerPerson, actor.Entry("", audit.Target{}, nil))
}

// Verification returns one verification.
func (s *Service) Verification(ctx context.Context, actor auth.Actor, id ids.ID) (audit.Verification, error) {
	if err := mayRead(actor); err != nil {
		return audit.Verification{}, err
	}
	return s.trail.Verification(ctx, id)
}

// Verifications returns the newest verifications.
func (s *Service) Verifications(ctx context.Context, actor auth.Actor, limit, offset int) ([]audit.Verification, int, error) {
	if err := mayRead(actor); err != nil {
		return nil, 0, err
	}
	return s.trail.Verifications(ctx, limit, offset)
}

// Checkpoints returns the newest checkpoints.
func (s *Service) Checkpoints(ctx context.Context, actor auth.Actor, limit, offset int) ([]audit.Checkpoint, int, error) {
	if err := mayRead(actor); err != nil {
		return nil, 0, err
	}
	return audit.ListCheckpoints(ctx, s.db, limit, offset)
}

// Key returns the key that checkpoints are signed with.
func (s *Service) Key(actor auth.Actor) (*audit.Key, error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	return s.trail.Key(), nil
}

// Export begins an export; it is in the trail when this returns.
func (s *Service) Export(ctx context.Context, actor auth.Actor, format audit.ExportFormat, f audit.Filter) (*audit.Export, error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	return s.trail.BeginExport(ctx, format, f, actor.Entry("", audit.Target{}, nil))
}
