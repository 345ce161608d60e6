package auth

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// NewApiToken is what a user says of an API token to be made.
type NewApiToken struct {
	Name          string   `json:"name" minLength:"1" maxLength:"100" doc:"What it is for."`
	Role          Role     `json:"role" enum:"admin,operator,auditor" doc:"At most the own one."`
	ReadOnly      bool     `json:"read_only"`
	GroupIDs      []ids.ID `json:"group_ids,omitempty" nullable:"true" maxItems:"1000" doc:"Only the hosts of these groups; null: all that the user sees."`
	ExpiresInDays int      `json:"expires_in_days" minimum:"1" maximum:"365"`
}

// IssuedApiToken carries the only copy of the token itself.
type IssuedApiToken struct {
	Token           string     `json:"token" doc:"Shown this once: pmt_ and 43 characters."`
	ID              ids.ID     `json:"id"`
	Name            string     `json:"name"`
	Role            Role       `json:"role" enum:"admin,operator,auditor"`
	ReadOnly        bool       `json:"read_only"`
	GroupIDs        []ids.ID   `json:"group_ids" nullable:"true"`
	CreatedAt       time.Time  `json:"created_at"`
	ExpiresAt       time.Time  `json:"expires_at"`
	LastUsedAt      *time.Time `json:"last_used_at"`
	LastUsedAddress string     `json:"last_used_address"`
	RevokedAt       *time.Time `json:"revoked_at"`
}

func issued(secret apiSecret, t ApiToken) IssuedApiToken {
	return IssuedApiToken{Token: string(secret), ID: t.ID, Name: t.Name, Role: t.Role, ReadOnly: t.ReadOnly,
		GroupIDs: t.GroupIDs, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt}
}

const (
	// longestToken: what lives longer is forgotten by everybody but a thief.
	longestToken  = 365 * 24 * time.Hour
	shortestToken = time.Minute
	// maxTokens that work, of one user: more cannot be kept in view.
	maxTokens = 50
)

// CreateToken makes an API token for the actor.
func (s *Service) CreateToken(ctx context.Context, actor Actor, n NewApiToken) (IssuedApiToken, error) {
	if err := actor.RequireFresh(OwnAccount, s.clock.Now()); err != nil {
		return IssuedApiToken{}, err
	}
	t := ApiToken{Name: n.Name, Role: n.Role, ReadOnly: n.ReadOnly, GroupIDs: n.GroupIDs}
	return s.issueToken(ctx, actor, func(tx db.Tx) (account, bool, error) { return accountByID(ctx, tx, actor.UserID) },
		t, time.Duration(n.ExpiresInDays)*24*time.Hour)
}

// IssueToken makes an API token for any user, with the user's own role. It is
// for whoever has the console.
func (s *Service) IssueToken(ctx context.Context, username, name string, readOnly bool, life time.Duration) (IssuedApiToken, error) {
	t := ApiToken{Name: name, ReadOnly: readOnly}
	return s.issueToken(ctx, System("console"),
		func(tx db.Tx) (account, bool, error) { return accountByName(ctx, tx, normalUsername(username)) }, t, life)
}

func (s *Service) issueToken(ctx context.Context, actor Actor, owner func(db.Tx) (account, bool, error), t ApiToken, life time.Duration) (IssuedApiToken, error) {
	t.Name = strings.TrimSpace(t.Name)
	if err := refuseInvalid(checkTokenName(t.Name), checkTokenLife(life)); err != nil {
		return IssuedApiToken{}, err
	}
	now := s.clock.Now()
	id, err := ids.NewAt(now)
	if err != nil {
		return IssuedApiToken{}, err
	}
	t.ID, t.CreatedAt, t.ExpiresAt = id, now, now.Add(life)
	secret := newAPISecret()
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		acc, found, err := owner(tx)
		if err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("user")
		}
		return s.writeToken(ctx, tx, actor, acc, &t, secret)
	})
	if err != nil {
		return IssuedApiToken{}, fmt.Errorf("create API token: %w", err)
	}
	return issued(secret, t), nil
}

func (s *Service) writeToken(ctx context.Context, tx db.Tx, actor Actor, acc account, t *ApiToken, secret apiSecret) error {
	ready, err := lockTokenOwner(ctx, tx, acc.ID)
	if err != nil {
		return err
	}
	if why := ready.refusal(); why != nil {
		return why
	}
	if t.Role == "" {
		t.Role = ready.Role
	}
	if !ready.Role.covers(t.Role) {
		return apierr.Invalid(apierr.Detail{Field: "role", Value: string(t.Role), Message: "A token may have at most your own role, " + string(ready.Role) + "."})
	}
	groups, err := s.tokenGroups(ctx, tx, acc.ID, ready.Role, t.GroupIDs)
	if err != nil {
		return err
	}
	if n, err := countActiveTokens(ctx, tx, acc.ID, t.CreatedAt); err != nil {
		return err
	} else if n >= maxTokens {
		return apierr.New(http.StatusConflict, "too_many_tokens", "There are %d API tokens already. Revoke one that is not needed.", n)
	}
	if err := insertToken(ctx, tx, acc.ID, *t, secret.hash()); err != nil {
		return err
	}
	details := map[string]any{"user_id": acc.ID.String(), "username": acc.Username, "role": string(t.Role), "read_only": t.ReadOnly,
		"expires_at": t.ExpiresAt.Format(time.RFC3339)}
	if t.GroupIDs != nil {
		details["groups"] = groups
	}
	return audit.Append(ctx, tx, actor.Entry("api_token.create", t.target(), details))
}

// tokenGroups checks what a token is to be narrowed to. A group that the user is
// not in and one that does not exist look the same to an operator.
func (s *Service) tokenGroups(ctx context.Context, tx db.Tx, owner ids.ID, role Role, wanted []ids.ID) ([]named, error) {
	if wanted == nil {
		return nil, nil
	}
	if len(wanted) == 0 {
		return nil, apierr.Invalid(apierr.Detail{Field: "group_ids", Message: "Choose at least one group, or leave it out for all that you see."})
	}
	known, err := groupNames(ctx, tx, wanted)
	if err == nil && role == RoleOperator {
		var own []named
		own, err = groupsOfUser(ctx, tx, owner)
		known = slices.DeleteFunc(known, func(g named) bool { return !contains(own, g.ID) })
	}
	if err != nil {
		return nil, err
	}
	return known, refuseUnknownGroups(wanted, known)
}

func checkTokenName(name string) []apierr.Detail {
	if n := len([]rune(name)); n >= 1 && n <= 100 && name == printable(name) {
		return nil
	}
	return []apierr.Detail{{Field: "name", Message: "Say in 1 to 100 characters what the token is for."}}
}

func checkTokenLife(life time.Duration) []apierr.Detail {
	if life >= shortestToken && life <= longestToken {
		return nil
	}
	return []apierr.Detail{{Field: "expires", Value: life.String(), Message: "A token lives for at least a minute and at most 365 days."}}
}
