package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// useTOTP checks a code and uses its step up: the row moves to that step only
// from an earlier one, so of two processes that take the same code one wins.
func (s *Service) useTOTP(code string) useCode {
	return func(ctx context.Context, tx db.Tx, user ids.ID) (failReason, error) {
		t, found, err := readTOTP(ctx, tx, user)
		if err != nil || !found || t.sealed == nil {
			return failCode, err
		}
		key, err := s.openTOTP(user, t.sealed)
		if err != nil {
			return "", err
		}
		now := s.clock.Now()
		step, ok, err := key.match(code, now)
		if err != nil || !ok {
			return failCode, err
		}
		first, err := advanceTOTP(ctx, tx, user, step)
		if err == nil && !first {
			return failReplay, nil
		}
		return "", err
	}
}

func (s *Service) openTOTP(user ids.ID, sealed []byte) (totpKey, error) {
	key, err := s.sealer.Open(totpPurpose(user), sealed)
	if err != nil {
		return nil, fmt.Errorf("open authenticator key of user %s (was the key file replaced? recovery codes and passkeys still work): %w", user, err)
	}
	return key, nil
}

// beginTOTP makes a key and keeps it beside the one in force until its first
// code is shown. The client does not choose it.
func (s *Service) beginTOTP(ctx context.Context, actor Actor) (TOTPSetup, error) {
	key := totpKey(randomBytes(totpKeySize))
	sealed, err := s.sealer.Seal(totpPurpose(actor.UserID), key)
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("seal authenticator key: %w", err)
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if _, err := s.changeFactors(ctx, tx, actor); err != nil {
			return err
		}
		if err := setPendingTOTP(ctx, tx, actor.UserID, sealed, s.clock.Now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("user.totp_begin", actor.self(), nil))
	})
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("begin authenticator set-up: %w", err)
	}
	uri := key.uri(actor.Name)
	rows, err := qrRows(uri)
	return TOTPSetup{Secret: key.base32(), URI: uri, QR: rows}, err
}

// changeFactors holds the user's row and checks that the actor may change the
// second factors: see requireFactorChange.
func (s *Service) changeFactors(ctx context.Context, tx db.Tx, actor Actor) (factors, error) {
	still, err := lockUser(ctx, tx, actor.UserID)
	if err != nil || !still {
		return factors{}, orEnded(err)
	}
	return s.requireFactorChange(ctx, tx, actor)
}

// self names the actor's own user in the audit trail.
func (a Actor) self() audit.Target {
	return audit.Target{Kind: "user", ID: a.UserID.String(), Name: a.Name}
}

// confirmed is the answer to the first code of an authenticator.
type confirmed struct {
	codes []string // nil: there were some already
	grant *grant   // the session that replaces the restricted one; nil: it goes on
}

// confirmTOTP puts the pending key in force. When it is the first factor, the
// restricted session ends and a full one begins: what was begun with a password
// alone never becomes more.
func (s *Service) confirmTOTP(ctx context.Context, actor Actor, code string, c Caller) (confirmed, error) {
	var out confirmed
	var wrong bool
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		f, err := s.changeFactors(ctx, tx, actor)
		if err != nil {
			return err
		}
		right, err := s.acceptPending(ctx, tx, actor.UserID, code)
		if wrong = err == nil && !right; err != nil || wrong {
			return err
		}
		out, err = s.finishTOTP(ctx, tx, actor, !f.any(), c)
		return err
	})
	if err != nil {
		return confirmed{}, fmt.Errorf("confirm authenticator: %w", err)
	}
	if wrong {
		return confirmed{}, errWrongCodeField()
	}
	if out.grant != nil {
		g, err := s.sign(ctx, *out.grant)
		if err != nil {
			return confirmed{}, err
		}
		out.grant = &g
	}
	return out, nil
}

// acceptPending checks the first code of a pending key and puts it in force; its
// step is used up with it.
func (s *Service) acceptPending(ctx context.Context, tx db.Tx, user ids.ID, code string) (bool, error) {
	now := s.clock.Now()
	t, _, err := readTOTP(ctx, tx, user)
	if err != nil {
		return false, err
	}
	if t.pending == nil || !now.Before(t.pendingAt.Add(pendingLife)) {
		return false, apierr.Conflict("totp_not_begun", "Begin the set-up of the authenticator anew: it was not begun, or more than 15 minutes ago.")
	}
	key, err := s.openTOTP(user, t.pending)
	if err != nil {
		return false, err
	}
	step, ok, err := key.match(code, now)
	if err != nil || !ok {
		return false, err
	}
	return true, confirmPendingTOTP(ctx, tx, user, step, now)
}

func (s *Service) finishTOTP(ctx context.Context, tx db.Tx, actor Actor, first bool, c Caller) (out confirmed, err error) {
	if out.codes, err = s.firstFactorCodes(ctx, tx, actor.UserID); err != nil {
		return out, err
	}
	if first {
		if out.grant, err = s.leaveRestriction(ctx, tx, actor, MethodTOTP, c); err != nil {
			return out, err
		}
	}
	details := map[string]any{"first_factor": first, "recovery_codes_made": len(out.codes)}
	return out, audit.Append(ctx, tx, actor.Entry("user.totp_add", actor.self(), details))
}

// leaveRestriction replaces the session in which the first factor was set up by
// a full one. A session that a provider vouched for goes on instead.
func (s *Service) leaveRestriction(ctx context.Context, tx db.Tx, actor Actor, m Method, c Caller) (*grant, error) {
	ses, acc, found, err := sessionAccount(ctx, tx, actor.SessionID)
	if err != nil || !found || !ses.isActive(s.clock.Now()) {
		return nil, orEnded(err)
	}
	if ses.proof.mfaAt != nil {
		_, err := s.stampFresh(ctx, tx, actor, m)
		return nil, err
	}
	now := s.clock.Now()
	if err := endRestrictedSessions(ctx, tx, actor.UserID, now); err != nil {
		return nil, err
	}
	g, err := s.completeSignIn(ctx, tx, acc, proof{methods: append(ses.proof.methods, m), mfaAt: &now}, c)
	return &g, err
}

// removeTOTP takes the authenticator away, unless it is the last factor.
func (s *Service) removeTOTP(ctx context.Context, actor Actor) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		f, err := s.changeFactors(ctx, tx, actor)
		if err != nil {
			return err
		}
		if !f.totp {
			return apierr.NotFound("authenticator")
		}
		if f.count() == 1 {
			return errLastFactor()
		}
		if err := deleteTOTP(ctx, tx, actor.UserID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("user.totp_remove", actor.self(), nil))
	})
	if err != nil {
		return fmt.Errorf("remove authenticator: %w", err)
	}
	return nil
}

func errLastFactor() error {
	return apierr.Conflict("last_factor", "This is your last second factor. Set up another one before you remove it.")
}
