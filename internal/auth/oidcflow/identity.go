package oidcflow

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Leeway is how far a provider's clock may be ahead of ours.
const Leeway = 5 * time.Minute

// algorithms are those with a public key, whatever a provider claims to use.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// noKeyFits is in the library's error, which has no type, when the keys were
// fetched anew and none of them verifies the signature.
const noKeyFits = "failed to verify id token signature"

// Identity is who the provider says it is.
type Identity struct {
	Issuer   string
	Subject  string
	AuthTime time.Time      // when the person showed who they are; zero: not said
	Claims   map[string]any // of the ID token, then of the user-info endpoint
}

// Identify checks the ID token of a round trip. The claims of want are also
// looked for at the user-info endpoint, when the ID token does not have them.
func (c *Client) Identify(ctx context.Context, r Registration, q Request, t Tokens, want ...string) (Identity, error) {
	p, err := c.provider(ctx, r.Issuer)
	if err != nil {
		return Identity{}, err
	}
	verifier := p.Verifier(&oidc.Config{ClientID: r.ClientID, SupportedSigningAlgs: algorithms, Now: c.now})
	token, err := verifier.Verify(ctx, t.id)
	if err != nil {
		return Identity{}, problem(StepIDToken, c.verifyWords(err))
	}
	who := Identity{Issuer: r.Issuer, Subject: token.Subject, Claims: map[string]any{}}
	if err := token.Claims(&who.Claims); err != nil {
		return Identity{}, problem(StepIDToken, "the claims of the ID token cannot be read: "+words(err))
	}
	if err := c.checkToken(token, who.Claims, r, q); err != nil {
		return Identity{}, err
	}
	who.AuthTime = authTime(who.Claims)
	return who, c.complete(ctx, p, t, token, who, want)
}

func (c *Client) verifyWords(err error) string {
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) {
		return fmt.Sprintf("The ID token ended at %s, and here it is %s: one of the two clocks is wrong.",
			expired.Expiry.UTC().Format(time.RFC3339), c.now().UTC().Format(time.RFC3339))
	}
	if strings.Contains(err.Error(), noKeyFits) {
		return "The ID token is signed with a key that the provider does not publish: a key of it has expired or was changed, or the token is not the provider's."
	}
	return "The ID token cannot be believed: " + words(err)
}

// checkToken is what the library leaves to its caller.
func (c *Client) checkToken(token *oidc.IDToken, claims map[string]any, r Registration, q Request) error {
	azp, hasAZP := claims["azp"]
	now := c.now()
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(q.Nonce)) != 1:
		return problem(StepIDToken, "the ID token is not the answer to this request (nonce)")
	case token.Subject == "" || len(token.Subject) > 255:
		return problem(StepIDToken, "the ID token has no usable subject")
	case len(token.Audience) > 1 && !hasAZP || hasAZP && azp != r.ClientID:
		return problem(StepIDToken, "the ID token was issued to another client (azp)")
	case token.IssuedAt.After(now.Add(Leeway)):
		return problem(StepIDToken, fmt.Sprintf("The ID token was issued at %s, and here it is %s: one of the two clocks is wrong.",
			token.IssuedAt.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)))
	}
	return nil
}

func authTime(claims map[string]any) time.Time {
	seconds, ok := claims["auth_time"].(float64)
	if !ok || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// complete adds the claims of the user-info endpoint, if one of want is missing
// and the provider has such an endpoint.
func (c *Client) complete(ctx context.Context, p *provider, t Tokens, token *oidc.IDToken, who Identity, want []string) error {
	if p.meta.UserInfo == "" || who.hasAll(want) {
		return nil
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(t.access.AccessToken); err != nil {
			return problem(StepIDToken, "the access token does not belong to the ID token (at_hash)")
		}
	}
	info, err := p.UserInfo(oidc.ClientContext(ctx, c.http), oauth2.StaticTokenSource(t.access))
	if err != nil {
		return problem(StepClaims, "the user-info endpoint does not answer as it should: "+userInfoWords(err))
	}
	if info.Subject != who.Subject {
		return problem(StepClaims, "the user-info endpoint answers about somebody else")
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return problem(StepClaims, "the answer of the user-info endpoint cannot be read: "+words(err))
	}
	for name, value := range more {
		if _, has := who.Claims[name]; !has {
			who.Claims[name] = value
		}
	}
	return nil
}

func userInfoWords(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return words(err)
	}
	return clean(err.Error())
}

func (i Identity) hasAll(names []string) bool {
	for _, n := range names {
		if len(i.Values(n)) == 0 {
			return false
		}
	}
	return true
}
