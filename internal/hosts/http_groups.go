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

// GroupPath names a group.
type GroupPath struct {
	ID string `path:"id" maxLength:"26"`
}

// groupID reads the id; what is none cannot exist.
func (p GroupPath) groupID() (ids.ID, error) {
	id, err := ids.Parse(p.ID)
	if err != nil {
		return id, apierr.NotFound("group")
	}
	return id, nil
}

// GroupHosts names hosts that join or leave a group.
type GroupHosts struct {
	HostIDs []ids.ID `json:"host_ids" nullable:"false" minItems:"1" maxItems:"10000"`
}

// HostGroups are all groups of a host.
type HostGroups struct {
	GroupIDs []ids.ID `json:"group_ids" nullable:"false" maxItems:"10000"`
}

type groupOutput struct{ Body Group }

type groupHostsInput struct {
	GroupPath
	Body GroupHosts
}

func (s *Service) groupRoutes(api huma.API) {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary, DefaultStatus: status,
			Tags: []string{"groups"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("listGroups", http.MethodGet, "/groups", "Groups, by name", 200), s.handleGroups)
	huma.Register(api, op("createGroup", http.MethodPost, "/groups", "Make a group", 201), s.handleCreateGroup)
	huma.Register(api, op("getGroup", http.MethodGet, "/groups/{id}", "One group", 200), s.handleGroup)
	huma.Register(api, op("updateGroup", http.MethodPatch, "/groups/{id}", "Rename or describe a group", 200), s.handleUpdateGroup)
	huma.Register(api, op("deleteGroup", http.MethodDelete, "/groups/{id}", "Delete a group; its hosts and users stay", 204), s.handleDeleteGroup)
	huma.Register(api, op("addGroupHosts", http.MethodPost, "/groups/{id}/hosts", "Put hosts into a group", 200), s.handleAddHosts)
	huma.Register(api, op("removeGroupHosts", http.MethodPost, "/groups/{id}/hosts/remove", "Take hosts out of a group", 200), s.handleRemoveHosts)
	huma.Register(api, op("setHostGroups", http.MethodPut, "/hosts/{id}/groups", "Set the groups of a host", 200), s.handleSetHostGroups)
}

func (s *Service) handleGroups(ctx context.Context, in *struct {
	Paging
	Query string `query:"q" maxLength:"200" doc:"Part of the name or the description."`
}) (*struct{ Body GroupPage }, error) {
	p, err := s.Groups(ctx, ScopeOf(auth.ActorFrom(ctx)), in.Query, in.Page, in.PageSize)
	return &struct{ Body GroupPage }{p}, err
}

func (s *Service) handleGroup(ctx context.Context, in *GroupPath) (*groupOutput, error) {
	id, err := in.groupID()
	if err != nil {
		return nil, err
	}
	g, err := s.Group(ctx, ScopeOf(auth.ActorFrom(ctx)), id)
	return &groupOutput{g}, err
}

func (s *Service) handleCreateGroup(ctx context.Context, in *struct{ Body GroupInput }) (*groupOutput, error) {
	g, err := s.CreateGroup(ctx, auth.ActorFrom(ctx), in.Body)
	return &groupOutput{g}, err
}

func (s *Service) handleUpdateGroup(ctx context.Context, in *struct {
	GroupPath
	Body GroupChange
}) (*groupOutput, error) {
	id, err := in.groupID()
	if err != nil {
		return nil, err
	}
	g, err := s.UpdateGroup(ctx, auth.ActorFrom(ctx), id, in.Body)
	return &groupOutput{g}, err
}

func (s *Service) handleDeleteGroup(ctx context.Context, in *GroupPath) (*struct{}, error) {
	id, err := in.groupID()
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteGroup(ctx, auth.ActorFrom(ctx), id)
}

func (s *Service) handleAddHosts(ctx context.Context, in *groupHostsInput) (*groupOutput, error) {
	id, err := in.groupID()
	if err != nil {
		return nil, err
	}
	g, err := s.AddGroupHosts(ctx, auth.ActorFrom(ctx), id, in.Body.HostIDs)
	return &groupOutput{g}, err
}

func (s *Service) handleRemoveHosts(ctx context.Context, in *groupHostsInput) (*groupOutput, error) {
	id, err := in.groupID()
	if err != nil {
		return nil, err
	}
	g, err := s.RemoveGroupHosts(ctx, auth.ActorFrom(ctx), id, in.Body.HostIDs)
	return &groupOutput{g}, err
}

func (s *Service) handleSetHostGroups(ctx context.Context, in *struct {
	HostInput
	Body HostGroups
}) (*struct{ Body Host }, error) {
	id, err := in.hostID()
	if err != nil {
		return nil, err
	}
	h, err := s.SetHostGroups(ctx, auth.ActorFrom(ctx), id, in.Body.GroupIDs)
	return &struct{ Body Host }{h}, err
}
