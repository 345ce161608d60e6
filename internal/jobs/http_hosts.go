package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
)

func (s *Service) hostRoutes(api huma.API) {
	huma.Register(api, op(http.MethodGet, "/jobs/{id}/hosts", "listJobHosts", "List a job's hosts, failures first", 0), s.handleHosts)
	huma.Register(api, op(http.MethodGet, "/jobs/{id}/hosts/{host_id}/events", "jobHostEvents", "Read what happened on a host", 0), s.handleEvents)
	text := op(http.MethodGet, "/jobs/{id}/hosts/{host_id}/log.txt", "jobHostLog", "Download the log of a host", 0)
	text.Responses = map[string]*huma.Response{"200": {Description: "The log.",
		Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	huma.Register(api, text, s.handleLog)
}

type hostsInput struct {
	JobPath
	PageInput
	State string `query:"state" doc:"One or more states, separated by commas."`
}

// JobHostPage is a part of the list of a job's hosts.
type JobHostPage struct {
	Items []JobHost `json:"items" nullable:"false"`
	Total int       `json:"total"`
}

type hostPageOutput struct{ Body JobHostPage }

func (s *Service) handleHosts(ctx context.Context, in *hostsInput) (*hostPageOutput, error) {
	states, err := words("state", in.State, HostStates)
	if err != nil {
		return nil, err
	}
	items, total, err := s.Hosts(ctx, scopeFrom(ctx), in.ID, states, in.PageSize, in.offset())
	return &hostPageOutput{JobHostPage{Items: nonNil(items), Total: total}}, err
}

// JobHostPath names a host of a job.
type JobHostPath struct {
	JobPath
	HostID ids.ID `path:"host_id"`
}

type eventsInput struct {
	JobHostPath
	After int64 `query:"after" minimum:"0" doc:"The id of the last event that is known."`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
}

// EventPage is a part of what happened.
type EventPage struct {
	Items  []JobEvent `json:"items" nullable:"false"`
	LastID int64      `json:"last_id" doc:"Where to go on."`
}

type eventPageOutput struct{ Body EventPage }

func (s *Service) handleEvents(ctx context.Context, in *eventsInput) (*eventPageOutput, error) {
	items, err := s.Events(ctx, scopeFrom(ctx), in.ID, in.HostID, in.After, in.Limit)
	page := EventPage{Items: nonNil(items), LastID: in.After}
	if len(items) > 0 {
		page.LastID = items[len(items)-1].ID
	}
	return &eventPageOutput{page}, err
}

func (s *Service) handleLog(ctx context.Context, in *JobHostPath) (*huma.StreamResponse, error) {
	log, err := s.DownloadLog(ctx, auth.ActorFrom(ctx), in.ID, in.HostID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/plain; charset=utf-8")
		hc.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", log.Name))
		if err := log.WriteTo(hc.Context(), hc.BodyWriter()); err != nil && hc.Context().Err() == nil {
			slog.WarnContext(hc.Context(), "log download broken off", "error", err, "job", in.ID, "host", in.HostID)
		}
	}}, nil
}
