package auth

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// ssoRoutes registers the ways to and from providers, and links.
func (s *Service) ssoRoutes(api huma.API) {
	public := func(o huma.Operation) huma.Operation {
		o.Metadata = httpx.Public
		return o
	}
	huma.Register(api, public(ssoOp(http.MethodGet, "/auth/methods", "signInMethods", "Ways to sign in")), s.handleMethods)
	huma.Register(api, public(redirects(ssoOp(http.MethodGet, "/auth/sso/{id}/start", "startSsoSignIn", "Send the browser to a provider, to sign in"))), s.handleStartLogin)
	huma.Register(api, public(redirects(ssoOp(http.MethodGet, "/auth/sso/callback", "ssoCallback", "Take the browser back from a provider"))), s.handleCallback)
	huma.Register(api, mine(ssoOp(http.MethodPost, "/auth/sso/{id}/start", "startSso", "Begin to link an account at a provider, or to confirm with it")), s.handleStart)
	huma.Register(api, mine(ssoOp(http.MethodGet, "/auth/sso/links", "mySsoLinks", "Accounts at providers that sign the caller in")), s.handleLinks)
	unlink := mine(ssoOp(http.MethodDelete, "/auth/sso/links/{provider_id}", "unlinkSso", "Remove such a link"))
	unlink.DefaultStatus = http.StatusNoContent
	huma.Register(api, unlink, s.handleUnlink)
	s.providerRoutes(api)
}

func ssoOp(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: httpx.BasePath + path, OperationID: id, Summary: summary, Tags: []string{"single sign-on"}}
}

func mine(o huma.Operation) huma.Operation {
	o.Security = []map[string][]string{{"bearer": {}}}
	return o
}

// redirects describes an operation that a browser is navigated to.
func redirects(o huma.Operation) huma.Operation {
	o.DefaultStatus = http.StatusFound
	page := map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}}}
	o.Responses = map[string]*huma.Response{"302": {Description: "The browser goes on.", Content: page}}
	return o
}

// redirectOutput sends a browser on. Status is huma's name for the status.
type redirectOutput struct {
	Status    int
	Location  string        `header:"Location"`
	Kind      string        `header:"Content-Type"`
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      []byte
}

func redirect(location string, cookies ...http.Cookie) *redirectOutput {
	return &redirectOutput{Status: http.StatusFound, Location: location, SetCookie: cookies}
}

func (b ssoBrowser) cookie() http.Cookie {
	return http.Cookie{Name: ssoCookie, Value: string(b), Path: "/", MaxAge: int(ssoFlowLife.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

type methodsOutput struct{ Body SignInMethods }

func (s *Service) handleMethods(ctx context.Context, _ *struct{}) (*methodsOutput, error) {
	m, err := s.signInMethods(ctx)
	return &methodsOutput{m}, err
}

type startLoginInput struct {
	ID        string `path:"id"`
	ReturnTo  string `query:"return_to" doc:"A path of this site; anything else becomes the first page."`
	Browser   string `cookie:"__Host-pm_sso" hidden:"true"`
	UserAgent string `header:"User-Agent" hidden:"true"`
}

// handleStartLogin answers a person, so that also what cannot be done is a page.
func (s *Service) handleStartLogin(ctx context.Context, in *startLoginInput) (*redirectOutput, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return redirect(afterRefusal(ssoFlow{}, ssoUnavailable)), nil //nolint:nilerr // an id that is none names no provider
	}
	d, err := s.startLogin(ctx, id, in.ReturnTo, ssoBrowser(in.Browser), callerOf(ctx, in.UserAgent))
	var refused *ssoRefusal
	if errors.As(err, &refused) {
		return redirect(afterRefusal(ssoFlow{}, refused.code)), nil
	}
	if err != nil {
		return nil, err
	}
	return redirect(d.url, d.browser.cookie()), nil
}

// SsoStart is what a signed-in user wants of a provider.
type SsoStart struct {
	Purpose  string `json:"purpose" enum:"link,step_up"`
	ReturnTo string `json:"return_to,omitempty" maxLength:"2000" doc:"A path of this site; anything else becomes the first page."`
}

// SsoStarted is where to send the browser.
type SsoStarted struct {
	AuthorizeURL string `json:"authorize_url"`
}

type startInput struct {
	ID        ids.ID `path:"id"`
	Browser   string `cookie:"__Host-pm_sso" hidden:"true"`
	UserAgent string `header:"User-Agent" hidden:"true"`
	Body      SsoStart
}

type startOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SsoStarted
}

func (s *Service) handleStart(ctx context.Context, in *startInput) (*startOutput, error) {
	d, err := s.startSSO(ctx, ActorFrom(ctx), in.ID, ssoPurpose(in.Body.Purpose), in.Body.ReturnTo, ssoBrowser(in.Browser), callerOf(ctx, in.UserAgent))
	if err != nil {
		return nil, err
	}
	return &startOutput{SetCookie: d.browser.cookie(), Body: SsoStarted{AuthorizeURL: d.url}}, nil
}

type callbackInput struct {
	State       string `query:"state"`
	Code        string `query:"code"`
	Issuer      string `query:"iss"`
	Error       string `query:"error"`
	Description string `query:"error_description"`
	Browser     string `cookie:"__Host-pm_sso" hidden:"true"`
	Device      string `cookie:"__Host-pm_device" hidden:"true"`
	UserAgent   string `header:"User-Agent" hidden:"true"`
}

const testDone = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Connection tested</title></head>
<body><h1>Connection tested</h1><p>You can close this window. The result is shown in the other one.</p></body></html>
`

func (s *Service) handleCallback(ctx context.Context, in *callbackInput) (*redirectOutput, error) {
	answer := oidcflow.Answer{Code: in.Code, Issuer: in.Issuer, Error: in.Error, Description: in.Description}
	a, err := s.arrive(ctx, in.State, answer, ssoBrowser(in.Browser), callerOf(ctx, in.UserAgent).on(in.Device))
	if err != nil {
		return nil, err
	}
	if a.location == "" {
		return &redirectOutput{Status: http.StatusOK, Kind: "text/html; charset=utf-8", Body: []byte(testDone)}, nil
	}
	out := redirect(a.location)
	if a.grant != nil {
		out.SetCookie = a.grant.cookies()
	}
	return out, nil
}

type linksOutput struct{ Body SsoLinkList }

func (s *Service) handleLinks(ctx context.Context, _ *struct{}) (*linksOutput, error) {
	items, err := s.links(ctx, ActorFrom(ctx))
	return &linksOutput{SsoLinkList{Items: orEmpty(items), Total: len(items)}}, err
}

type unlinkInput struct {
	ProviderID ids.ID `path:"provider_id"`
}

func (s *Service) handleUnlink(ctx context.Context, in *unlinkInput) (*struct{}, error) {
	return nil, s.unlinkSSO(ctx, ActorFrom(ctx), in.ProviderID)
}
