package auth

import (
	"context"
	"encoding/base64"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const (
	// deviceLife is how long a browser stays known after its last sign-in.
	deviceLife = 180 * 24 * time.Hour
	// maxDevices bounds what one user can store; the oldest are forgotten.
	maxDevices = 20
)

// deviceToken is what a known browser keeps: 256 random bits that sign nobody
// in. They only give it a count of failures of its own. It prints as stars.
type deviceToken string

// String keeps the token out of logs and messages.
func (deviceToken) String() string { return "***" }

// GoString keeps it out of %#v too.
func (deviceToken) GoString() string { return "***" }

// MarshalText keeps it out of JSON logs.
func (deviceToken) MarshalText() ([]byte, error) { return []byte("***"), nil }

func (t deviceToken) hash() []byte { return hashOf(string(t)) }

// renewDevice makes the caller's browser known for another while. Its token is
// replaced, so that a copy of the cookie ends with the next sign-in; a token of
// somebody else is left alone.
func (s *Service) renewDevice(ctx context.Context, tx db.Tx, user ids.ID, old deviceToken) (deviceToken, error) {
	if old != "" {
		if err := deleteDevice(ctx, tx, user, old.hash()); err != nil {
			return "", err
		}
	}
	t := deviceToken(base64.RawURLEncoding.EncodeToString(randomBytes(32)))
	if err := insertDevice(ctx, tx, t.hash(), user, s.clock.Now()); err != nil {
		return "", err
	}
	return t, trimDevices(ctx, tx, user)
}
