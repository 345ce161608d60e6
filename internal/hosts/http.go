package hosts

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// Paging is what every list takes.
type Paging struct {
	Page     int `query:"page" default:"1" minimum:"1" maximum:"1000000"`
	PageSize int `query:"page_size" default:"50" minimum:"1" maximum:"500"`
}

type listInput struct {
	Paging
	FilterSpec
	Sort  string `query:"sort" default:"name" enum:"name,state,state_since,os,agent_version,pending,security,critical,last_seen,certificate,reboot,enrolled_at"`
	Order string `query:"order" default:"asc" enum:"asc,desc"`
}

func (i listInput) filter() (Filter, error) {
	f, err := i.FilterSpec.Filter()
	f.Sort, f.Desc, f.Page, f.PageSize = i.Sort, i.Order == "desc", i.Page, i.PageSize
	return f, err
}

// HostInput names a host. It is exported because the API library does not look
// into embedded types that are not.
type HostInput struct {
	ID string `path:"id" maxLength:"26"`
}

// hostID reads the id; what is none cannot exist.
func (i HostInput) hostID() (ids.ID, error) {
	id, err := ids.Parse(i.ID)
	if err != nil {
		return id, apierr.NotFound("host")
	}
	return id, nil
}

// RefreshAccepted says when fresh facts were asked for.
type RefreshAccepted struct {
	RequestedAt time.Time `json:"requested_at" doc:"Done when the host's refreshed_at is not before this."`
}

// Routes registers the operations of this package.
func (s *Service) Routes(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary,
			Tags: []string{"hosts"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("listHosts", http.MethodGet, "/hosts", "Hosts, filtered and sorted"), s.handleList)
	huma.Register(api, op("hostFacets", http.MethodGet, "/hosts/facets", "What hosts can be filtered by, each part counted under the rest of the filter"), s.handleFacets)
	huma.Register(api, op("getHost", http.MethodGet, "/hosts/{id}", "One host"), s.handleGet)
	remove := op("removeHost", http.MethodDelete, "/hosts/{id}", "Remove a host and revoke its certificate")
	remove.DefaultStatus = http.StatusNoContent
	huma.Register(api, remove, s.handleRemove)
	refresh := op("refreshHost", http.MethodPost, "/hosts/{id}/refresh", "Ask a host for fresh facts")
	refresh.DefaultStatus = http.StatusAccepted
	huma.Register(api, refresh, s.handleRefresh)
	huma.Register(api, op("hostTimeline", http.MethodGet, "/hosts/{id}/timeline", "What happened to a host"), s.handleTimeline)
	s.groupRoutes(api)
	s.careRoutes(api)
	s.viewRoutes(api)
}

func (s *Service) handleList(ctx context.Context, in *listInput) (*struct{ Body HostPage }, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	p, err := s.List(ctx, ScopeOf(auth.ActorFrom(ctx)), f)
	return &struct{ Body HostPage }{p}, err
}

func (s *Service) handleFacets(ctx context.Context, in *struct{ FilterSpec }) (*struct{ Body Facets }, error) {
	filter, err := in.Filter()
	if err != nil {
		return nil, err
	}
	f, err := s.Facets(ctx, ScopeOf(auth.ActorFrom(ctx)), filter)
	return &struct{ Body Facets }{f}, err
}

func (s *Service) handleGet(ctx context.Context, in *HostInput) (*struct{ Body Host }, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	h, err := s.Get(ctx, ScopeOf(auth.ActorFrom(ctx)), id)
	return &struct{ Body Host }{h}, err
}

func (s *Service) handleRemove(ctx context.Context, in *HostInput) (*struct{}, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	return nil, s.Remove(ctx, auth.ActorFrom(ctx), id)
}

func (s *Service) handleRefresh(ctx context.Context, in *HostInput) (*struct{ Body RefreshAccepted }, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	at, err := s.Refresh(ctx, auth.ActorFrom(ctx), id)
	return &struct{ Body RefreshAccepted }{RefreshAccepted{at}}, err
}

func (s *Service) handleTimeline(ctx context.Context, in *struct {
	HostInput
	Paging
}) (*struct{ Body TimelinePage }, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	p, err := s.Timeline(ctx, ScopeOf(auth.ActorFrom(ctx)), id, in.Page, in.PageSize)
	return &struct{ Body TimelinePage }{p}, err
}
