package auth

import (
	"context"
	"fmt"
	"net/netip"

	"patchmanager/internal/apierr"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

func errPasswordChange() error {
	return apierr.Forbidden("password_change_required", "Choose a password of your own first.")
}

// Authenticate returns the actor of an access token. It refuses with 401 what
// is not signed in, and with 403 a user who must change the password first.
func (s *Service) Authenticate(ctx context.Context, bearer string, addr netip.Addr) (Actor, error) {
	actor, mustChange, err := s.identify(ctx, bearer, addr)
	if err == nil && mustChange {
		err = errPasswordChange()
	}
	if err != nil {
		return Actor{}, err
	}
	return actor, nil
}

// SessionActor returns the actor of a session, as it is now, for connections
// that outlive their access token: a WebSocket asks again every few seconds and
// closes on an error that apierr.As knows.
func (s *Service) SessionActor(ctx context.Context, session ids.ID, addr netip.Addr) (Actor, error) {
	actor, mustChange, err := s.actorOf(ctx, session, addr)
	if err == nil && mustChange {
		err = errPasswordChange()
	}
	if err != nil {
		return Actor{}, err
	}
	return actor, nil
}

// identify is Authenticate without the gate of the password change.
func (s *Service) identify(ctx context.Context, bearer string, addr netip.Addr) (actor Actor, mustChange bool, err error) {
	if bearer == "" {
		return Actor{}, false, errToken()
	}
	user, session, err := s.keys.verify(ctx, bearer)
	if err != nil {
		return Actor{}, false, err
	}
	actor, mustChange, err = s.actorOf(ctx, session, addr)
	if err == nil && actor.UserID != user {
		err = errToken()
	}
	if err != nil {
		return Actor{}, false, err
	}
	return actor, mustChange, nil
}

// actorOf reads session and user anew with each request.
func (s *Service) actorOf(ctx context.Context, id ids.ID, addr netip.Addr) (actor Actor, mustChange bool, err error) {
	ses, acc, found, err := sessionAccount(ctx, s.db, id)
	if err != nil {
		return Actor{}, false, fmt.Errorf("check session: %w", err)
	}
	if !found || !ses.isActive(s.clock.Now()) || acc.disabledAt != nil {
		return Actor{}, false, errSessionEnded()
	}
	c := Caller{Address: addr, RequestID: httpx.RequestID(ctx)}
	actor = c.as(acc.User, ses.id)
	actor.Ungrouped = s.rules().UngroupedSeen
	if at := ses.proof.mfaAt; at != nil {
		actor.FreshUntil = at.Add(s.rules().FreshFor)
	}
	return actor, acc.MustChangePassword, nil
}
