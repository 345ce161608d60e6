package auth

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"patchmanager/internal/httpx"
)

// tokenOwner is the user of an API token, as far as it matters to the token.
type tokenOwner struct {
	account
	hasFactor bool // or signs in through a provider, which has factors of its own
}

// refusal says why the tokens of this user do not work now; nil when they do. A
// token is no way around what the user has yet to do.
func (o tokenOwner) refusal() error {
	switch {
	case o.disabledAt != nil:
		return errAPIToken()
	case o.MustChangePassword:
		return errPasswordChange()
	case !o.hasFactor:
		return errMFASetup()
	}
	return nil
}

// tokenActor returns the actor of an API token, as token and user are now. It
// may what both roles may.
func (s *Service) tokenActor(ctx context.Context, bearer string, addr netip.Addr) (Actor, error) {
	secret := apiSecret(bearer)
	if len(bearer) != len(apiTokenPrefix)+43 {
		return Actor{}, errAPIToken()
	}
	t, owner, found, err := tokenAndOwner(ctx, s.db, secret.hash())
	if err != nil {
		return Actor{}, fmt.Errorf("check API token: %w", err)
	}
	now := s.clock.Now()
	if !found || !t.isActive(now) {
		return Actor{}, errAPIToken()
	}
	if why := owner.refusal(); why != nil {
		return Actor{}, why
	}
	if err := s.noteUse(ctx, t, addr, now); err != nil {
		return Actor{}, err
	}
	a := Actor{UserID: owner.ID, TokenID: t.ID, Name: owner.Username, Address: addr, RequestID: httpx.RequestID(ctx),
		Groups: t.GroupIDs, Ungrouped: s.rules().UngroupedSeen}
	var readOnly bool
	a.Role, readOnly = lowerOf(t.Role, owner.Role)
	a.ReadOnly = t.ReadOnly || readOnly
	a.ownerSeesAll = owner.Role != RoleOperator
	return a, nil
}

// useNoted is how often the last use of a token is written down: a script that
// asks a hundred times a second must not write a hundred times.
const useNoted = time.Minute

func (s *Service) noteUse(ctx context.Context, t ApiToken, addr netip.Addr, now time.Time) error {
	if t.LastUsedAt != nil && now.Sub(*t.LastUsedAt) < useNoted {
		return nil
	}
	return noteTokenUse(ctx, s.db, t.ID, addr.String(), now, now.Add(-useNoted))
}
