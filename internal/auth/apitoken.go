package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/ids"
)

// ApiToken is a key for a program that acts for a user, without its secret.
type ApiToken struct {
	ID              ids.ID     `json:"id"`
	Name            string     `json:"name"`
	Role            Role       `json:"role" enum:"admin,operator,auditor" doc:"What it may at most; the role of its user bounds it with each use."`
	ReadOnly        bool       `json:"read_only"`
	GroupIDs        []ids.ID   `json:"group_ids" nullable:"true" doc:"It sees the hosts of these groups only; null: all that its user sees."`
	CreatedAt       time.Time  `json:"created_at"`
	ExpiresAt       time.Time  `json:"expires_at"`
	LastUsedAt      *time.Time `json:"last_used_at" doc:"Noted at most once a minute."`
	LastUsedAddress string     `json:"last_used_address"`
	RevokedAt       *time.Time `json:"revoked_at"`
}

func (t ApiToken) isActive(now time.Time) bool { return t.RevokedAt == nil && now.Before(t.ExpiresAt) }

func (t ApiToken) target() audit.Target {
	return audit.Target{Kind: "api_token", ID: t.ID.String(), Name: t.Name}
}

// ApiTokenList is all tokens of a user, the newest first; those that are over
// stay in it for some weeks.
type ApiTokenList struct {
	Items []ApiToken `json:"items" nullable:"false"`
	Total int        `json:"total"`
}

// apiTokenPrefix lets people and secret scanners tell what they have found.
const apiTokenPrefix = "pmt_"

// apiSecret is the token itself: 256 random bits behind the prefix. It prints as
// stars.
type apiSecret string

func newAPISecret() apiSecret {
	return apiSecret(apiTokenPrefix + base64.RawURLEncoding.EncodeToString(randomBytes(32)))
}

// String keeps the token out of logs and messages.
func (apiSecret) String() string { return "***" }

// GoString keeps it out of %#v too.
func (apiSecret) GoString() string { return "***" }

func (t apiSecret) hash() []byte {
	sum := sha256.Sum256([]byte(t))
	return sum[:]
}

// isAPIToken tells an API token from an access token.
func isAPIToken(bearer string) bool { return strings.HasPrefix(bearer, apiTokenPrefix) }

// Tokens lists the actor's own API tokens.
func (s *Service) Tokens(ctx context.Context, actor Actor) (ApiTokenList, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return ApiTokenList{}, err
	}
	return s.tokensOf(ctx, actor.UserID)
}

// UserTokens lists the API tokens of any user.
func (s *Service) UserTokens(ctx context.Context, actor Actor, user ids.ID) (ApiTokenList, error) {
	if err := actor.Require(SeeUsers); err != nil {
		return ApiTokenList{}, err
	}
	if err := userExists(ctx, s.db, user); err != nil {
		return ApiTokenList{}, err
	}
	return s.tokensOf(ctx, user)
}

func (s *Service) tokensOf(ctx context.Context, user ids.ID) (ApiTokenList, error) {
	items, err := listTokens(ctx, s.db, user)
	return ApiTokenList{Items: items, Total: len(items)}, err
}

func errAPIToken() error {
	return apierr.Unauthorized("unauthorized", "This API token is unknown, revoked or expired, or its user may not sign in any more.")
}
