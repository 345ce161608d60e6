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

// gate is what a signed-in user has to do before anything else.
type gate struct {
	password bool // choose a password
	factor   bool // set up a second factor
}

// What may be called before. The password comes first: it was given out by
// somebody else.
var (
	beforePassword = map[string]bool{opMe: true, opChangePassword: true}
	beforeFactor   = map[string]bool{opMe: true, opChangePassword: true, opMFA: true, opBeginTOTP: true, opConfirmTOTP: true,
		opPasskeyOptions: true, opPasskeyRegister: true}
)

// refuse refuses with 403 what the gate does not let through.
func (g gate) refuse(operation string) error {
	switch {
	case g.password && !beforePassword[operation]:
		return errPasswordChange()
	case g.factor && !beforeFactor[operation]:
		return errMFASetup()
	}
	return nil
}

// Authenticate returns the actor of an access token. It refuses with 401 what
// is not signed in, and with 403 a user who must change the password or set up a
// second factor first.
func (s *Service) Authenticate(ctx context.Context, bearer string, addr netip.Addr) (Actor, error) {
	actor, g, err := s.identify(ctx, bearer, addr)
	if err == nil {
		err = g.refuse("")
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
	actor, g, err := s.actorOf(ctx, session, addr)
	if err == nil {
		err = g.refuse("")
	}
	if err != nil {
		return Actor{}, err
	}
	return actor, nil
}

// identify is Authenticate without the gate.
func (s *Service) identify(ctx context.Context, bearer string, addr netip.Addr) (actor Actor, g gate, err error) {
	if bearer == "" {
		return Actor{}, gate{}, errToken()
	}
	if isAPIToken(bearer) {
		actor, err = s.tokenActor(ctx, bearer, addr)
		return actor, gate{}, err
	}
	user, session, err := s.keys.verify(ctx, bearer)
	if err != nil {
		return Actor{}, gate{}, err
	}
	actor, g, err = s.actorOf(ctx, session, addr)
	if err == nil && actor.UserID != user {
		err = errToken()
	}
	if err != nil {
		return Actor{}, gate{}, err
	}
	return actor, g, nil
}

// actorOf reads session and user anew with each request. A session that never
// showed a second factor stays behind the gate, also when the user has one by
// now: it was begun with a password alone.
func (s *Service) actorOf(ctx context.Context, id ids.ID, addr netip.Addr) (actor Actor, g gate, err error) {
	ses, acc, found, err := sessionAccount(ctx, s.db, id)
	if err != nil {
		return Actor{}, gate{}, fmt.Errorf("check session: %w", err)
	}
	if !found || !ses.isActive(s.clock.Now()) || acc.disabledAt != nil {
		return Actor{}, gate{}, errSessionEnded()
	}
	c := Caller{Address: addr, RequestID: httpx.RequestID(ctx)}
	actor = c.as(acc.User, ses.id)
	actor.Ungrouped = s.rules().UngroupedSeen
	if at := ses.proof.mfaAt; at != nil {
		actor.FreshUntil = at.Add(s.rules().FreshFor)
	}
	return actor, gate{password: acc.MustChangePassword, factor: ses.proof.mfaAt == nil}, nil
}
