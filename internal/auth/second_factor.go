package auth

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func errWrongCode() error {
	return apierr.Unauthorized("invalid_code", "This code is wrong or was used before. Wait for the next one, or take another recovery code.")
}

func errWrongCodeField() error {
	return apierr.Invalid(apierr.Detail{Field: "code",
		Message: "This code is wrong or was used before. Wait for the next one, and check that the clock of your phone is right."})
}

// askFactor stores the challenge of a sign-in that waits for its second factor;
// shown is what was right already. It ends with the audit entry.
func (s *Service) askFactor(ctx context.Context, tx db.Tx, u User, f factors, shown []Method, c Caller) (Challenge, error) {
	token, err := s.newChallenge(ctx, tx, challengeSecondFactor, u.ID, ids.ID{}, methodsData(shown), challengeLife)
	if err != nil {
		return Challenge{}, err
	}
	out := Challenge{Token: token, Methods: f.methods(), ExpiresAt: s.clock.Now().Add(challengeLife)}
	anonymous := Actor{Address: c.Address, RequestID: c.RequestID}
	details := map[string]any{"user_agent": normalUserAgent(c.UserAgent), "methods": shown, "asked_for": out.Methods}
	return out, audit.Append(ctx, tx, anonymous.Entry("session.factor_asked", u.target(), details))
}

// useCode checks a code and uses it up, in the transaction of what it is for; an
// empty reason means that it was right.
type useCode func(ctx context.Context, tx db.Tx, user ids.ID) (failReason, error)

// answerChallenge ends a sign-in with a code. A wrong code counts three times:
// for the challenge, for the account and for the address.
func (s *Service) answerChallenge(ctx context.Context, token string, m Method, use useCode, c Caller) (grant, error) {
	acc, err := s.challenged(ctx, token)
	if err != nil {
		return grant{}, err
	}
	a, err := s.begin(ctx, codeOf(acc.Username), c)
	if err != nil {
		return grant{}, err
	}
	open, err := tryChallenge(ctx, s.db, challengeSecondFactor, hashOf(token), s.clock.Now())
	if err != nil {
		return grant{}, err
	}
	if !open {
		return grant{}, errChallengeEnded()
	}
	g, reason, err := s.tryCode(ctx, acc.ID, token, m, use, a, c)
	if err != nil {
		return grant{}, fmt.Errorf("sign in with %s: %w", m, err)
	}
	if reason != "" {
		if err := s.recordFailure(ctx, acc, reason, a.lockedUntil, c); err != nil {
			return grant{}, err
		}
		return grant{}, errWrongCode()
	}
	return s.sign(ctx, g)
}

// challenged is the user whose second factor a challenge waits for.
func (s *Service) challenged(ctx context.Context, token string) (account, error) {
	ch, found, err := readChallenge(ctx, s.db, challengeSecondFactor, hashOf(token))
	if err != nil {
		return account{}, err
	}
	if !found || !ch.isOpen(s.clock.Now()) {
		return account{}, errChallengeEnded()
	}
	acc, found, err := accountByID(ctx, s.db, ch.user)
	if err == nil && !found {
		err = errChallengeEnded()
	}
	return acc, err
}

// tryCode looks at the code and, when it is right, begins the session: one
// transaction, in which the user's row is held, so that a reset of the user comes
// before or after.
func (s *Service) tryCode(ctx context.Context, user ids.ID, token string, m Method, use useCode, a attempt, c Caller) (g grant, reason failReason, err error) {
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		still, err := lockUser(ctx, tx, user)
		if err != nil {
			return err
		}
		if !still {
			return errSignInRefused()
		}
		if reason, err = use(ctx, tx, user); err != nil || reason != "" {
			return err
		}
		g, err = s.finishChallenge(ctx, tx, user, token, m, a, c)
		return err
	})
	return g, reason, err
}

func (s *Service) finishChallenge(ctx context.Context, tx db.Tx, user ids.ID, token string, m Method, a attempt, c Caller) (grant, error) {
	ch, found, err := deleteChallenge(ctx, tx, challengeSecondFactor, hashOf(token))
	if err != nil {
		return grant{}, err
	}
	if !found || ch.user != user { // answered by another request, or the user was reset
		return grant{}, errChallengeEnded()
	}
	acc, _, err := accountByID(ctx, tx, user) // as it is under the lock
	if err != nil {
		return grant{}, err
	}
	if err := s.refuseLocal(acc); err != nil && slices.Contains(methodsOf(ch.data), MethodPassword) {
		return grant{}, err
	}
	if err := a.succeed(ctx, tx); err != nil {
		return grant{}, err
	}
	now := s.clock.Now()
	return s.completeSignIn(ctx, tx, acc, proof{methods: append(methodsOf(ch.data), m), mfaAt: &now}, c)
}

// stepUpTOTP shows the second factor once more in a session.
func (s *Service) stepUpTOTP(ctx context.Context, actor Actor, code string, c Caller) (time.Time, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return time.Time{}, err
	}
	a, err := s.begin(ctx, codeOf(actor.Name), c)
	if err != nil {
		return time.Time{}, err
	}
	var until time.Time
	var reason failReason
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		still, err := lockUser(ctx, tx, actor.UserID)
		if err != nil || !still {
			return orEnded(err)
		}
		if reason, err = s.useTOTP(code)(ctx, tx, actor.UserID); err != nil {
			return err
		}
		until, err = s.recordStepUp(ctx, tx, actor, MethodTOTP, reason, a)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("step up: %w", err)
	}
	if reason != "" {
		return time.Time{}, errWrongCodeField()
	}
	return until, nil
}

// recordStepUp writes down a step-up, right or wrong.
func (s *Service) recordStepUp(ctx context.Context, tx db.Tx, actor Actor, m Method, reason failReason, a attempt) (time.Time, error) {
	target := sessionOf(actor)
	if reason != "" {
		details := failDetails(reason, a.lockedUntil)
		details["method"] = m
		return time.Time{}, audit.Append(ctx, tx, actor.Entry("session.step_up_failed", target, details))
	}
	if err := a.succeed(ctx, tx); err != nil {
		return time.Time{}, err
	}
	until, err := s.stampFresh(ctx, tx, actor, m)
	if err != nil {
		return time.Time{}, err
	}
	return until, audit.Append(ctx, tx, actor.Entry("session.step_up", target, map[string]any{"method": m}))
}
