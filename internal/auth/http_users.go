package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/ids"
)

type listUsersInput struct {
	Page     int      `query:"page" default:"1" minimum:"1" maximum:"1000000"`
	PageSize int      `query:"page_size" default:"50" minimum:"1" maximum:"500"`
	Query    string   `query:"q" maxLength:"200" doc:"Part of the user name, the display name or the e-mail address."`
	Role     []string `query:"role" enum:"admin,operator,auditor"`
	Status   []string `query:"status" enum:"active,disabled,locked,new"`
	GroupID  string   `query:"group_id" maxLength:"26"`
	Sort     string   `query:"sort" default:"username" enum:"username,last_sign_in"`
	Order    string   `query:"order" default:"asc" enum:"asc,desc"`
}

func (i listUsersInput) filter() (UserFilter, error) {
	f := UserFilter{Query: i.Query, Sort: i.Sort, Desc: i.Order == "desc", Page: i.Page, PageSize: i.PageSize}
	for _, r := range i.Role {
		f.Roles = append(f.Roles, Role(r))
	}
	for _, v := range i.Status {
		f.Statuses = append(f.Statuses, UserStatus(v))
	}
	if i.GroupID == "" {
		return f, nil
	}
	var err error
	if f.Group, err = ids.Parse(i.GroupID); err != nil {
		return f, apierr.Invalid(apierr.Detail{Field: "group_id", Value: i.GroupID, Message: "This is not the id of a group."})
	}
	return f, nil
}

type newUserInput struct{ Body NewUser }

type userChangeInput struct {
	ID   ids.ID `path:"id"`
	Body UserChange
}

type userSessionInput struct {
	ID        ids.ID `path:"id"`
	SessionID ids.ID `path:"session_id"`
}

func (s *Service) userRoutes(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return secured(id, method, path, summary, "users")
	}
	huma.Register(api, op("listUsers", http.MethodGet, "/users", "Users, filtered and sorted"), s.handleUsers)
	huma.Register(api, made(op("createUser", http.MethodPost, "/users", "Make a user with a one-time password")),
		func(ctx context.Context, in *newUserInput) (*bodyOf[CreatedUser], error) {
			return out(s.CreateUser(ctx, ActorFrom(ctx), in.Body))
		})
	huma.Register(api, op("getUser", http.MethodGet, "/users/{id}", "One user"),
		func(ctx context.Context, in *byID) (*bodyOf[UserRow], error) {
			return out(s.UserByID(ctx, ActorFrom(ctx), in.ID))
		})
	huma.Register(api, op("updateUser", http.MethodPatch, "/users/{id}", "Change a user"),
		func(ctx context.Context, in *userChangeInput) (*bodyOf[UserRow], error) {
			return out(s.UpdateUser(ctx, ActorFrom(ctx), in.ID, in.Body))
		})
	huma.Register(api, empty(op("deleteUser", http.MethodDelete, "/users/{id}", "Delete a user; what they did stays on record")),
		func(ctx context.Context, in *byID) (*struct{}, error) {
			return nil, s.DeleteUser(ctx, ActorFrom(ctx), in.ID)
		})
	huma.Register(api, op("resetPassword", http.MethodPost, "/users/{id}/reset-password", "Give a user a one-time password"),
		func(ctx context.Context, in *byID) (*bodyOf[NewPassword], error) {
			return out(s.ResetUserPassword(ctx, ActorFrom(ctx), in.ID))
		})
	huma.Register(api, empty(op("resetMfa", http.MethodPost, "/users/{id}/reset-mfa", "Take all second factors of a user away")),
		func(ctx context.Context, in *byID) (*struct{}, error) {
			return nil, s.ResetMFA(ctx, ActorFrom(ctx), in.ID)
		})
	huma.Register(api, empty(op("unlockUser", http.MethodPost, "/users/{id}/unlock", "Forget the failed attempts on an account")),
		func(ctx context.Context, in *byID) (*struct{}, error) {
			return nil, s.UnlockUser(ctx, ActorFrom(ctx), in.ID)
		})
	s.userSessionRoutes(api)
}

func (s *Service) userSessionRoutes(api huma.API) {
	huma.Register(api, secured("userSessions", http.MethodGet, "/users/{id}/sessions", "Sessions of a user", "users"),
		func(ctx context.Context, in *byID) (*bodyOf[SessionList], error) {
			return out(s.UserSessions(ctx, ActorFrom(ctx), in.ID))
		})
	huma.Register(api, secured("endUserSessions", http.MethodPost, "/users/{id}/end-sessions", "End all sessions of a user", "users"),
		func(ctx context.Context, in *byID) (*bodyOf[Ended], error) {
			return out(s.EndUserSessions(ctx, ActorFrom(ctx), in.ID))
		})
	huma.Register(api, empty(secured("endUserSession", http.MethodDelete, "/users/{id}/sessions/{session_id}", "End one session of a user", "users")),
		func(ctx context.Context, in *userSessionInput) (*struct{}, error) {
			return nil, s.EndUserSession(ctx, ActorFrom(ctx), in.ID, in.SessionID)
		})
}

func (s *Service) handleUsers(ctx context.Context, in *listUsersInput) (*bodyOf[UserPage], error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	return out(s.Users(ctx, ActorFrom(ctx), f))
}
