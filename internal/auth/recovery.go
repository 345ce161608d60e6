package auth

import (
	"context"
	"fmt"
	"strings"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// recoveryCodes is how many a user gets at once.
const recoveryCodes = 10

// recoveryHash is the stored form of a code, however it was typed.
func recoveryHash(code string) []byte {
	bare := strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == ' ':
			return -1
		case r == '0': // not in the alphabet, so what was meant is clear
			return 'o'
		}
		return r
	}, strings.ToLower(code))
	return hashOf(bare)
}

// makeRecoveryCodes replaces all codes of a user. They are shown once. Each has
// 100 random bits: so many cannot be searched through, so their SHA-256 is
// stored, not a slow hash.
func (s *Service) makeRecoveryCodes(ctx context.Context, tx db.Tx, user ids.ID) ([]string, error) {
	if err := deleteRecoveryCodes(ctx, tx, user); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = oneTimePassword()
		if err := insertRecoveryCode(ctx, tx, user, recoveryHash(codes[i]), s.clock.Now()); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// firstFactorCodes makes the recovery codes of a user who has none left; nil
// when there are some.
func (s *Service) firstFactorCodes(ctx context.Context, tx db.Tx, user ids.ID) ([]string, error) {
	if _, err := lockUser(ctx, tx, user); err != nil {
		return nil, err
	}
	f, err := readFactors(ctx, tx, user)
	if err != nil || f.recoveryCodes > 0 {
		return nil, err
	}
	return s.makeRecoveryCodes(ctx, tx, user)
}

// useRecoveryCode checks a code and uses it up, once.
func (s *Service) useRecoveryCode(code string) useCode {
	return func(ctx context.Context, tx db.Tx, user ids.ID) (failReason, error) {
		f, err := readFactors(ctx, tx, user)
		if err != nil || !f.any() { // it stands in for a factor, and is none itself
			return failRecovery, err
		}
		used, err := spendRecoveryCode(ctx, tx, user, recoveryHash(code), s.clock.Now())
		if err == nil && !used {
			return failRecovery, nil
		}
		return "", err
	}
}

// renewRecoveryCodes makes ten new codes; the old ones end.
func (s *Service) renewRecoveryCodes(ctx context.Context, actor Actor) ([]string, error) {
	if err := actor.RequireFresh(OwnAccount, s.clock.Now()); err != nil {
		return nil, err
	}
	var codes []string
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		f, err := s.changeFactors(ctx, tx, actor)
		if err != nil {
			return err
		}
		if !f.any() {
			return errMFASetup()
		}
		if codes, err = s.makeRecoveryCodes(ctx, tx, actor.UserID); err != nil {
			return err
		}
		details := map[string]any{"were_left": f.recoveryCodes}
		return audit.Append(ctx, tx, actor.Entry("user.recovery_codes_renew", actor.self(), details))
	})
	if err != nil {
		return nil, fmt.Errorf("renew recovery codes: %w", err)
	}
	return codes, nil
}
