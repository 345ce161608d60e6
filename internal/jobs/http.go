package jobs

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// Routes registers the operations on jobs, their hosts and plans.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, op(http.MethodPost, "/jobs", "createJob", "Order a job", http.StatusCreated), s.handleCreate)
	huma.Register(api, op(http.MethodGet, "/jobs", "listJobs", "List jobs, newest first", 0), s.handleList)
	huma.Register(api, op(http.MethodGet, "/jobs/{id}", "getJob", "Show a job", 0), s.handleGet)
	huma.Register(api, op(http.MethodPost, "/jobs/{id}/cancel", "cancelJob", "Stop a job", 0), s.handleCancel)
	huma.Register(api, op(http.MethodPost, "/jobs/{id}/rollback", "rollbackJob", "Take a job back", http.StatusCreated), s.handleRollback)
	huma.Register(api, op(http.MethodPost, "/jobs/{id}/rerun", "rerunJob", "Run what failed again", http.StatusCreated), s.handleRerun)
	s.hostRoutes(api)
	s.planRoutes(api)
}

func op(method, path, id, summary string, status int) huma.Operation {
	tag := "jobs"
	if strings.HasPrefix(path, "/plans") {
		tag = "plans"
	}
	return huma.Operation{Method: method, Path: httpx.BasePath + path, OperationID: id, Summary: summary, Tags: []string{tag},
		DefaultStatus: status, Security: []map[string][]string{{"bearer": {}}}}
}

// PageInput is which part of a list is wanted. Like the other parts of inputs
// it is exported because the library reads no others.
type PageInput struct {
	Page     int `query:"page" minimum:"1" maximum:"1000000" default:"1"`
	PageSize int `query:"page_size" minimum:"1" maximum:"500" default:"50"`
}

func (p PageInput) offset() int { return (p.Page - 1) * p.PageSize }

// JobPath names a job.
type JobPath struct {
	ID ids.ID `path:"id"`
}

type jobOutput struct{ Body Job }

type createInput struct{ Body JobInput }

func (s *Service) handleCreate(ctx context.Context, in *createInput) (*jobOutput, error) {
	j, err := s.Create(ctx, auth.ActorFrom(ctx), in.Body)
	return &jobOutput{j}, err
}

type listInput struct {
	PageInput
	State  string `query:"state" doc:"One or more states, separated by commas."`
	Kind   string `query:"kind" doc:"One or more kinds, separated by commas."`
	HostID string `query:"host_id"`
	// EndedWithinHours is 0 for all.
	EndedWithinHours int    `query:"ended_within_hours" minimum:"0" maximum:"87600" doc:"Those that have ended in the last so many hours. 0: all."`
	Q                string `query:"q" maxLength:"200" doc:"In title, note or creator, or a job number."`
}

// JobPage is a part of the list of jobs.
type JobPage struct {
	Items []JobSummary `json:"items" nullable:"false"`
	Total int          `json:"total"`
}

type jobPageOutput struct{ Body JobPage }

func (s *Service) handleList(ctx context.Context, in *listInput) (*jobPageOutput, error) {
	f, err := in.filter(s.clock.Now())
	if err != nil {
		return nil, err
	}
	items, total, err := s.List(ctx, scopeFrom(ctx), f)
	return &jobPageOutput{JobPage{Items: nonNil(items), Total: total}}, err
}

func (in *listInput) filter(now time.Time) (f Filter, err error) {
	f = Filter{Text: strings.TrimSpace(in.Q), Limit: in.PageSize, Offset: in.offset()}
	if in.EndedWithinHours > 0 {
		f.Ended = now.Add(-time.Duration(in.EndedWithinHours) * time.Hour)
	}
	if f.States, err = words("state", in.State, jobStates); err != nil {
		return f, err
	}
	if f.Kinds, err = words("kind", in.Kind, []Kind{KindPatch, KindRollback, KindReboot, KindRefresh}); err != nil {
		return f, err
	}
	if in.HostID != "" {
		if f.HostID, err = ids.Parse(in.HostID); err != nil {
			return f, apierr.Invalid(apierr.Detail{Field: "host_id", Value: in.HostID, Message: "This is not an id."})
		}
	}
	return f, nil
}

var jobStates = []State{StateQueued, StateRunning, StateSucceeded, StatePartiallyFailed, StateFailed, StateCancelled, StateExpired}

// words splits a list of words and refuses those that are not allowed: a filter
// with a typing error must not show everything.
func words[T ~string](field, text string, allowed []T) ([]T, error) {
	var out []T
	for _, w := range strings.Split(text, ",") {
		if w = strings.TrimSpace(w); w == "" {
			continue
		}
		found := false
		for _, a := range allowed {
			found = found || string(a) == w
		}
		if !found {
			return nil, apierr.Invalid(apierr.Detail{Field: field, Value: w, Message: "This is none of the possible values."})
		}
		out = append(out, T(w))
	}
	return out, nil
}

func (s *Service) handleGet(ctx context.Context, in *JobPath) (*jobOutput, error) {
	j, err := s.Get(ctx, scopeFrom(ctx), in.ID)
	return &jobOutput{j}, err
}

func (s *Service) handleCancel(ctx context.Context, in *JobPath) (*jobOutput, error) {
	j, err := s.Cancel(ctx, auth.ActorFrom(ctx), in.ID)
	return &jobOutput{j}, err
}

// HostSelection names hosts of a job; none means those that the use case is for.
type HostSelection struct {
	HostIDs []ids.ID `json:"host_ids,omitempty" nullable:"false" maxItems:"10000"`
}

type selectInput struct {
	JobPath
	Body HostSelection
}

func (s *Service) handleRollback(ctx context.Context, in *selectInput) (*jobOutput, error) {
	j, err := s.Rollback(ctx, auth.ActorFrom(ctx), in.ID, in.Body.HostIDs)
	return &jobOutput{j}, err
}

func (s *Service) handleRerun(ctx context.Context, in *selectInput) (*jobOutput, error) {
	j, err := s.Rerun(ctx, auth.ActorFrom(ctx), in.ID, in.Body.HostIDs)
	return &jobOutput{j}, err
}

func scopeFrom(ctx context.Context) hosts.Scope { return hosts.ScopeOf(auth.ActorFrom(ctx)) }
