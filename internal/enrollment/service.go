package enrollment

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"patchmanager/internal/ca"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/runner"
)

// Deps is what a Service needs.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
	CA    *ca.Authority
}

// Service is the use cases of enrollment.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	ca     *ca.Authority
	limits *limits
}

// New makes a service.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, ca: d.CA, limits: newLimits(d.Clock)}
}

// Loops is the expiry of requests that nobody decides.
func (s *Service) Loops() []runner.Loop {
	return []runner.Loop{{Name: "expire enrollment requests", Interval: 10 * time.Minute, Jitter: time.Minute, Once: s.expire}}
}

// now is the time as PostgreSQL keeps it.
func (s *Service) now() time.Time { return s.clock.Now().Truncate(time.Microsecond) }

// inTx runs a change of requests or tokens. Changes are made one after the
// other, so that of two clones that ask at once the second one sees the first.
func (s *Service) inTx(ctx context.Context, fn func(tx db.Tx) error) error {
	return s.db.InTx(ctx, func(tx db.Tx) error {
		if err := lockEnrollments(ctx, tx); err != nil {
			return err
		}
		return fn(tx)
	})
}

// newSecret makes 256 random bits as text.
func newSecret(prefix string) string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
