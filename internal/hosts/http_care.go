package hosts

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
)

// careRoutes are what people do to hosts besides looking at them.
func (s *Service) careRoutes(api huma.API) {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary, DefaultStatus: status,
			Tags: []string{"hosts"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("registerHost", http.MethodPost, "/hosts", "Register a host before its agent enrolls", 201), s.handleRegister)
	huma.Register(api, op("updateHost", http.MethodPatch, "/hosts/{id}", "Change the name, address, labels or note of a host", 200), s.handleUpdate)
	s.bulkRoutes(api, op)
	s.exportRoute(api, op("exportHosts", http.MethodGet, "/hosts/export", "Export the hosts that a filter chooses as CSV", 200))
	s.importRoute(api, op("importHosts", http.MethodPost, "/hosts/import", "Register the hosts of a CSV file, all or none", 200))
}

func (s *Service) handleRegister(ctx context.Context, in *struct{ Body RegisterInput }) (*struct{ Body RegisteredHost }, error) {
	h, err := s.RegisterHost(ctx, auth.ActorFrom(ctx), in.Body)
	return &struct{ Body RegisteredHost }{h}, err
}

func (s *Service) handleUpdate(ctx context.Context, in *struct {
	HostInput
	Body HostChange
}) (*struct{ Body Host }, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	h, err := s.Update(ctx, auth.ActorFrom(ctx), id, in.Body)
	return &struct{ Body Host }{h}, err
}
