package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// SsoTestStep is one step of "Test connection".
type SsoTestStep struct {
	Name   string `json:"name" enum:"discovery,keys,redirect,code,token,id_token,claims,mapping"`
	State  string `json:"state" enum:"ok,failed,pending"`
	Detail string `json:"detail"`
}

// SsoTest is a round trip that enables nothing and signs nobody in.
type SsoTest struct {
	ID    ids.ID        `json:"id"`
	State string        `json:"state" enum:"waiting,succeeded,failed"`
	Steps []SsoTestStep `json:"steps" nullable:"false"`
}

// SsoTestStarted is a test whose browser window may be opened.
type SsoTestStarted struct {
	ID           ids.ID `json:"id"`
	AuthorizeURL string `json:"authorize_url" doc:"To open in a window; empty when the test has failed already."`
}

const (
	testWaiting   = "waiting"
	testSucceeded = "succeeded"
	testFailed    = "failed"

	stepMapping = "mapping"
)

var testSteps = []string{string(oidcflow.StepDiscovery), string(oidcflow.StepKeys), string(oidcflow.StepRedirect), string(oidcflow.StepCode),
	string(oidcflow.StepToken), string(oidcflow.StepIDToken), string(oidcflow.StepClaims), stepMapping}

func newTest(id ids.ID) *SsoTest {
	t := &SsoTest{ID: id, State: testWaiting}
	for _, name := range testSteps {
		t.Steps = append(t.Steps, SsoTestStep{Name: name, State: "pending"})
	}
	return t
}

func (t *SsoTest) set(name, state, detail string) {
	for i := range t.Steps {
		if t.Steps[i].Name == name {
			t.Steps[i].State, t.Steps[i].Detail = state, detail
		}
	}
}

// report is an ssoReporter.
func (t *SsoTest) report(step oidcflow.Step, detail string) { t.set(string(step), "ok", detail) }

// fail ends the test with a provider's problem; other errors are ours and stay.
func (t *SsoTest) fail(err error) error {
	var p *oidcflow.Problem
	if !errors.As(err, &p) {
		return err
	}
	t.set(string(p.Step), "failed", p.Words)
	t.State = testFailed
	return nil
}

// testProvider begins a test of a provider, enabled or not: it asks what can be
// asked without a person, and names the address for the rest.
func (s *Service) testProvider(ctx context.Context, a Actor, id ids.ID, b ssoBrowser, c Caller) (SsoTestStarted, ssoBrowser, error) {
	if err := a.RequireFresh(ManageSettings, s.clock.Now()); err != nil {
		return SsoTestStarted{}, "", err
	}
	p, found, err := providerByID(ctx, s.db, id)
	if err != nil {
		return SsoTestStarted{}, "", err
	}
	if !found {
		return SsoTestStarted{}, "", errNoProvider()
	}
	testID, err := ids.NewAt(s.clock.Now())
	if err != nil {
		return SsoTestStarted{}, "", err
	}
	t, q := newTest(testID), oidcflow.NewRequest()
	address, err := s.askProvider(ctx, p, t, q)
	if err != nil {
		return SsoTestStarted{}, "", fmt.Errorf("test provider: %w", err)
	}
	b = b.orNew()
	err = s.db.InTx(ctx, func(tx db.Tx) error { return s.storeTest(ctx, tx, a, p, t, q, b, c) })
	return SsoTestStarted{ID: testID, AuthorizeURL: address}, b, startError(err)
}

// askProvider does the steps that need no person.
func (s *Service) askProvider(ctx context.Context, p provider, t *SsoTest, q oidcflow.Request) (address string, err error) {
	r, err := s.registration(p)
	if err != nil {
		return "", fmt.Errorf("open client secret: %w", err)
	}
	if err := s.oidc.CheckDiscovery(ctx, p.Issuer); err != nil {
		return "", t.fail(err)
	}
	t.report(oidcflow.StepDiscovery, p.Issuer+" describes itself.")
	keys, err := s.oidc.CheckKeys(ctx, p.Issuer)
	if err != nil {
		return "", t.fail(err)
	}
	t.report(oidcflow.StepKeys, fmt.Sprintf("Signing keys that it publishes: %d.", keys))
	if err := s.oidc.CheckAuthorize(ctx, r); err != nil {
		return "", t.fail(err)
	}
	t.set(string(oidcflow.StepRedirect), "pending", "Sign in at the provider in the other window. If it shows an error there, register exactly this redirect address: "+r.RedirectURI)
	return s.oidc.AuthorizeURL(ctx, r, q)
}

