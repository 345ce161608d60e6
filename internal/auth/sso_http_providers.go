package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/ids"
)

// providerRoutes registers what admins do with providers.
func (s *Service) providerRoutes(api huma.API) {
	op := func(method, path, id, summary string, status int) huma.Operation {
		o := mine(ssoOp(method, "/sso"+path, id, summary))
		o.DefaultStatus = status
		return o
	}
	huma.Register(api, op(http.MethodGet, "/providers", "listProviders", "List single sign-on providers", 0), s.handleListProviders)
	huma.Register(api, op(http.MethodPost, "/providers", "createProvider", "Add a single sign-on provider", http.StatusCreated), s.handleCreateProvider)
	huma.Register(api, op(http.MethodGet, "/providers/{id}", "getProvider", "Show a single sign-on provider", 0), s.handleGetProvider)
	huma.Register(api, op(http.MethodPatch, "/providers/{id}", "updateProvider", "Change a single sign-on provider", 0), s.handleUpdateProvider)
	huma.Register(api, op(http.MethodDelete, "/providers/{id}", "deleteProvider", "Remove a single sign-on provider", http.StatusNoContent), s.handleDeleteProvider)
	huma.Register(api, op(http.MethodPost, "/providers/{id}/test", "testProvider", "Test the connection with a provider; nothing is enabled", http.StatusCreated), s.handleTestProvider)
	huma.Register(api, op(http.MethodGet, "/tests/{id}", "getSsoTest", "Show how far a test is", 0), s.handleGetTest)
}

// ProviderPath names a provider.
type ProviderPath struct {
	ID ids.ID `path:"id"`
}

type providersOutput struct{ Body ProviderList }

type providerOutput struct{ Body Provider }

func (s *Service) handleListProviders(ctx context.Context, _ *struct{}) (*providersOutput, error) {
	items, err := s.listProviders(ctx, ActorFrom(ctx))
	return &providersOutput{ProviderList{Items: orEmpty(items), Total: len(items), RedirectURI: s.redirectURI()}}, err
}

func (s *Service) handleGetProvider(ctx context.Context, in *ProviderPath) (*providerOutput, error) {
	p, err := s.getProvider(ctx, ActorFrom(ctx), in.ID)
	return &providerOutput{p}, err
}

type createProviderInput struct{ Body ProviderInput }

func (s *Service) handleCreateProvider(ctx context.Context, in *createProviderInput) (*providerOutput, error) {
	p, err := s.createProvider(ctx, ActorFrom(ctx), in.Body)
	return &providerOutput{p}, err
}

type updateProviderInput struct {
	ProviderPath
	Body ProviderChange
}

func (s *Service) handleUpdateProvider(ctx context.Context, in *updateProviderInput) (*providerOutput, error) {
	p, err := s.updateProvider(ctx, ActorFrom(ctx), in.ID, in.Body)
	return &providerOutput{p}, err
}

func (s *Service) handleDeleteProvider(ctx context.Context, in *ProviderPath) (*struct{}, error) {
	return nil, s.deleteProvider(ctx, ActorFrom(ctx), in.ID)
}

type testProviderInput struct {
	ProviderPath
	Browser   string `cookie:"__Host-pm_sso" hidden:"true"`
	UserAgent string `header:"User-Agent" hidden:"true"`
}

type testProviderOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SsoTestStarted
}

func (s *Service) handleTestProvider(ctx context.Context, in *testProviderInput) (*testProviderOutput, error) {
	t, b, err := s.testProvider(ctx, ActorFrom(ctx), in.ID, ssoBrowser(in.Browser), callerOf(ctx, in.UserAgent))
	if err != nil {
		return nil, err
	}
	return &testProviderOutput{SetCookie: b.cookie(), Body: t}, nil
}

type testOutput struct{ Body SsoTest }

func (s *Service) handleGetTest(ctx context.Context, in *ProviderPath) (*testOutput, error) {
	t, err := s.readSsoTest(ctx, ActorFrom(ctx), in.ID)
	return &testOutput{t}, err
}
