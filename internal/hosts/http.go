package hosts

import (
	"context"
	"fmt"
	"net/http"
	"strings"
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
	Query   string   `query:"q" maxLength:"200" doc:"Part of name, FQDN, address or system."`
	State   []string `query:"state" enum:"healthy,degraded,unreachable,unknown"`
	OS      []string `query:"os" maxItems:"50"`
	Pending string   `query:"pending" enum:"any,security,none"`
	Reboot  string   `query:"reboot" enum:"true,false"`
	GroupID []string `query:"group_id,explode" maxItems:"100" doc:"Repeatable, or a list with commas. none: in no group."`
	Sort    string   `query:"sort" default:"name" enum:"name,state,os,pending,security,last_seen"`
	Order   string   `query:"order" default:"asc" enum:"asc,desc"`
}

// noGroup in place of a group's id chooses hosts that are in none.
const noGroup = "none"

func (i listInput) filter() (Filter, error) {
	f := Filter{Query: i.Query, OS: i.OS, Pending: i.Pending, Sort: i.Sort, Desc: i.Order == "desc", Page: i.Page, PageSize: i.PageSize}
	for _, s := range i.State {
		f.States = append(f.States, State(s))
	}
	if i.Reboot != "" {
		want := i.Reboot == "true"
		f.Reboot = &want
	}
	for n, text := range strings.Split(strings.Join(i.GroupID, ","), ",") { // repeated, or one list
		if text == "" {
			continue
		}
		if text == noGroup {
			f.NoGroup = true
			continue
		}
		id, err := ids.Parse(text)
		if err != nil {
			return f, apierr.Invalid(apierr.Detail{Field: fmt.Sprintf("group_id[%d]", n), Value: text, Message: `Must be the id of a group, or "none".`})
		}
		f.Groups = append(f.Groups, id)
	}
	return f, nil
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
	huma.Register(api, op("hostFacets", http.MethodGet, "/hosts/facets", "What hosts can be filtered by"), s.handleFacets)
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
}

func (s *Service) handleList(ctx context.Context, in *listInput) (*struct{ Body HostPage }, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	p, err := s.List(ctx, ScopeOf(auth.ActorFrom(ctx)), f)
	return &struct{ Body HostPage }{p}, err
}

func (s *Service) handleFacets(ctx context.Context, _ *struct{}) (*struct{ Body Facets }, error) {
	f, err := s.Facets(ctx, ScopeOf(auth.ActorFrom(ctx)))
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
