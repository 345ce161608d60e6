package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// RevokeToken ends one of the actor's own API tokens; those of others do not
// exist.
func (s *Service) RevokeToken(ctx context.Context, actor Actor, id ids.ID) error {
	if err := actor.Require(OwnAccount); err != nil {
		return err
	}
	return s.revoke(ctx, actor, actor.UserID, id)
}

// RevokeUserToken ends an API token of any user.
func (s *Service) RevokeUserToken(ctx context.Context, actor Actor, user, id ids.ID) error {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return err
	}
	return s.revoke(ctx, actor, user, id)
}

func (s *Service) revoke(ctx context.Context, actor Actor, user, id ids.ID) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		t, found, err := revokeToken(ctx, tx, user, id, s.clock.Now())
		if err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("API token")
		}
		return audit.Append(ctx, tx, actor.Entry("api_token.revoke", t.target(), map[string]any{"user_id": user.String()}))
	})
	if err != nil {
		return fmt.Errorf("revoke API token: %w", err)
	}
	return nil
}
