package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/ids"
)

// Membership is who is to be in a group.
type Membership struct {
	UserIDs []ids.ID `json:"user_ids" nullable:"false" maxItems:"10000"`
}

type membersInput struct {
	ID   ids.ID `path:"id"`
	Body Membership
}

func (s *Service) memberRoutes(api huma.API) {
	huma.Register(api, secured("groupMembers", http.MethodGet, "/groups/{id}/members", "Who is in a group", "groups"),
		func(ctx context.Context, in *byID) (*bodyOf[MemberList], error) {
			return out(s.Members(ctx, ActorFrom(ctx), in.ID))
		})
	huma.Register(api, secured("setGroupMembers", http.MethodPut, "/groups/{id}/members", "Say who is in a group", "groups"),
		func(ctx context.Context, in *membersInput) (*bodyOf[MemberList], error) {
			return out(s.SetMembers(ctx, ActorFrom(ctx), in.ID, in.Body.UserIDs))
		})
}
