package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

func (s *Service) beginPasskeyStepUp(ctx context.Context, actor Actor, origin string) (Ceremony, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return Ceremony{}, err
	}
	rp, err := s.relying.at(origin)
	if err != nil {
		return Ceremony{}, err
	}
	h, err := s.actorHolder(ctx, actor)
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := beginLogin(rp, h)
	if err != nil {
		return Ceremony{}, err
	}
	return s.storeCeremony(ctx, challengePasskeyStepUp, actor, ceremonyData{Origin: origin, Session: *session}, options.Response)
}

// passkeyStepUp makes the session fresh: it is still this user.
func (s *Service) passkeyStepUp(ctx context.Context, actor Actor, origin string, in PasskeyAnswer) (until time.Time, err error) {
	if err := actor.Require(OwnAccount); err != nil {
		return until, err
	}
	ch, d, rp, err := s.takeCeremony(ctx, challengePasskeyStepUp, in.Ceremony, origin)
	if err != nil {
		return until, err
	}
	if ch.session != actor.SessionID || ch.user != actor.UserID {
		return until, errCeremony()
	}
	_, used, err := s.assert(ctx, rp, d.Session, actor.UserID, in.Credential)
	var refused *refusedAssertion
	if errors.As(err, &refused) {
		return until, s.failStepUp(ctx, actor, refused)
	}
	if err != nil {
		return until, fmt.Errorf("check passkey: %w", err)
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := usePasskey(ctx, tx, used.ID, used.credential, s.clock.Now()); err != nil {
			return err
		}
		if until, err = s.stampFresh(ctx, tx, actor, MethodPasskey); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("session.step_up", sessionOf(actor), map[string]any{"method": string(MethodPasskey)}))
	})
	return until, err
}

func (s *Service) failStepUp(ctx context.Context, actor Actor, refused *refusedAssertion) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		details := map[string]any{"method": string(MethodPasskey), "reason": refused.reason}
		return audit.Append(ctx, tx, actor.Entry("session.step_up_failed", sessionOf(actor), details))
	})
	if err != nil {
		return fmt.Errorf("record refused passkey: %w", err)
	}
	return apierr.Invalid(apierr.Detail{Field: "credential", Message: "This passkey was not accepted. Try again, or confirm another way."})
}

// sessionOf names the actor's session in the audit trail.
func sessionOf(a Actor) audit.Target {
	return audit.Target{Kind: "session", ID: a.SessionID.String(), Name: a.Name}
}
