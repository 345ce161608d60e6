package auth

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// SsoLink is an account at a provider that signs the user in.
type SsoLink struct {
	ProviderID ids.ID    `json:"provider_id"`
	Name       string    `json:"name"`
	Subject    string    `json:"subject"`
	LinkedAt   time.Time `json:"linked_at"`
}

// SsoLinkList are the links of one user.
type SsoLinkList struct {
	Items []SsoLink `json:"items" nullable:"false"`
	Total int       `json:"total"`
}

// sessionOf is the actor of the session that began a round trip, as it is now.
func (s *Service) sessionOf(ctx context.Context, f ssoFlow, c Caller) (Actor, error) {
	a, err := s.SessionActor(ctx, f.session, c.Address)
	if _, ok := apierr.As(err); ok || err == nil && a.UserID != f.user {
		return Actor{}, refuseSSO(ssoSessionEnded, "the session that began it is over")
	}
	return a, err
}

// linkSSO adds the identity to the account of the signed-in user who asked for
// it, in this browser, with a fresh second factor.
func (s *Service) linkSSO(ctx context.Context, p provider, f ssoFlow, who oidcflow.Identity, c Caller) (ssoArrival, error) {
	a, err := s.sessionOf(ctx, f, c)
	if err != nil {
		return ssoArrival{}, err
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		linked, err := insertLink(ctx, tx, p.ID, who, a.UserID, s.clock.Now())
		if err != nil {
			return err
		}
		if !linked {
			return refuseSSO(ssoAlreadyLinked, "subject %s or the account %s has a link already", who.Subject, a.Name)
		}
		target := audit.Target{Kind: "user", ID: a.UserID.String(), Name: a.Name}
		return audit.Append(ctx, tx, a.Entry("user.sso_link", target, map[string]any{"provider": p.Name, "subject": who.Subject}))
	})
	return ssoArrival{location: withQuery(f.returnTo, "sso", "linked")}, wrapUnlessRefused("link account", err)
}

// stepUpSSO takes the provider's second factor, shown just now by the same
// person, in the place of an own one.
func (s *Service) stepUpSSO(ctx context.Context, p provider, f ssoFlow, who oidcflow.Identity, c Caller) (ssoArrival, error) {
	a, err := s.sessionOf(ctx, f, c)
	if err != nil {
		return ssoArrival{}, err
	}
	acc, found, err := linkedAccount(ctx, s.db, p.ID, who)
	switch {
	case err != nil:
		return ssoArrival{}, err
	case !found || acc.ID != a.UserID:
		return ssoArrival{}, refuseSSO(ssoNotLinked, "subject %s is not linked with %s", who.Subject, a.Name)
	case s.acceptedMFA(p, who) == nil:
		return ssoArrival{}, refuseSSO(ssoNoSecondFactor, "amr %v and acr %q hold none of the accepted values", who.Values("amr"), who.Text("acr"))
	case who.AuthTime.Before(f.createdAt.Add(-ssoFreshLeeway)):
		return ssoArrival{}, refuseSSO(ssoNotFresh, "auth_time is not after the request: the provider did not ask again, or its clock is behind")
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if _, err := s.stampFresh(ctx, tx, a, MethodSSO); err != nil {
			return err
		}
		target := audit.Target{Kind: "session", ID: a.SessionID.String(), Name: a.Name}
		return audit.Append(ctx, tx, a.Entry("session.step_up", target, map[string]any{"method": string(MethodSSO), "provider": p.Name}))
	})
	return ssoArrival{location: withQuery(f.returnTo, "sso", "fresh")}, wrapUnlessRefused("confirm through provider", err)
}

// Links are the providers that sign the actor in.
func (s *Service) links(ctx context.Context, a Actor) ([]SsoLink, error) {
	if err := a.Require(OwnAccount); err != nil {
		return nil, err
	}
	return linksOf(ctx, s.db, a.UserID)
}

// unlinkSSO removes a link of the actor, unless it is the only way in.
func (s *Service) unlinkSSO(ctx context.Context, a Actor, id ids.ID) error {
	if err := a.RequireFresh(OwnAccount, s.clock.Now()); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx db.Tx) error {
		if _, err := lockUser(ctx, tx, a.UserID); err != nil {
			return err
		}
		link, found, err := linkOf(ctx, tx, a.UserID, id)
		if err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("link")
		}
		if err := deleteLink(ctx, tx, a.UserID, id); err != nil {
			return err
		}
		others, err := hasOtherWay(ctx, tx, a.UserID)
		if err != nil {
			return err
		}
		if !others {
			return apierr.Conflict("only_sign_in", "This is the only way in which you can sign in. Add a passkey or link another provider first.")
		}
		target := audit.Target{Kind: "user", ID: a.UserID.String(), Name: a.Name}
		return audit.Append(ctx, tx, a.Entry("user.sso_unlink", target, map[string]any{"provider": link.Name, "subject": link.Subject}))
	})
}

// ProviderName is a provider as the sign-in page shows it.
type ProviderName struct {
	ID   ids.ID `json:"id"`
	Name string `json:"name"`
}

// SignInMethods are the ways in which people may sign in here.
type SignInMethods struct {
	Password  bool           `json:"password" doc:"False: only the break-glass admin's password works."`
	Passkey   bool           `json:"passkey"`
	Providers []ProviderName `json:"providers" nullable:"false"`
}

func (s *Service) signInMethods(ctx context.Context) (SignInMethods, error) {
	m := SignInMethods{Password: !s.rules().PasswordOff, Passkey: true}
	var err error
	if m.Providers, err = enabledProviders(ctx, s.db); err != nil {
		return m, fmt.Errorf("list ways to sign in: %w", err)
	}
	return m, nil
}
