package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// challengeKind says what a challenge is a part of. One of another kind is
// unknown.
type challengeKind string

const (
	challengeSecondFactor    challengeKind = "second_factor"
	challengePasskeySignIn   challengeKind = "passkey_sign_in"
	challengePasskeyRegister challengeKind = "passkey_register"
	challengePasskeyStepUp   challengeKind = "passkey_step_up"
)

const (
	challengeLife = 5 * time.Minute
	// challengeTries bounds the guesses at one challenge. The guesses of one
	// account over all challenges are bounded by its lock, see lockout.go.
	challengeTries = 5
)

// challenge is a ceremony of several requests that waits for its next one.
type challenge struct {
	kind      challengeKind
	user      ids.ID // zero: not known yet
	session   ids.ID // zero: not signed in
	data      []byte
	expiresAt time.Time
	attempts  int
}

// isOpen reports whether the challenge may still be answered.
func (c challenge) isOpen(now time.Time) bool {
	return now.Before(c.expiresAt) && c.attempts < challengeTries
}

// Challenge asks for the second factor. Its token stands for the password that
// was right; it is worth nothing without a code or a passkey.
type Challenge struct {
	Token     string    `json:"token"`
	Methods   []string  `json:"methods" nullable:"false" enum:"totp,recovery_code,passkey" doc:"What this user can answer with."`
	ExpiresAt time.Time `json:"expires_at" doc:"At most 5 wrong codes; then sign in anew."`
}

func errChallengeEnded() error {
	return apierr.Unauthorized("challenge_ended", "This sign-in took too long or was tried too often. Begin again with your password.")
}

// newChallenge stores a ceremony and returns the token that answers it. user and
// session may be zero. Only the hash of the token is stored.
func (s *Service) newChallenge(ctx context.Context, tx db.Tx, kind challengeKind, user, session ids.ID, data []byte, life time.Duration) (string, error) {
	token := base64.RawURLEncoding.EncodeToString(randomBytes(32))
	now := s.clock.Now()
	c := challenge{kind: kind, user: user, session: session, data: data, expiresAt: now.Add(life)}
	if err := insertChallenge(ctx, tx, hashOf(token), c, now); err != nil {
		return "", err
	}
	return token, nil
}

// takeChallenge uses a ceremony up: of several takers one finds it. What expired
// or was tried too often is not found. It is gone only when tx commits, so a
// wrong answer has to commit too.
func (s *Service) takeChallenge(ctx context.Context, tx db.Tx, kind challengeKind, token string) (challenge, bool, error) {
	c, found, err := deleteChallenge(ctx, tx, kind, hashOf(token))
	if err != nil || !found || !c.isOpen(s.clock.Now()) {
		return challenge{}, false, err
	}
	return c, true, nil
}

// hashOf is the stored form of a random token.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// methodsData and methodsOf keep in a second-factor challenge what was shown
// before it.
func methodsData(m []Method) []byte {
	names := make([]string, len(m))
	for i := range m {
		names[i] = string(m[i])
	}
	return []byte(strings.Join(names, ","))
}

func methodsOf(data []byte) []Method {
	var out []Method
	for name := range strings.SplitSeq(string(data), ",") {
		if name != "" {
			out = append(out, Method(name))
		}
	}
	return out
}
