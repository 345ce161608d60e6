package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

// RotateSigningKey retires the keys that sign access tokens; the next sign-in or
// refresh, in any process, makes a new one. Sessions go on. Retired keys verify
// for the usual overlap more, or, when they are revoked because a key got into
// wrong hands, for no longer: browsers then refresh at their next request.
func (s *Service) RotateSigningKey(ctx context.Context, revoke bool) (retired int, err error) {
	now := s.clock.Now().Truncate(time.Microsecond) // as the database keeps it
	verifyUntil := now.Add(keyOverlap)
	if revoke {
		verifyUntil = now.Add(time.Microsecond) // the database wants it after the end of signing
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := lockSigningKeys(ctx, tx); err != nil {
			return err
		}
		kids, err := retireSigningKeys(ctx, tx, now, verifyUntil)
		if err != nil {
			return err
		}
		retired = len(kids)
		details := map[string]any{"retired": kids, "revoked": revoke}
		return audit.Append(ctx, tx, System("console").Entry("signing_key.rotate", audit.Target{Kind: "signing_key"}, details))
	})
	if err != nil {
		return 0, fmt.Errorf("rotate signing key: %w", err)
	}
	return retired, nil
}
