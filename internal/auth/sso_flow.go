package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const sealedForSSOFlow = "auth_sso_flow"

// ssoSecrets are the sealed part of a flow.
type ssoSecrets struct{ Nonce, Verifier string }

// ssoDeparture is where a browser goes, and what binds it.
type ssoDeparture struct {
	url     string
	browser ssoBrowser
}

// startLogin sends an anonymous browser to an enabled provider. What cannot be
// done ends in a refusal, because a person looks at the answer.
func (s *Service) startLogin(ctx context.Context, id ids.ID, returnTo string, b ssoBrowser, c Caller) (ssoDeparture, error) {
	p, found, err := providerByID(ctx, s.db, id)
	if err != nil {
		return ssoDeparture{}, err
	}
	if !found || !p.Enabled {
		return ssoDeparture{}, refuseSSO(ssoUnavailable, "no such provider, or it is switched off")
	}
	return s.depart(ctx, p, ssoFlow{purpose: ssoLogin, returnTo: localPath(returnTo)}, b, c)
}

// startSSO sends the browser of a signed-in user to a provider: to link an
// account there, which wants a second factor shown lately, or to show one again.
func (s *Service) startSSO(ctx context.Context, a Actor, id ids.ID, purpose ssoPurpose, returnTo string, b ssoBrowser, c Caller) (ssoDeparture, error) {
	if err := a.Require(OwnAccount); err != nil {
		return ssoDeparture{}, err
	}
	if purpose == ssoLink {
		if err := a.RequireFresh(OwnAccount, s.clock.Now()); err != nil {
			return ssoDeparture{}, err
		}
	}
	p, found, err := providerByID(ctx, s.db, id)
	if err != nil {
		return ssoDeparture{}, err
	}
	if !found || !p.Enabled {
		return ssoDeparture{}, apierr.NotFound("single sign-on provider")
	}
	if err := s.mayStart(ctx, a, p, purpose); err != nil {
		return ssoDeparture{}, err
	}
	d, err := s.depart(ctx, p, ssoFlow{purpose: purpose, user: a.UserID, session: a.SessionID, returnTo: localPath(returnTo)}, b, c)
	return d, startError(err)
}

// mayStart says before the way what would be refused after it.
func (s *Service) mayStart(ctx context.Context, a Actor, p provider, purpose ssoPurpose) error {
	_, linked, err := linkOf(ctx, s.db, a.UserID, p.ID)
	switch {
	case err != nil:
		return err
	case purpose == ssoLink && linked:
		return apierr.Conflict("sso_already_linked", "Your account is linked with %s already. Remove that link first.", p.Name)
	case purpose == ssoStepUp && (!linked || !p.AcceptMFA):
		return apierr.Conflict("sso_no_second_factor", "%s cannot stand in for your second factor. Use your own.", p.Name)
	}
	return nil
}

// startError is a refusal in the words of the API.
func startError(err error) error {
	var refused *ssoRefusal
	if !errors.As(err, &refused) {
		return err
	}
	if refused.code == ssoBusy {
		return apierr.TooMany(ssoFlowLife)
	}
	return apierr.Conflict(string(refused.code), "The provider cannot be used now: %s", refused.why)
}

// depart stores the flow and names the address. The provider is asked before,
// not inside the transaction.
func (s *Service) depart(ctx context.Context, p provider, f ssoFlow, b ssoBrowser, c Caller) (ssoDeparture, error) {
	r, err := s.registration(p)
	if err != nil {
		return ssoDeparture{}, fmt.Errorf("open client secret: %w", err)
	}
	q := oidcflow.NewRequest()
	q.Fresh = f.purpose == ssoStepUp
	address, err := s.oidc.AuthorizeURL(ctx, r, q)
	if err != nil {
		return ssoDeparture{}, asRefusal(err, ssoUnavailable)
	}
	b = b.orNew()
	err = s.db.InTx(ctx, func(tx db.Tx) error { return s.storeFlow(ctx, tx, p, f, q, b, c) })
	if err != nil {
		return ssoDeparture{}, fmt.Errorf("begin single sign-on: %w", err)
	}
	return ssoDeparture{url: address, browser: b}, nil
}

func (s *Service) storeFlow(ctx context.Context, tx db.Tx, p provider, f ssoFlow, q oidcflow.Request, b ssoBrowser, c Caller) error {
	now := s.clock.Now()
	if !c.Address.IsValid() {
		return errors.New("the request carries no client address")
	}
	f.provider, f.createdAt, f.expiresAt = p.ID, now, now.Add(ssoFlowLife)
	begun, err := countFlows(ctx, tx, household(c.Address), now.Add(-ssoFlowLife))
	if err != nil {
		return err
	}
	if begun >= ssoStartsPerPlace {
		return refuseSSO(ssoBusy, "%d sign-ins were begun from %s within %s", begun, household(c.Address), ssoFlowLife)
	}
	plain, err := json.Marshal(ssoSecrets{Nonce: q.Nonce, Verifier: q.Verifier})
	if err != nil {
		return fmt.Errorf("encode flow: %w", err)
	}
	box, err := s.sealer.Seal(sealedForSSOFlow, plain)
	if err != nil {
		return err
	}
	return insertFlow(ctx, tx, hashOf(q.State), box, hashOf(string(b)), household(c.Address), f)
}

// takeFlow uses up the flow that a browser comes back from. It is gone whatever
// comes of it, and a browser that did not begin it does not find it.
func (s *Service) takeFlow(ctx context.Context, state string, b ssoBrowser) (ssoFlow, bool, error) {
	f, box, found, err := useFlow(ctx, s.db, hashOf(state), hashOf(string(b)), s.clock.Now())
	if err != nil || !found {
		return ssoFlow{}, false, err
	}
	plain, err := s.sealer.Open(sealedForSSOFlow, box)
	if err != nil {
		return ssoFlow{}, false, fmt.Errorf("open flow: %w", err)
	}
	var secrets ssoSecrets
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return ssoFlow{}, false, fmt.Errorf("decode flow: %w", err)
	}
	f.request = oidcflow.Request{State: state, Nonce: secrets.Nonce, Verifier: secrets.Verifier, Fresh: f.purpose == ssoStepUp}
	return f, true, nil
}

// asRefusal makes a provider's problem a refusal; other errors stay.
func asRefusal(err error, code ssoCode) error {
	var p *oidcflow.Problem
	if errors.As(err, &p) {
		return refuseSSO(code, "%s", p.Error())
	}
	return err
}

// afterRefusal is the page that says what happened: of a login the sign-in page,
// of anything else the one that it was begun on.
func afterRefusal(f ssoFlow, code ssoCode) string {
	if f.purpose == ssoLink || f.purpose == ssoStepUp {
		return withQuery(f.returnTo, "sso_error", string(code))
	}
	return "/sign-in?" + url.Values{"error": {string(code)}}.Encode()
}
