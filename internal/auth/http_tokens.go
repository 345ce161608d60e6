package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/ids"
)

type newTokenInput struct{ Body NewApiToken }

type userTokenInput struct {
	ID      ids.ID `path:"id"`
	TokenID ids.ID `path:"token_id"`
}

func (s *Service) tokenRoutes(api huma.API) {
	huma.Register(api, secured("myTokens", http.MethodGet, "/auth/tokens", "The own API tokens", "auth"),
		func(ctx context.Context, _ *struct{}) (*bodyOf[ApiTokenList], error) {
			return out(s.Tokens(ctx, ActorFrom(ctx)))
		})
	huma.Register(api, made(secured("createToken", http.MethodPost, "/auth/tokens", "Make an API token", "auth")),
		func(ctx context.Context, in *newTokenInput) (*bodyOf[IssuedApiToken], error) {
			return out(s.CreateToken(ctx, ActorFrom(ctx), in.Body))
		})
	huma.Register(api, empty(secured("revokeToken", http.MethodDelete, "/auth/tokens/{id}", "Revoke one of the own API tokens", "auth")),
		func(ctx context.Context, in *byID) (*struct{}, error) {
			return nil, s.RevokeToken(ctx, ActorFrom(ctx), in.ID)
		})
	huma.Register(api, secured("userTokens", http.MethodGet, "/users/{id}/tokens", "API tokens of a user", "users"),
		func(ctx context.Context, in *byID) (*bodyOf[ApiTokenList], error) {
			return out(s.UserTokens(ctx, ActorFrom(ctx), in.ID))
		})
	huma.Register(api, empty(secured("revokeUserToken", http.MethodDelete, "/users/{id}/tokens/{token_id}", "Revoke an API token of a user", "users")),
		func(ctx context.Context, in *userTokenInput) (*struct{}, error) {
			return nil, s.RevokeUserToken(ctx, ActorFrom(ctx), in.ID, in.TokenID)
		})
}
