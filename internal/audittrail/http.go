package audittrail

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

func op(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary,
		Tags: []string{"audit"}, Security: []map[string][]string{{"bearer": {}}}}
}

// Routes registers the operations of this package.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, op("listAudit", http.MethodGet, "/audit", "The audit trail, newest first"), s.handleList)
	huma.Register(api, op("auditFacets", http.MethodGet, "/audit/facets", "What the audit trail can be filtered by"), s.handleFacets)
	huma.Register(api, op("listCheckpoints", http.MethodGet, "/audit/checkpoints", "Signed tree heads, newest first"), s.handleCheckpoints)
	huma.Register(api, op("auditKey", http.MethodGet, "/audit/key", "The public key that verifies checkpoints and exports"), s.handleKey)
	huma.Register(api, op("auditProof", http.MethodGet, "/audit/entries/{id}/proof", "Prove that an entry is in the signed tree"), s.handleProof)
	start := op("startVerification", http.MethodPost, "/audit/verifications", "Verify the whole trail")
	start.DefaultStatus = http.StatusAccepted
	huma.Register(api, start, s.handleVerify)
	huma.Register(api, op("listVerifications", http.MethodGet, "/audit/verifications", "Verifications, newest first"), s.handleVerifications)
	huma.Register(api, op("getVerification", http.MethodGet, "/audit/verifications/{id}", "One verification"), s.handleVerification)
	s.exportRoute(api)
}

// FilterInput chooses entries. It is exported because the API library does not
// look into embedded types that are not.
type FilterInput struct {
	Query      string    `query:"q" maxLength:"200" doc:"Words that must all occur, each as a beginning: names, ids, details; or a request id."`
	Action     string    `query:"action" maxLength:"100" doc:"Exactly, or all below it when it ends in a dot: session."`
	ActorID    string    `query:"actor_id" maxLength:"200"`
	ActorKind  string    `query:"actor_kind" enum:"user,agent,system,anonymous"`
	TargetKind string    `query:"target_kind" maxLength:"200"`
	TargetID   string    `query:"target_id" maxLength:"200"`
	Address    string    `query:"address" maxLength:"200"`
	From       time.Time `query:"from" doc:"At or after."`
	To         time.Time `query:"to" doc:"Before."`
}

func (i FilterInput) filter() audit.Filter {
	return audit.Filter{Query: i.Query, Action: i.Action, ActorID: i.ActorID, ActorKind: i.ActorKind, TargetKind: i.TargetKind,
		TargetID: i.TargetID, Address: i.Address, From: i.From, To: i.To}
}

// PageInput chooses a page.
type PageInput struct {
	Page     int `query:"page" default:"1" minimum:"1" maximum:"1000000"`
	PageSize int `query:"page_size" default:"50" minimum:"1" maximum:"500"`
}

func (p PageInput) offset() int { return (p.Page - 1) * p.PageSize }

type listInput struct {
	FilterInput
	PageInput
}

func (s *Service) handleList(ctx context.Context, in *listInput) (*struct{ Body AuditPage }, error) {
	f := in.filter()
	f.Limit, f.Offset = in.PageSize, in.offset()
	rows, total, err := s.List(ctx, auth.ActorFrom(ctx), f)
	if err != nil {
		return nil, err
	}
	page := AuditPage{Items: make([]AuditEntry, 0, len(rows)), Total: total}
	for _, r := range rows {
		page.Items = append(page.Items, entryOf(r))
	}
	return &struct{ Body AuditPage }{page}, nil
}

func (s *Service) handleFacets(ctx context.Context, _ *struct{}) (*struct{ Body AuditFacets }, error) {
	actions, actors, err := s.Facets(ctx, auth.ActorFrom(ctx))
	if err != nil {
		return nil, err
	}
	out := AuditFacets{Actions: make([]AuditActionCount, 0, len(actions)), Actors: make([]AuditActorCount, 0, len(actors))}
	for _, a := range actions {
		out.Actions = append(out.Actions, AuditActionCount(a))
	}
	for _, a := range actors {
		out.Actors = append(out.Actors, AuditActorCount{ID: a.ID, Name: a.Name, Kind: string(a.Kind), Count: a.Count})
	}
	return &struct{ Body AuditFacets }{out}, nil
}

func (s *Service) handleCheckpoints(ctx context.Context, in *PageInput) (*struct{ Body CheckpointPage }, error) {
	list, total, err := s.Checkpoints(ctx, auth.ActorFrom(ctx), in.PageSize, in.offset())
	if err != nil {
		return nil, err
	}
	page := CheckpointPage{Items: make([]AuditCheckpoint, 0, len(list)), Total: total}
	for _, c := range list {
		page.Items = append(page.Items, checkpointOf(c))
	}
	return &struct{ Body CheckpointPage }{page}, nil
}

func (s *Service) handleKey(ctx context.Context, _ *struct{}) (*struct{ Body AuditKey }, error) {
	k, err := s.Key(auth.ActorFrom(ctx))
	if err != nil {
		return nil, err
	}
	return &struct{ Body AuditKey }{AuditKey{VerifierKey: k.VerifierKey(), Name: k.Name()}}, nil
}

func (s *Service) handleProof(ctx context.Context, in *struct {
	ID int64 `path:"id" minimum:"1"`
}) (*struct{ Body AuditProof }, error) {
	p, err := s.Prove(ctx, auth.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body AuditProof }{proofOf(p)}, nil
}

func (s *Service) handleVerify(ctx context.Context, _ *struct{}) (*struct{ Body Verification }, error) {
	v, err := s.Verify(ctx, auth.ActorFrom(ctx))
	return &struct{ Body Verification }{verificationOf(v)}, err
}

func (s *Service) handleVerifications(ctx context.Context, in *PageInput) (*struct{ Body VerificationPage }, error) {
	list, total, err := s.Verifications(ctx, auth.ActorFrom(ctx), in.PageSize, in.offset())
	if err != nil {
		return nil, err
	}
	page := VerificationPage{Items: make([]Verification, 0, len(list)), Total: total}
	for _, v := range list {
		page.Items = append(page.Items, verificationOf(v))
	}
	return &struct{ Body VerificationPage }{page}, nil
}

func (s *Service) handleVerification(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"26"`
}) (*struct{ Body Verification }, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, apierr.NotFound("verification")
	}
	v, err := s.Verification(ctx, auth.ActorFrom(ctx), id)
	return &struct{ Body Verification }{verificationOf(v)}, err
}
