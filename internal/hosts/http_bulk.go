package hosts

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
)

// BulkLabels changes the labels of many hosts.
type BulkLabels struct {
	Target Target   `json:"target"`
	Add    []Label  `json:"add,omitempty" nullable:"false" maxItems:"32" doc:"In place of the values that these keys have."`
	Remove []string `json:"remove,omitempty" nullable:"false" maxItems:"32" doc:"key, or key=value to take off only this value."`
}

// BulkGroups changes the groups of many hosts.
type BulkGroups struct {
	Target Target   `json:"target"`
	Add    []ids.ID `json:"add,omitempty" nullable:"false" maxItems:"100" doc:"Groups that they join."`
	Remove []ids.ID `json:"remove,omitempty" nullable:"false" maxItems:"100" doc:"Groups that they leave."`
}

// BulkNote writes one note on many hosts.
type BulkNote struct {
	Target Target `json:"target"`
	Note   string `json:"note" maxLength:"2000" doc:"In place of theirs; empty takes them away."`
}

// BulkTarget is an act that needs to know nothing but the hosts.
type BulkTarget struct {
	Target Target `json:"target"`
}

type bulkOutput struct{ Body BulkResult }

type bulkTargetInput struct{ Body BulkTarget }

func (s *Service) bulkRoutes(api huma.API, op func(id, method, path, summary string, status int) huma.Operation) {
	post := func(id, path, summary string) huma.Operation {
		return op(id, http.MethodPost, "/hosts/bulk/"+path, summary, http.StatusOK)
	}
	huma.Register(api, post("labelHosts", "labels", "Add and take off labels of many hosts"), s.handleLabels)
	huma.Register(api, post("groupHosts", "groups", "Put many hosts into groups and out of groups"), s.handleBulkGroups)
	huma.Register(api, post("noteHosts", "note", "Write one note on many hosts"), s.handleNote)
	huma.Register(api, post("refreshHosts", "refresh", "Ask many hosts for fresh facts"), s.handleRefreshMany)
	huma.Register(api, post("removeHosts", "remove", "Remove many hosts and revoke their certificates"), s.handleRemoveMany)
}

func (s *Service) handleLabels(ctx context.Context, in *struct{ Body BulkLabels }) (*bulkOutput, error) {
	r, err := s.LabelMany(ctx, auth.ActorFrom(ctx), in.Body.Target, LabelChange{Add: in.Body.Add, Remove: in.Body.Remove})
	return &bulkOutput{r}, err
}

func (s *Service) handleBulkGroups(ctx context.Context, in *struct{ Body BulkGroups }) (*bulkOutput, error) {
	r, err := s.GroupMany(ctx, auth.ActorFrom(ctx), in.Body.Target, GroupMoves{Add: in.Body.Add, Remove: in.Body.Remove})
	return &bulkOutput{r}, err
}

func (s *Service) handleNote(ctx context.Context, in *struct{ Body BulkNote }) (*bulkOutput, error) {
	r, err := s.NoteMany(ctx, auth.ActorFrom(ctx), in.Body.Target, in.Body.Note)
	return &bulkOutput{r}, err
}

func (s *Service) handleRefreshMany(ctx context.Context, in *bulkTargetInput) (*bulkOutput, error) {
	r, err := s.RefreshMany(ctx, auth.ActorFrom(ctx), in.Body.Target)
	return &bulkOutput{r}, err
}

func (s *Service) handleRemoveMany(ctx context.Context, in *bulkTargetInput) (*bulkOutput, error) {
	r, err := s.RemoveMany(ctx, auth.ActorFrom(ctx), in.Body.Target)
	return &bulkOutput{r}, err
}
