package jobs

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
)

func (s *Service) planRoutes(api huma.API) {
	huma.Register(api, op(http.MethodPost, "/plans", "createPlan", "Preview a patch job", http.StatusAccepted), s.handleCreatePlan)
	huma.Register(api, op(http.MethodGet, "/plans/{id}", "getPlan", "Show a preview", 0), s.handleGetPlan)
}

type planInput struct{ Body PlanInput }

type planOutput struct{ Body Plan }

func (s *Service) handleCreatePlan(ctx context.Context, in *planInput) (*planOutput, error) {
	p, err := s.CreatePlan(ctx, auth.ActorFrom(ctx), in.Body)
	return &planOutput{p}, err
}

type planPath struct {
	ID ids.ID `path:"id"`
}

func (s *Service) handleGetPlan(ctx context.Context, in *planPath) (*planOutput, error) {
	p, err := s.GetPlan(ctx, scopeFrom(ctx), in.ID)
	return &planOutput{p}, err
}
