package enrollment

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// EnrollmentToken is a token as people see it; the secret is not part of it.
type EnrollmentToken struct {
	ID        ids.ID     `json:"id"`
	Note      string     `json:"note"`
	Uses      int        `json:"uses" doc:"How many hosts it lets in."`
	Used      int        `json:"used"`
	ExpiresAt time.Time  `json:"expires_at"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by"`
	RevokedAt *time.Time `json:"revoked_at"`
}

// IssuedToken is a new token with its secret, which is shown this once.
type IssuedToken struct {
	Token string `json:"token" doc:"Shown once."`
	EnrollmentToken
}

// EnrollmentTokenPage lists tokens, the newest first.
type EnrollmentTokenPage struct {
	Items []EnrollmentToken `json:"items" nullable:"false"`
	Total int               `json:"total"`
}

// usable says why a token lets nobody in. Only who holds the token hears it.
func (t EnrollmentToken) usable(now time.Time) error {
	refuse := func(code, format string, args ...any) error {
		return apierr.New(http.StatusForbidden, code, format+" Ask an admin for a new one, or enroll without a token and wait for approval.", args...)
	}
	switch {
	case t.ID.IsZero():
		return refuse("token_unknown", "The enrollment token is not known here.")
	case t.RevokedAt != nil:
		return refuse("token_revoked", "The enrollment token was revoked at %s.", t.RevokedAt.UTC().Format(time.RFC3339))
	case !now.Before(t.ExpiresAt):
		return refuse("token_expired", "The enrollment token expired at %s.", t.ExpiresAt.UTC().Format(time.RFC3339))
	case t.Used >= t.Uses:
		return refuse("token_used", "The enrollment token has been used up (%d of %d).", t.Used, t.Uses)
	}
	return nil
}

// IssueToken makes a token that approves up to uses requests in the next hours.
func (s *Service) IssueToken(ctx context.Context, actor auth.Actor, note string, uses, hours int) (IssuedToken, error) {
	if err := mayEnroll(actor); err != nil {
		return IssuedToken{}, err
	}
	if err := checkToken(note, uses, hours); err != nil {
		return IssuedToken{}, err
	}
	now := s.now()
	t := IssuedToken{Token: newSecret("pmet_"), EnrollmentToken: EnrollmentToken{ID: ids.New(), Note: note, Uses: uses,
		ExpiresAt: now.Add(time.Duration(hours) * time.Hour), CreatedAt: now, CreatedBy: actor.Name}}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		if err := insertToken(ctx, tx, t.EnrollmentToken, hashOf(t.Token)); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("enrollment_token.create", tokenTarget(t.ID, note),
			map[string]any{"uses": uses, "expires_at": t.ExpiresAt.Format(time.RFC3339)}))
	})
	if err != nil {
		return IssuedToken{}, fmt.Errorf("issue enrollment token: %w", err)
	}
	return t, nil
}

func checkToken(note string, uses, hours int) error {
	var bad []apierr.Detail
	if len(note) > 200 {
		bad = append(bad, apierr.Detail{Field: "note", Message: "Must have at most 200 bytes."})
	}
	if uses < 1 || uses > 1000 {
		bad = append(bad, apierr.Detail{Field: "uses", Value: strconv.Itoa(uses), Message: "Must be 1 to 1000."})
	}
	if hours < 1 || hours > 720 {
		bad = append(bad, apierr.Detail{Field: "expires_in_hours", Value: strconv.Itoa(hours), Message: "Must be 1 to 720 (30 days)."})
	}
	if len(bad) > 0 {
		return apierr.Invalid(bad...)
	}
	return nil
}

// RevokeToken ends a token; hosts that it let in stay.
func (s *Service) RevokeToken(ctx context.Context, actor auth.Actor, id ids.ID) error {
	if err := mayEnroll(actor); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx db.Tx) error {
		note, err := setTokenRevoked(ctx, tx, id, s.now())
		if db.IsNoRows(err) {
			return apierr.NotFound("enrollment token that is not revoked")
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("enrollment_token.revoke", tokenTarget(id, note), nil))
	})
}

func tokenTarget(id ids.ID, note string) audit.Target {
	return audit.Target{Kind: "enrollment_token", ID: id.String(), Name: note}
}
