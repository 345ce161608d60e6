package auth

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/httpx"
)

// Middleware puts the Actor into the context of every operation, and answers
// 401 or 403 where there is none. The actor of a public operation is anonymous,
// with address and request id for the audit trail. Install it before any
// operation is registered: huma takes the middlewares that it knows at that
// moment.
func (s *Service) Middleware(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		actor, err := s.admit(ctx)
		if err != nil {
			refuse(api, ctx, err)
			return
		}
		next(huma.WithContext(ctx, WithActor(ctx.Context(), actor)))
	}
}

func (s *Service) admit(ctx huma.Context) (Actor, error) {
	addr := httpx.ClientAddr(ctx.Context())
	if httpx.IsPublic(ctx.Operation()) {
		return Actor{Address: addr, RequestID: httpx.RequestID(ctx.Context())}, nil
	}
	actor, g, err := s.identify(ctx.Context(), bearerOf(ctx.Header("Authorization")), addr)
	if err == nil {
		err = g.refuse(ctx.Operation().OperationID)
	}
	return actor, err
}

// refuse answers with the envelope, which also logs an unexpected error.
func refuse(api huma.API, ctx huma.Context, err error) {
	if e, ok := apierr.As(err); ok && e.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	}
	// its error is that the caller has gone, which huma has written down
	_ = huma.WriteErr(api, ctx, http.StatusInternalServerError, "check access token", err)
}

// bearerOf takes the token out of an Authorization header; empty when there is
// none.
func bearerOf(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
