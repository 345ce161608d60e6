package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// secured is an operation that needs a sign-in.
func secured(id, method, path, summary, tag string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary, Tags: []string{tag},
		Security: []map[string][]string{{"bearer": {}}}}
}

// empty is an operation that answers 204.
func empty(o huma.Operation) huma.Operation {
	o.DefaultStatus = http.StatusNoContent
	return o
}

// made is an operation that answers 201.
func made(o huma.Operation) huma.Operation {
	o.DefaultStatus = http.StatusCreated
	return o
}

type byID struct {
	ID ids.ID `path:"id"`
}

type bodyOf[T any] struct{ Body T }

// out wraps the answer of a use case.
func out[T any](v T, err error) (*bodyOf[T], error) {
	if err != nil {
		return nil, err
	}
	return &bodyOf[T]{v}, nil
}

type profileInput struct{ Body ProfileChange }

func (s *Service) sessionRoutes(api huma.API) {
	huma.Register(api, secured("updateMe", http.MethodPatch, "/auth/me", "Change the own profile", "auth"), s.handleUpdateMe)
	huma.Register(api, secured("mySessions", http.MethodGet, "/auth/sessions", "The own sessions", "auth"),
		func(ctx context.Context, _ *struct{}) (*bodyOf[SessionList], error) {
			return out(s.Sessions(ctx, ActorFrom(ctx)))
		})
	huma.Register(api, empty(secured("endMySession", http.MethodDelete, "/auth/sessions/{id}", "End one of the own sessions", "auth")),
		func(ctx context.Context, in *byID) (*struct{}, error) {
			return nil, s.EndSession(ctx, ActorFrom(ctx), in.ID)
		})
	huma.Register(api, secured("endMyOtherSessions", http.MethodPost, "/auth/sessions/end-others", "End all own sessions but this one", "auth"),
		func(ctx context.Context, _ *struct{}) (*bodyOf[Ended], error) {
			return out(s.EndOtherSessions(ctx, ActorFrom(ctx)))
		})
}

func (s *Service) handleUpdateMe(ctx context.Context, in *profileInput) (*userOutput, error) {
	if err := s.updateMe(ctx, ActorFrom(ctx), in.Body); err != nil {
		return nil, err
	}
	return s.handleMe(ctx, nil)
}
