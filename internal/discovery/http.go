package discovery

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

// ScanInput names a scan. It is exported because the API library does not look
// into embedded types that are not.
type ScanInput struct {
	ID string `path:"id" maxLength:"26"`
}

func (i ScanInput) parse() (ids.ID, error) {
	id, err := ids.Parse(i.ID)
	if err != nil {
		return id, apierr.NotFound("scan")
	}
	return id, nil
}

type one struct{ Body DiscoveryScan }

// Routes registers the operations of this package.
func (s *Service) Routes(api huma.API) {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + "/discovery" + path, Summary: summary, DefaultStatus: status,
			Tags: []string{"discovery"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("createScan", http.MethodPost, "/cidr", "Scan a network or a list of addresses", http.StatusCreated), s.handleCreate)
	huma.Register(api, op("listScans", http.MethodGet, "/scans", "Scans that are kept", http.StatusOK), s.handleList)
	huma.Register(api, op("getScan", http.MethodGet, "/scans/{id}", "One scan, how far it is and what it counts", http.StatusOK), s.handleGet)
	huma.Register(api, op("cancelScan", http.MethodPost, "/scans/{id}/cancel", "Stop a scan", http.StatusOK), s.handleCancel)
	huma.Register(api, op("scanResults", http.MethodGet, "/scans/{id}/results", "What a scan has found", http.StatusOK), s.handleResults)
	huma.Register(api, op("registerFound", http.MethodPost, "/scans/{id}/register", "Register found machines as hosts", http.StatusOK), s.handleRegister)
}

// DiscoveryOrder says what to scan.
type DiscoveryOrder struct {
	CIDR       string   `json:"cidr,omitempty" maxLength:"64" doc:"An IPv4 network, a /16 at most, without its first and last address."`
	Addresses  []string `json:"addresses,omitempty" nullable:"false" maxItems:"4096" doc:"IPv4 or IPv6 addresses, instead of a network."`
	Port       int      `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"12443, the agents' port, when absent. Scan 22 to find machines without an agent."`
	ReverseDNS *bool    `json:"reverse_dns,omitempty" doc:"Look up the names of what is found; true when absent."`
}

func (s *Service) handleCreate(ctx context.Context, in *struct{ Body DiscoveryOrder }) (*one, error) {
	d, err := s.CreateScan(ctx, auth.ActorFrom(ctx), ScanOrder{Network: in.Body.CIDR, Addresses: in.Body.Addresses, Port: in.Body.Port,
		ReverseDNS: in.Body.ReverseDNS == nil || *in.Body.ReverseDNS})
	return &one{d}, err
}

func (s *Service) handleList(ctx context.Context, _ *struct{}) (*struct{ Body DiscoveryScanList }, error) {
	list, err := s.Scans(ctx, auth.ActorFrom(ctx))
	return &struct{ Body DiscoveryScanList }{list}, err
}

func (s *Service) handleGet(ctx context.Context, in *ScanInput) (*one, error) {
	id, err := in.parse()
	if err != nil {
		return nil, err
	}
	d, err := s.Scan(ctx, auth.ActorFrom(ctx), id)
	return &one{d}, err
}

func (s *Service) handleCancel(ctx context.Context, in *ScanInput) (*one, error) {
	id, err := in.parse()
	if err != nil {
		return nil, err
	}
	d, err := s.CancelScan(ctx, auth.ActorFrom(ctx), id)
	return &one{d}, err
}

func (s *Service) handleResults(ctx context.Context, in *struct {
	ScanInput
	hosts.Paging
	Kind        []string `query:"kind" enum:"enrolled,elsewhere,ended,other_agent,other_tls,open"`
	Query       string   `query:"q" maxLength:"200" doc:"Part of address, name, host, certificate or note."`
	Registrable string   `query:"registrable" enum:"true,false"`
}) (*struct{ Body DiscoveryResultPage }, error) {
	id, err := in.parse()
	if err != nil {
		return nil, err
	}
	f := ResultFilter{Query: in.Query, Page: in.Page, PageSize: in.PageSize}
	for _, k := range in.Kind {
		f.Kinds = append(f.Kinds, Kind(k))
	}
	if in.Registrable != "" {
		want := in.Registrable == "true"
		f.Registrable = &want
	}
	p, err := s.Results(ctx, auth.ActorFrom(ctx), id, f)
	return &struct{ Body DiscoveryResultPage }{p}, err
}

func (s *Service) handleRegister(ctx context.Context, in *struct {
	ScanInput
	Body DiscoveryRegistration
}) (*struct{ Body DiscoveryRegistered }, error) {
	id, err := in.parse()
	if err != nil {
		return nil, err
	}
	r, err := s.RegisterFound(ctx, auth.ActorFrom(ctx), id, in.Body)
	return &struct{ Body DiscoveryRegistered }{r}, err
}
