package patches

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

// ListInput asks for a page of what a host has. It is exported because the API
// library does not look into embedded types that are not.
type ListInput struct {
	hosts.Paging
	ID    string `path:"id" maxLength:"26"`
	Query string `query:"q" maxLength:"200" doc:"Part of the name, the source package or (patches) a CVE id."`
}

func (i ListInput) hostID() (ids.ID, error) {
	id, err := ids.Parse(i.ID)
	if err != nil {
		return id, apierr.NotFound("host")
	}
	return id, nil
}

func (i ListInput) filter() Filter {
	return Filter{Query: i.Query, Page: i.Page, PageSize: i.PageSize}
}

type patchesInput struct {
	ListInput
	Security string `query:"security" enum:"true,false"`
}

// Routes registers the operations of this package.
func (s *Service) Routes(api huma.API) {
	op := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: httpx.BasePath + path, Summary: summary,
			Tags: []string{"hosts"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("hostPatches", "/hosts/{id}/patches", "Updates that a host misses"), s.handlePatches)
	huma.Register(api, op("hostPackages", "/hosts/{id}/packages", "Packages that a host has"), s.handlePackages)
}

func (s *Service) handlePatches(ctx context.Context, in *patchesInput) (*struct{ Body PatchPage }, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	f := in.filter()
	if in.Security != "" {
		want := in.Security == "true"
		f.Security = &want
	}
	p, err := s.PatchesOf(ctx, hosts.ScopeOf(auth.ActorFrom(ctx)), id, f)
	return &struct{ Body PatchPage }{p}, err
}

func (s *Service) handlePackages(ctx context.Context, in *ListInput) (*struct{ Body PackagePage }, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	p, err := s.PackagesOf(ctx, hosts.ScopeOf(auth.ActorFrom(ctx)), id, in.filter())
	return &struct{ Body PackagePage }{p}, err
}
