package enrollment

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
)

// enrollBody lets members pass that a newer agent may send.
type enrollBody struct {
	_ struct{} `json:"-" additionalProperties:"true"`
	agentapi.EnrollRequest
}

// maxEnrollBody: a certificate request, a token and a few names.
const maxEnrollBody = 64 << 10

type pollingInput struct {
	Token string `path:"polling_token" maxLength:"128"`
}

// agentRoutes are called by agents that have no identity yet.
func (s *Service) agentRoutes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "enroll", Method: http.MethodPost, Path: httpx.BasePath + "/enroll",
		Summary: "Ask to be let in (agents)", Tags: []string{"enrollment"}, Metadata: httpx.Public,
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxEnrollBody}, s.handleEnroll)
	huma.Register(api, huma.Operation{OperationID: "enrollStatus", Method: http.MethodGet, Path: httpx.BasePath + "/enroll/status/{polling_token}",
		Summary: "How the request stands (agents)", Tags: []string{"enrollment"}, Metadata: httpx.Public}, s.handleStatus)
	huma.Register(api, huma.Operation{OperationID: "enrollAck", Method: http.MethodPost, Path: httpx.BasePath + "/enroll/status/{polling_token}/ack",
		Summary: "The certificate has arrived (agents)", Tags: []string{"enrollment"}, Metadata: httpx.Public,
		DefaultStatus: http.StatusNoContent}, s.handleAck)
}

func (s *Service) handleEnroll(ctx context.Context, in *struct{ Body enrollBody }) (*struct{ Body agentapi.EnrollAccepted }, error) {
	polling, err := s.Enroll(ctx, auth.ActorFrom(ctx), httpx.ClientAddr(ctx), in.Body.EnrollRequest)
	if err != nil {
		return nil, err
	}
	return &struct{ Body agentapi.EnrollAccepted }{agentapi.EnrollAccepted{PollingToken: polling}}, nil
}

func (s *Service) handleStatus(ctx context.Context, in *pollingInput) (*struct{ Body agentapi.EnrollBundle }, error) {
	b, err := s.Status(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	return &struct{ Body agentapi.EnrollBundle }{b}, nil
}

func (s *Service) handleAck(ctx context.Context, in *pollingInput) (*struct{}, error) {
	return nil, s.Acknowledge(ctx, in.Token)
}
