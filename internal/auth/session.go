package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Lifetimes.
const (
	accessLife = 15 * time.Minute
)

// endReason is why a session ended before its time.
type endReason string

const (
	endLogout          endReason = "logout"
	endPasswordChanged endReason = "password_changed"
	endPasswordReset   endReason = "password_reset"
	endRefreshReused   endReason = "refresh_reused"
	endByUser          endReason = "ended_by_user"
	endByAdmin         endReason = "ended_by_admin"
	endDisabled        endReason = "user_disabled"
	endMFAReset        endReason = "mfa_reset"
	endFactorSetUp     endReason = "second_factor_set_up" // it had shown a password only
)

// session is one sign-in.
type session struct {
	id        ids.ID
	userID    ids.ID
	createdAt time.Time
	expiresAt time.Time
	endedAt   *time.Time
	proof     proof
}

// Method is how somebody showed who they are.
type Method string

// Methods.
const (
	MethodPassword Method = "password"
	MethodTOTP     Method = "totp"
	MethodPasskey  Method = "passkey"
	MethodRecovery Method = "recovery_code"
	MethodSSO      Method = "sso"
)

// proof is what a session was begun with.
type proof struct {
	methods []Method
	mfaAt   *time.Time // when a second factor was last shown; nil: never
}

// isActive reports whether the session is neither ended nor expired.
func (s session) isActive(now time.Time) bool { return s.endedAt == nil && now.Before(s.expiresAt) }

// refreshToken is 256 random bits; it prints as stars.
type refreshToken string

func newRefreshToken() refreshToken {
	return refreshToken(base64.RawURLEncoding.EncodeToString(randomBytes(32)))
}

// String keeps the token out of logs and messages.
func (refreshToken) String() string { return "***" }

// GoString keeps it out of %#v too.
func (refreshToken) GoString() string { return "***" }

// MarshalText keeps it out of JSON logs.
func (refreshToken) MarshalText() ([]byte, error) { return []byte("***"), nil }

func (t refreshToken) hash() []byte { return hashOf(string(t)) }

// grant is what a successful sign-in or refresh hands out.
type grant struct {
	user          User
	session       ids.ID
	proof         proof
	device        deviceToken // set when the browser becomes a known one
	access        string
	accessExpires time.Time
	refresh       refreshToken
	refreshLeft   time.Duration
}

func errSessionEnded() error {
	return apierr.Unauthorized("session_ended", "The session has ended. Sign in again.")
}

// openSession begins a session with its first refresh token, in tx. It returns
// the grant without access token: see sign.
func (s *Service) openSession(ctx context.Context, tx db.Tx, u User, p proof, c Caller) (grant, error) {
	now := s.clock.Now()
	id, err := ids.NewAt(now)
	if err != nil {
		return grant{}, err
	}
	ses := session{id: id, userID: u.ID, createdAt: now, expiresAt: now.Add(s.rules().SessionLife), proof: p}
	if err := insertSession(ctx, tx, ses, c); err != nil {
		return grant{}, err
	}
	return s.nextToken(ctx, tx, u, ses)
}

// nextToken adds a refresh token to the session's family.
func (s *Service) nextToken(ctx context.Context, tx db.Tx, u User, ses session) (grant, error) {
	now := s.clock.Now()
	expires := now.Add(s.rules().IdleLife)
	if expires.After(ses.expiresAt) {
		expires = ses.expiresAt
	}
	t := newRefreshToken()
	if err := insertRefreshToken(ctx, tx, t.hash(), ses.id, now, expires); err != nil {
		return grant{}, err
	}
	return grant{user: u, session: ses.id, proof: ses.proof, refresh: t, refreshLeft: expires.Sub(now)}, nil
}

// sign adds the access token to a grant whose transaction is committed, and what
// the API shows of the user.
func (s *Service) sign(ctx context.Context, g grant) (grant, error) {
	if err := s.show(ctx, &g.user, g.proof); err != nil {
		return grant{}, err
	}
	var err error
	g.access, g.accessExpires, err = s.keys.sign(ctx, g.user, g.session)
	if err != nil {
		return grant{}, fmt.Errorf("sign access token: %w", err)
	}
	return g, nil
}

// show completes a user as the API shows them in a session with this proof.
func (s *Service) show(ctx context.Context, u *User, p proof) error {
	u.MustSetUpMFA = p.mfaAt == nil
	if p.mfaAt != nil {
		until := p.mfaAt.Add(s.rules().FreshFor)
		u.FreshUntil = &until
	}
	return showUser(ctx, s.db, u)
}
