package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/db"
)

// ssoArrival is how a round trip ends: the browser goes to a page, with a session
// if it was a login.
type ssoArrival struct {
	location string // empty: the page of a test
	grant    *grant
}

// ssoReporter is told about each step that went well.
type ssoReporter func(step oidcflow.Step, detail string)

// arrive ends a round trip. A refusal is no error: it is a page.
func (s *Service) arrive(ctx context.Context, state string, answer oidcflow.Answer, b ssoBrowser, c Caller) (ssoArrival, error) {
	f, found, err := s.takeFlow(ctx, state, b)
	if err != nil {
		return ssoArrival{}, fmt.Errorf("end single sign-on: %w", err)
	}
	if !found {
		return ssoArrival{location: afterRefusal(ssoFlow{}, ssoExpired)}, nil
	}
	p, found, err := providerByID(ctx, s.db, f.provider)
	if err != nil {
		return ssoArrival{}, err
	}
	if f.purpose == ssoTest {
		return ssoArrival{}, s.endTest(ctx, p, f, answer)
	}
	if !found || !p.Enabled {
		return ssoArrival{location: afterRefusal(f, ssoUnavailable)}, nil
	}
	out, err := s.settle(ctx, p, f, answer, c)
	var refused *ssoRefusal
	if errors.As(err, &refused) {
		return ssoArrival{location: afterRefusal(f, refused.code)}, s.noteRefusal(ctx, p, f, refused, c)
	}
	return out, err
}

// settle does what the round trip was for.
func (s *Service) settle(ctx context.Context, p provider, f ssoFlow, answer oidcflow.Answer, c Caller) (ssoArrival, error) {
	if answer.Error == "access_denied" {
		return ssoArrival{}, refuseSSO(ssoDenied, "the provider or the person refused")
	}
	who, err := s.walk(ctx, p, f, answer, func(oidcflow.Step, string) {})
	if err != nil {
		return ssoArrival{}, asRefusal(err, ssoFailed)
	}
	switch f.purpose {
	case ssoLogin:
		return s.loginSSO(ctx, p, f, who, c)
	case ssoLink:
		return s.linkSSO(ctx, p, f, who, c)
	case ssoStepUp:
		return s.stepUpSSO(ctx, p, f, who, c)
	}
	return ssoArrival{}, fmt.Errorf("a flow has the purpose %q", f.purpose)
}

// walk goes from the provider's answer to an identity, step by step.
func (s *Service) walk(ctx context.Context, p provider, f ssoFlow, answer oidcflow.Answer, report ssoReporter) (oidcflow.Identity, error) {
	r, err := s.registration(p)
	if err != nil {
		return oidcflow.Identity{}, fmt.Errorf("open client secret: %w", err)
	}
	if err := s.oidc.CheckAnswer(ctx, r, answer); err != nil {
		return oidcflow.Identity{}, err
	}
	report(oidcflow.StepRedirect, "The provider sent the browser back.")
	report(oidcflow.StepCode, "It sent a code along.")
	tokens, err := s.oidc.Exchange(ctx, r, answer.Code, f.request.Verifier)
	if err != nil {
		return oidcflow.Identity{}, err
	}
	report(oidcflow.StepToken, "It accepts client id, secret and PKCE, and gave tokens for the code.")
	want := p.claims()
	if p.CreateUsers {
		want = append(want, "preferred_username")
	}
	who, err := s.oidc.Identify(ctx, r, f.request, tokens, want...)
	if err != nil {
		return oidcflow.Identity{}, err
	}
	report(oidcflow.StepIDToken, "Signature, issuer, audience, nonce and times of the ID token are right.")
	for _, name := range p.claims() {
		if who.LeftOut(name) {
			return oidcflow.Identity{}, &oidcflow.Problem{Step: oidcflow.StepClaims, Words: fmt.Sprintf(
				"The provider has more values of %q than it sends. Let it send only groups that are assigned to this application, or use app roles.", name)}
		}
	}
	return who, nil
}

// noteRefusal writes down why: for an admin in the log and, if it was a login, in
// the audit trail.
func (s *Service) noteRefusal(ctx context.Context, p provider, f ssoFlow, r *ssoRefusal, c Caller) error {
	slog.WarnContext(ctx, "single sign-on refused", "provider", p.Name, "purpose", string(f.purpose), "code", string(r.code), "reason", r.why,
		"request_id", c.RequestID)
	action, actor := "session.login_failed", Actor{Address: c.Address, RequestID: c.RequestID}
	details := map[string]any{"reason": string(r.code), "detail": r.why, "provider": p.Name}
	if f.purpose != ssoLogin {
		acc, found, err := accountByID(ctx, s.db, f.user)
		if err != nil || !found {
			return err
		}
		action, actor = "session."+string(f.purpose)+"_failed", c.as(acc.User, f.session)
	}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		return audit.Append(ctx, tx, actor.Entry(action, p.target(), details))
	})
	if err != nil {
		return fmt.Errorf("record refused single sign-on: %w", err)
	}
	return nil
}

// challengeLocation hands a challenge over in the fragment, which browsers keep to
// themselves: it reaches no log of a server or proxy, and no Referer. The page
// takes it out of the address at once.
func challengeLocation(c Challenge, returnTo string) string {
	v := url.Values{"challenge": {c.Token}, "methods": {joined(c.Methods)}, "expires_at": {c.ExpiresAt.UTC().Format(time.RFC3339)}, "return_to": {returnTo}}
	return "/sign-in#" + v.Encode()
}
