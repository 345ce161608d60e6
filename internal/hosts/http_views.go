package hosts

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// ViewPath names a saved view.
type ViewPath struct {
	ID string `path:"id" maxLength:"26"`
}

// viewID reads the id; what is none cannot exist.
func (p ViewPath) viewID() (ids.ID, error) {
	id, err := ids.Parse(p.ID)
	if err != nil {
		return id, apierr.NotFound("saved view")
	}
	return id, nil
}

type viewOutput struct{ Body SavedView }

func (s *Service) viewRoutes(api huma.API) {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary, DefaultStatus: status,
			Tags: []string{"hosts"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("listHostViews", http.MethodGet, "/host-views", "Own saved views of the list of hosts, and shared ones", 200), s.handleViews)
	huma.Register(api, op("createHostView", http.MethodPost, "/host-views", "Save a view of the list of hosts", 201), s.handleCreateView)
	huma.Register(api, op("updateHostView", http.MethodPatch, "/host-views/{id}", "Change a saved view", 200), s.handleUpdateView)
	huma.Register(api, op("deleteHostView", http.MethodDelete, "/host-views/{id}", "Delete a saved view", 204), s.handleDeleteView)
}

func (s *Service) handleViews(ctx context.Context, _ *struct{}) (*struct{ Body SavedViewList }, error) {
	list, err := s.Views(ctx, auth.ActorFrom(ctx))
	return &struct{ Body SavedViewList }{list}, err
}

func (s *Service) handleCreateView(ctx context.Context, in *struct{ Body SavedViewInput }) (*viewOutput, error) {
	v, err := s.CreateView(ctx, auth.ActorFrom(ctx), in.Body)
	return &viewOutput{v}, err
}

func (s *Service) handleUpdateView(ctx context.Context, in *struct {
	ViewPath
	Body SavedViewChange
}) (*viewOutput, error) {
	id, err := in.viewID()
	if err != nil {
		return nil, err
	}
	v, err := s.UpdateView(ctx, auth.ActorFrom(ctx), id, in.Body)
	return &viewOutput{v}, err
}

func (s *Service) handleDeleteView(ctx context.Context, in *ViewPath) (*struct{}, error) {
	id, err := in.viewID()
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteView(ctx, auth.ActorFrom(ctx), id)
}
