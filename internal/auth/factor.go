package auth

import (
	"context"
	"slices"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

// factors is what a user can show beside the password.
type factors struct {
	totp          bool
	passkeys      int
	recoveryCodes int // that are left
}

// any reports whether there is a second factor. Recovery codes are none: they
// stand in for one.
func (f factors) any() bool { return f.totp || f.passkeys > 0 }

// count is how many second factors there are.
func (f factors) count() int {
	if f.totp {
		return f.passkeys + 1
	}
	return f.passkeys
}

// methods are the answers that a challenge takes.
func (f factors) methods() []string {
	out := []string{}
	for m, has := range map[Method]bool{MethodPasskey: f.passkeys > 0, MethodTOTP: f.totp, MethodRecovery: f.recoveryCodes > 0} {
		if has {
			out = append(out, string(m))
		}
	}
	slices.Sort(out)
	return out
}

func errSignInRefused() error {
	return apierr.Unauthorized("sign_in_refused", "This account cannot be used any more. Ask an administrator.")
}

func errMFASetup() error {
	return apierr.Forbidden("mfa_setup_required", "Set up a second factor first.")
}

// completeSignIn begins the session of somebody who has shown everything: the
// last step of every way in. It lifts the locks of the account, makes the
// browser known and ends with the audit entry, so it comes last in tx. It
// refuses a user who was disabled meanwhile. The grant still needs sign, after
// the commit.
func (s *Service) completeSignIn(ctx context.Context, tx db.Tx, acc account, p proof, c Caller) (grant, error) {
	still, err := lockUser(ctx, tx, acc.ID)
	if err != nil {
		return grant{}, err
	}
	if !still {
		return grant{}, errSignInRefused()
	}
	if err := forgetFailures(ctx, tx, acc.Username); err != nil {
		return grant{}, err
	}
	g, err := s.openSession(ctx, tx, acc.User, p, c)
	if err != nil {
		return grant{}, err
	}
	if g.device, err = s.renewDevice(ctx, tx, acc.ID, c.Device); err != nil {
		return grant{}, err
	}
	if err := noteSignIn(ctx, tx, acc.ID, s.clock.Now()); err != nil {
		return grant{}, err
	}
	return g, appendSignIn(ctx, tx, acc.User, g, c)
}

// appendSignIn records a session that begins, with how.
func appendSignIn(ctx context.Context, tx db.Tx, u User, g grant, c Caller) error {
	details := map[string]any{"user_agent": normalUserAgent(c.UserAgent), "methods": g.proof.methods}
	if g.proof.mfaAt == nil {
		details["restricted"] = "no second factor yet"
	}
	return audit.Append(ctx, tx, c.as(u, g.session).Entry("session.login", sessionTarget(g.session, u), details))
}

// stampFresh notes that the actor has shown a second factor in this session, and
// returns until when that counts. Sessions of the user that never showed one end:
// from the moment on in which there is a factor, a password alone is worth
// nothing. The caller appends the audit entry.
func (s *Service) stampFresh(ctx context.Context, tx db.Tx, actor Actor, m Method) (time.Time, error) {
	now := s.clock.Now()
	stamped, err := stampSession(ctx, tx, actor.SessionID, m, now)
	if err != nil {
		return time.Time{}, err
	}
	if !stamped {
		return time.Time{}, errSessionEnded()
	}
	if err := endRestrictedSessions(ctx, tx, actor.UserID, now); err != nil {
		return time.Time{}, err
	}
	return now.Add(s.rules().FreshFor), nil
}

// requireFactorChange lets the first factor be set up by a session that has only
// shown the password, and every later change only by one that has shown a second
// factor lately.
func (s *Service) requireFactorChange(ctx context.Context, q db.Querier, actor Actor) (factors, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return factors{}, err
	}
	f, err := readFactors(ctx, q, actor.UserID)
	if err != nil || !f.any() {
		return f, err
	}
	return f, actor.RequireFresh(OwnAccount, s.clock.Now())
}

// factorsOf shows the actor what they have set up.
func (s *Service) factorsOf(ctx context.Context, actor Actor) (MFA, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return MFA{}, err
	}
	t, _, err := readTOTP(ctx, s.db, actor.UserID)
	if err != nil {
		return MFA{}, err
	}
	keys, err := passkeysOf(ctx, s.db, actor.UserID)
	if err != nil {
		return MFA{}, err
	}
	f, err := readFactors(ctx, s.db, actor.UserID)
	if err != nil {
		return MFA{}, err
	}
	m := MFA{Passkeys: make([]Passkey, len(keys)), RecoveryCodesLeft: f.recoveryCodes}
	for i, k := range keys {
		m.Passkeys[i] = k.Passkey
	}
	if t.confirmedAt != nil {
		m.TOTP = &TOTP{ConfirmedAt: *t.confirmedAt}
	}
	return m, nil
}
