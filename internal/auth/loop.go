package auth

import (
	"context"
	"errors"
	"time"

	"patchmanager/internal/runner"
)

// How long what is over is kept.
const (
	keepTokens   = 24 * time.Hour
	keepSessions = 30 * 24 * time.Hour // for "who was signed in then?" beside the audit trail
	keepFailures = 25 * time.Hour      // longer than any limit remembers
)

// Loops are the package's background work. Any number of processes may run
// them: each turn is idempotent.
func (s *Service) Loops() []runner.Loop {
	return []runner.Loop{
		{Name: "auth signing key", Interval: time.Hour, Jitter: 5 * time.Minute, Once: s.rotateKey},
		{Name: "auth purge", Interval: time.Hour, Jitter: 5 * time.Minute, Once: s.purge},
	}
}

// rotateKey makes the next key soon after the last one has stopped to sign,
// also when nobody signs in.
func (s *Service) rotateKey(ctx context.Context) (bool, error) {
	_, err := s.keys.signer(ctx)
	return false, err
}

func (s *Service) purge(ctx context.Context) (bool, error) {
	now := s.clock.Now()
	return false, errors.Join(
		purgeSessions(ctx, s.db, now.Add(-keepTokens), now.Add(-keepSessions)),
		purgeFailures(ctx, s.db, now.Add(-keepFailures), now),
		purgeSigningKeys(ctx, s.db, now),
		purgeChallenges(ctx, s.db, now),
		purgeDevices(ctx, s.db, now.Add(-deviceLife)),
		purgeSSO(ctx, s.db, now),
		purgePendingTOTP(ctx, s.db, now.Add(-pendingLife)),
		purgeTokens(ctx, s.db, now.Add(-keepSessions)),
	)
}
