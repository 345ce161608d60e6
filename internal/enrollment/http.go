package enrollment

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// IDInput names one object by its id. It is exported because the API library
// does not look into embedded types that are not.
type IDInput struct {
	ID string `path:"id" maxLength:"26"`
}

func (i IDInput) parse(what string) (ids.ID, error) {
	id, err := ids.Parse(i.ID)
	if err != nil {
		return id, apierr.NotFound(what)
	}
	return id, nil
}

type one struct{ Body Enrollment }

// Routes registers the operations of this package.
func (s *Service) Routes(api huma.API) {
	s.agentRoutes(api)
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary, DefaultStatus: status,
			Tags: []string{"enrollment"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("listEnrollments", http.MethodGet, "/enrollments", "Requests of hosts to be let in", 200), s.handleList)
	huma.Register(api, op("approveEnrollment", http.MethodPost, "/enrollments/{id}/approve", "Let a host in", 200), s.handleApprove)
	huma.Register(api, op("denyEnrollment", http.MethodPost, "/enrollments/{id}/deny", "Refuse a host", 200), s.handleDeny)
	huma.Register(api, op("createEnrollmentToken", http.MethodPost, "/enrollment-tokens", "Make a token that lets hosts in", 201), s.handleCreateToken)
	huma.Register(api, op("listEnrollmentTokens", http.MethodGet, "/enrollment-tokens", "Enrollment tokens", 200), s.handleTokens)
	huma.Register(api, op("revokeEnrollmentToken", http.MethodDelete, "/enrollment-tokens/{id}", "End a token", 204), s.handleRevokeToken)
}

func (s *Service) handleList(ctx context.Context, in *struct {
	hosts.Paging
	Status string `query:"status" enum:"pending,approved,denied,expired"`
}) (*struct{ Body EnrollmentPage }, error) {
	p, err := s.List(ctx, auth.ActorFrom(ctx), in.Status, in.Page, in.PageSize)
	return &struct{ Body EnrollmentPage }{p}, err
}

func (s *Service) handleApprove(ctx context.Context, in *IDInput) (*one, error) {
	id, err := in.parse("enrollment request")
	if err != nil {
		return nil, err
	}
	e, err := s.Approve(ctx, auth.ActorFrom(ctx), id)
	return &one{e}, err
}

// EnrollmentDenial is why a host is refused.
type EnrollmentDenial struct {
	Reason string `json:"reason" maxLength:"1000" doc:"Shown to whoever enrolls the host."`
}

func (s *Service) handleDeny(ctx context.Context, in *struct {
	IDInput
	Body EnrollmentDenial
}) (*one, error) {
	id, err := in.parse("enrollment request")
	if err != nil {
		return nil, err
	}
	e, err := s.Deny(ctx, auth.ActorFrom(ctx), id, in.Body.Reason)
	return &one{e}, err
}

// EnrollmentTokenOrder says what a new token may do.
type EnrollmentTokenOrder struct {
	Note           string `json:"note,omitempty" maxLength:"200"`
	Uses           int    `json:"uses,omitempty" default:"1" minimum:"1" maximum:"1000"`
	ExpiresInHours int    `json:"expires_in_hours,omitempty" default:"24" minimum:"1" maximum:"720"`
}

func (s *Service) handleCreateToken(ctx context.Context, in *struct{ Body EnrollmentTokenOrder }) (*struct{ Body IssuedToken }, error) {
	t, err := s.IssueToken(ctx, auth.ActorFrom(ctx), in.Body.Note, in.Body.Uses, in.Body.ExpiresInHours)
	if err != nil {
		return nil, err
	}
	return &struct{ Body IssuedToken }{t}, nil
}

func (s *Service) handleTokens(ctx context.Context, _ *struct{}) (*struct{ Body EnrollmentTokenPage }, error) {
	p, err := s.Tokens(ctx, auth.ActorFrom(ctx))
	return &struct{ Body EnrollmentTokenPage }{p}, err
}

func (s *Service) handleRevokeToken(ctx context.Context, in *IDInput) (*struct{}, error) {
	id, err := in.parse("enrollment token")
	if err != nil {
		return nil, err
	}
	return nil, s.RevokeToken(ctx, auth.ActorFrom(ctx), id)
}
