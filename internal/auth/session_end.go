package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Ended says how many sessions were ended.
type Ended struct {
	Ended int64 `json:"ended"`
}

// EndSession ends one of the actor's own sessions; those of others do not exist.
func (s *Service) EndSession(ctx context.Context, actor Actor, id ids.ID) error {
	if err := actor.Require(OwnAccount); err != nil {
		return err
	}
	return s.endOne(ctx, actor, actor.UserID, id, endByUser)
}

// EndUserSession ends one session of any user.
func (s *Service) EndUserSession(ctx context.Context, actor Actor, user, id ids.ID) error {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return err
	}
	return s.endOne(ctx, actor, user, id, endByAdmin)
}

func (s *Service) endOne(ctx context.Context, actor Actor, user, id ids.ID, why endReason) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		acc, found, err := accountByID(ctx, tx, user)
		if err != nil {
			return err
		}
		ended := false
		if found {
			if ended, err = endSessionOf(ctx, tx, user, id, why, s.clock.Now()); err != nil {
				return err
			}
		}
		if !ended {
			return apierr.NotFound("session")
		}
		return audit.Append(ctx, tx, actor.Entry("session.end", sessionTarget(id, acc.User), map[string]any{"user_id": user.String()}))
	})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndOtherSessions ends all sessions of the actor but the one that asks.
func (s *Service) EndOtherSessions(ctx context.Context, actor Actor) (Ended, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return Ended{}, err
	}
	return s.endAll(ctx, actor, actor.UserID, actor.SessionID, endByUser)
}

// EndUserSessions ends all sessions of a user; the administrator's own one, when
// it is their own account, goes with them.
func (s *Service) EndUserSessions(ctx context.Context, actor Actor, user ids.ID) (Ended, error) {
	if err := actor.RequireFresh(ManageUsers, s.clock.Now()); err != nil {
		return Ended{}, err
	}
	return s.endAll(ctx, actor, user, ids.ID{}, endByAdmin)
}

func (s *Service) endAll(ctx context.Context, actor Actor, user, but ids.ID, why endReason) (e Ended, err error) {
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		acc, found, err := accountByID(ctx, tx, user)
		if err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("user")
		}
		if e.Ended, err = endSessionsBut(ctx, tx, user, but, why, s.clock.Now()); err != nil || e.Ended == 0 {
			return err
		}
		details := map[string]any{"sessions_ended": e.Ended, "all_but_own": !but.IsZero()}
		return audit.Append(ctx, tx, actor.Entry("session.end_all", acc.target(), details))
	})
	if err != nil {
		return Ended{}, fmt.Errorf("end sessions: %w", err)
	}
	return e, nil
}
