package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// beginPasskeySignIn asks for any passkey of this manager, or, as the second
// factor of a sign-in, for one of that user. Who asks without being known is
// told nothing about any user.
func (s *Service) beginPasskeySignIn(ctx context.Context, origin, second string, c Caller) (Ceremony, error) {
	rp, err := s.relying.at(origin)
	if err != nil {
		return Ceremony{}, err
	}
	if second != "" {
		return s.beginSecondPasskey(ctx, rp, origin, second)
	}
	options, session, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin passkey sign-in: %w", err)
	}
	var out Ceremony
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		out, err = s.keepCeremony(ctx, tx, challengePasskeySignIn, ids.ID{}, ids.ID{}, ceremonyData{Origin: origin, Session: *session}, options.Response)
		return err
	})
	return out, err
}

func (s *Service) beginSecondPasskey(ctx context.Context, rp *webauthn.WebAuthn, origin, second string) (Ceremony, error) {
	waiting, found, err := readChallenge(ctx, s.db, challengeSecondFactor, hashOf(second))
	if err != nil {
		return Ceremony{}, err
	}
	if !found || !waiting.isOpen(s.clock.Now()) {
		return Ceremony{}, errChallengeEnded()
	}
	acc, found, err := accountByID(ctx, s.db, waiting.user)
	if err != nil || !found {
		return Ceremony{}, orEnded(err)
	}
	h, err := holderOf(ctx, s.db, acc.User)
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := beginLogin(rp, h)
	if err != nil {
		return Ceremony{}, err
	}
	var out Ceremony
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		out, err = s.keepCeremony(ctx, tx, challengePasskeySignIn, acc.ID, ids.ID{}, ceremonyData{Origin: origin, Session: *session, Second: second}, options.Response)
		return err
	})
	return out, err
}

func beginLogin(rp *webauthn.WebAuthn, h holder) (*protocol.CredentialAssertion, *webauthn.SessionData, error) {
	if len(h.keys) == 0 {
		return nil, nil, apierr.Conflict("no_passkey", "This account has no passkey. Use another second factor.")
	}
	options, session, err := rp.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fmt.Errorf("ask for passkey: %w", err)
	}
	return options, session, nil
}

// passkeySignIn signs in with a passkey: alone, because the device has verified
// its user and is itself the other factor, or behind a password.
func (s *Service) passkeySignIn(ctx context.Context, origin string, in PasskeyAnswer, c Caller) (grant, error) {
	a, err := s.begin(ctx, passkeyGuess, c)
	if err != nil {
		return grant{}, err
	}
	ch, d, rp, err := s.takeCeremony(ctx, challengePasskeySignIn, in.Ceremony, origin)
	if err != nil {
		return grant{}, err
	}
	acc, used, err := s.assert(ctx, rp, d.Session, ch.user, in.Credential)
	var refused *refusedAssertion
	if errors.As(err, &refused) {
		return grant{}, s.failPasskey(ctx, refused, c)
	}
	if err != nil {
		return grant{}, fmt.Errorf("check passkey: %w", err)
	}
	return s.enterByPasskey(ctx, acc, used, d.Second, a, c)
}

// refusedAssertion is a credential that does not sign in; user is zero when it
// belongs to nobody here.
type refusedAssertion struct {
	user   User
	reason string
}

func (r *refusedAssertion) Error() string { return "passkey refused: " + r.reason }