func (s *Service) storeTest(ctx context.Context, tx db.Tx, a Actor, p provider, t *SsoTest, q oidcflow.Request, b ssoBrowser, c Caller) error {
	now := s.clock.Now()
	if err := insertTest(ctx, tx, p.ID, *t, now, now.Add(ssoFlowLife)); err != nil {
		return err
	}
	if t.State == testWaiting {
		f := ssoFlow{purpose: ssoTest, user: a.UserID, session: a.SessionID, test: t.ID, returnTo: "/"}
		if err := s.storeFlow(ctx, tx, p, f, q, b, c); err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, a.Entry("sso_provider.test", p.target(), nil))
}

// endTest goes the rest of the way. Nothing changes but the row of the test: no
// session, no account, no link, and the provider stays as it is.
func (s *Service) endTest(ctx context.Context, p provider, f ssoFlow, answer oidcflow.Answer) error {
	t, _, found, err := readTest(ctx, s.db, f.test)
	if err != nil || !found {
		return err
	}
	who, err := s.walk(ctx, p, f, answer, t.report)
	if err == nil {
		t.report(oidcflow.StepClaims, p.describe(who))
		t.mapping(s, p, who)
	} else if err = t.fail(err); err != nil {
		// ours, such as a key file that was replaced: the test must not wait for ever
		slog.ErrorContext(ctx, "test of single sign-on", "error", err, "provider", p.Name)
		t.set(string(oidcflow.StepToken), "failed", "Something went wrong on this server; its log has the cause.")
		t.State = testFailed
	}
	if err := updateTest(ctx, s.db, *t); err != nil {
		return fmt.Errorf("end test of provider: %w", err)
	}
	return nil
}

// describe names the claims that matter here. It is shown to admins only.
func (p Provider) describe(who oidcflow.Identity) string {
	out := []string{"subject " + who.Subject}
	for _, name := range []string{"preferred_username", "name", "email", p.RoleClaim, p.GroupsClaim, "amr", "acr"} {
		if values := who.Values(name); len(values) > 0 {
			out = append(out, name+" "+cut(printable(joined(values)), 300))
		}
	}
	if who.AuthTime.IsZero() {
		out = append(out, "no auth_time: this provider cannot confirm dangerous acts")
	}
	return strings.Join(out, "; ")
}

// mapping says what the person would get.
func (t *SsoTest) mapping(s *Service, p provider, who oidcflow.Identity) {
	r, ok := p.rights(who)
	if !ok {
		t.set(stepMapping, "failed", "No mapping matches and there is no default role: this person would be refused.")
		t.State = testFailed
		return
	}
	text := fmt.Sprintf("%d of %d mappings match: role %s, groups of hosts: %d.", r.matched, len(p.Mappings), r.role, len(r.groups))
	if r.role == "" {
		text = "The mappings do not decide the role: it is set here."
		if p.DefaultRole != "" {
			text = fmt.Sprintf("The mappings do not decide the role; new accounts begin as %s.", p.DefaultRole)
		}
	}
	second := " The second factor of this product would follow."
	if s.acceptedMFA(p, who) != nil {
		second = " The provider's second factor is accepted."
	}
	t.set(stepMapping, "ok", text+second)
	t.State = testSucceeded
}

// readSsoTest is a test as it stands. One whose window was closed fails in the
// end.
func (s *Service) readSsoTest(ctx context.Context, a Actor, id ids.ID) (SsoTest, error) {
	if err := a.Require(SeeSettings); err != nil {
		return SsoTest{}, err
	}
	t, expires, found, err := readTest(ctx, s.db, id)
	if err != nil {
		return SsoTest{}, err
	}
	if !found {
		return SsoTest{}, apierr.NotFound("test")
	}
	t.expire(expires, s.clock.Now())
	return *t, nil
}

func (t *SsoTest) expire(at, now time.Time) {
	if t.State != testWaiting || now.Before(at) {
		return
	}
	for _, step := range t.Steps {
		if step.Name == string(oidcflow.StepRedirect) {
			t.set(step.Name, "failed", "Nobody came back from the provider. "+step.Detail)
		}
	}
	t.State = testFailed
}
