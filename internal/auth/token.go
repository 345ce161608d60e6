package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"patchmanager/internal/apierr"
	"patchmanager/internal/ids"
)

// Issuer and audience of access tokens.
const (
	tokenIssuer   = "patch-manager"
	tokenAudience = "patch-manager-api"
)

// claims are what an access token says.
type claims struct {
	jwt.RegisteredClaims
	SessionID string `json:"sid"`
	Role      Role   `json:"role"` // for the browser; the database decides
}

// errToken is the answer to a missing, false or expired access token.
func errToken() error {
	return apierr.Unauthorized("unauthorized", "Sign in, or refresh the session: the access token is missing, expired or not valid.")
}

// sign makes an access token. Its times are whole seconds, as JWT has them.
func (k *keyring) sign(ctx context.Context, u User, session ids.ID) (token string, expires time.Time, err error) {
	key, err := k.signer(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	now := k.clock.Now().Truncate(time.Second)
	expires = now.Add(accessLife)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: u.ID.String(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		},
		SessionID: session.String(), Role: u.Role,
	})
	t.Header["kid"] = key.kid
	token, err = t.SignedString(key.private)
	return token, expires, err
}

// maxToken refuses what cannot be ours before it is decoded; ours have about 400 bytes.
const maxToken = 4096

// verify checks signature, algorithm, issuer, audience and time of an access
// token and returns what it names.
func (k *keyring) verify(ctx context.Context, token string) (user, session ids.ID, err error) {
	if len(token) > maxToken {
		return user, session, errToken()
	}
	var c claims
	var broken error // of the database, to be told from a false token
	_, err = k.parser().ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		public, ok, err := k.verifier(ctx, kid)
		if broken = err; err == nil && !ok {
			err = jwt.ErrTokenUnverifiable
		}
		return public, err
	})
	if broken != nil {
		return user, session, fmt.Errorf("verify access token: %w", broken)
	}
	if err != nil {
		return user, session, errToken()
	}
	user, userErr := ids.Parse(c.Subject)
	session, sessionErr := ids.Parse(c.SessionID)
	if userErr != nil || sessionErr != nil {
		return user, session, errToken()
	}
	return user, session, nil
}

func (k *keyring) parser() *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(k.clock.Now), jwt.WithStrictDecoding(),
	)
}