// assert verifies a credential. user is who must hold it, zero for whoever it
// belongs to.
func (s *Service) assert(ctx context.Context, rp *webauthn.WebAuthn, session webauthn.SessionData, user ids.ID, sent map[string]any) (account, storedPasskey, error) {
	text, err := asText(sent)
	if err != nil {
		return account{}, storedPasskey{}, fmt.Errorf("encode credential: %w", err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(text)
	if err != nil {
		return account{}, storedPasskey{}, &refusedAssertion{reason: "not understood"}
	}
	if user.IsZero() {
		copy(user[:], parsed.Response.UserHandle)
	}
	acc, h, err := s.credentialOwner(ctx, user)
	if err != nil {
		return account{}, storedPasskey{}, err
	}
	credential, err := validate(rp, h, session, parsed)
	if err != nil {
		slog.DebugContext(ctx, "passkey refused", "error", err)
		return account{}, storedPasskey{}, &refusedAssertion{user: acc.User, reason: "not valid"}
	}
	key, known := h.known(credential)
	switch {
	case !known:
		return account{}, storedPasskey{}, &refusedAssertion{user: acc.User, reason: "not of this user"}
	case credential.Authenticator.CloneWarning:
		return account{}, storedPasskey{}, &refusedAssertion{user: acc.User, reason: "its counter went back: there may be a copy"}
	case acc.disabledAt != nil:
		return account{}, storedPasskey{}, &refusedAssertion{user: acc.User, reason: string(failDisabled)}
	}
	key.credential = *credential
	return acc, key, nil
}

// credentialOwner is the account that a credential says it belongs to.
func (s *Service) credentialOwner(ctx context.Context, user ids.ID) (account, holder, error) {
	acc, found, err := accountByID(ctx, s.db, user)
	if err != nil {
		return account{}, holder{}, err
	}
	if !found {
		return account{}, holder{}, &refusedAssertion{reason: string(failUnknown)}
	}
	h, err := holderOf(ctx, s.db, acc.User)
	return acc, h, err
}

// validate takes the way that the ceremony was begun: for one user, or for
// whoever comes.
func validate(rp *webauthn.WebAuthn, h holder, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if len(session.UserID) > 0 {
		return rp.ValidateLogin(h, session, parsed)
	}
	_, credential, err := rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != string(h.WebAuthnID()) {
			return nil, errors.New("no such user")
		}
		return h, nil
	}, session, parsed)
	return credential, err
}

// failPasskey records a refused passkey and returns the one answer to all.
func (s *Service) failPasskey(ctx context.Context, refused *refusedAssertion, c Caller) error {
	target := audit.Target{Kind: "user"}
	if !refused.user.ID.IsZero() {
		target = refused.user.target()
	}
	anonymous := Actor{Address: c.Address, RequestID: c.RequestID}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		return audit.Append(ctx, tx, anonymous.Entry("session.login_failed", target, map[string]any{"method": string(MethodPasskey), "reason": refused.reason}))
	})
	if err != nil {
		return fmt.Errorf("record refused passkey: %w", err)
	}
	return errPasskey()
}

// enterByPasskey begins the session. A passkey is not stopped by the lock that
// wrong passwords have put on the account.
func (s *Service) enterByPasskey(ctx context.Context, acc account, used storedPasskey, second string, a attempt, c Caller) (grant, error) {
	now := s.clock.Now()
	methods := []Method{MethodPasskey}
	var g grant
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		if second != "" {
			waiting, found, err := s.takeChallenge(ctx, tx, challengeSecondFactor, second)
			if err != nil {
				return err
			}
			if !found || waiting.user != acc.ID {
				return errChallengeEnded()
			}
			methods = append(methodsOf(waiting.data), MethodPasskey)
		}
		// behind a provider's word the own factor is no sign-in of its own
		if err := s.refuseLocal(acc); err != nil && !slices.Contains(methods, MethodSSO) {
			return err
		}
		if err := usePasskey(ctx, tx, used.ID, used.credential, now); err != nil {
			return err
		}
		if err := a.succeed(ctx, tx); err != nil {
			return err
		}
		var err error
		g, err = s.completeSignIn(ctx, tx, acc, proof{methods: methods, mfaAt: &now}, c)
		return err
	})
	if err != nil {
		return grant{}, fmt.Errorf("sign in with passkey: %w", err)
	}
	return s.sign(ctx, g)
}
