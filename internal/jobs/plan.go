package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// planLife is how long a preview can be looked at and ordered. Pending updates
// change every day.
const planLife = 24 * time.Hour

// PlanState says whether every host has answered.
type PlanState string

// States of a plan.
const (
	PlanComputing PlanState = "computing"
	PlanReady     PlanState = "ready"
)

// PlanHostState is the state of one host's preview.
type PlanHostState string

// States of one host's preview.
const (
	PlanHostPending PlanHostState = "pending"
	PlanHostReady   PlanHostState = "ready"
	PlanHostFailed  PlanHostState = "failed"
)

// PlanInput asks for a preview.
type PlanInput struct {
	HostIDs       []ids.ID  `json:"host_ids" nullable:"false" minItems:"1" maxItems:"10000"`
	Selection     Selection `json:"selection"`
	AllowRemovals bool      `json:"allow_removals"`
}

// Plan is a preview of a patch job: what exactly it would do on each host.
type Plan struct {
	ID            ids.ID     `json:"id"`
	State         PlanState  `json:"state" enum:"computing,ready"`
	Counts        PlanCounts `json:"counts"`
	CreatedAt     time.Time  `json:"created_at"`
	Hosts         []PlanHost `json:"hosts,omitempty" nullable:"false" doc:"Only when one plan is asked for."`
	selection     Selection
	allowRemovals bool
	expiresAt     time.Time
}

// PlanCounts is how many hosts of a plan are in each state.
type PlanCounts struct {
	Hosts   int `json:"hosts"`
	Ready   int `json:"ready"`
	Failed  int `json:"failed"`
	Pending int `json:"pending"`
}

// PlanHost is the preview of one host.
type PlanHost struct {
	HostID   ids.ID         `json:"host_id"`
	HostName string         `json:"host_name"`
	State    PlanHostState  `json:"state" enum:"pending,ready,failed"`
	Error    *PlanError     `json:"error"`
	Plan     *agentapi.Plan `json:"plan"`
}

// PlanError is why a host has no preview.
type PlanError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// CreatePlan asks every host for the exact transaction that a patch job would
// run. The answers arrive in the background; GetPlan has them.
func (s *Service) CreatePlan(ctx context.Context, actor auth.Actor, in PlanInput) (Plan, error) {
	if err := mayOrder(actor); err != nil {
		return Plan{}, err
	}
	if bad := append(in.Selection.check(), checkHostIDs(in.HostIDs)...); len(bad) > 0 {
		return Plan{}, apierr.Invalid(bad...)
	}
	now := s.clock.Now()
	id, err := ids.NewAt(now)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{ID: id, State: PlanComputing, CreatedAt: now, selection: in.Selection, allowRemovals: in.AllowRemovals,
		expiresAt: now.Add(planLife)}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		hs, err := s.chooseHosts(ctx, tx, actor, in.HostIDs)
		if err != nil {
			return err
		}
		p.Counts = PlanCounts{Hosts: len(hs), Pending: len(hs)}
		return s.insertPlan(ctx, tx, actor, p, hs)
	})
	return p, err
}

func (s *Service) insertPlan(ctx context.Context, tx db.Tx, actor auth.Actor, p Plan, hs []newHost) error {
	if err := insertPlan(ctx, tx, p, actor.Name, hs); err != nil {
		return err
	}
	work := make([]river.InsertManyParams, len(hs))
	for i, h := range hs {
		work[i] = river.InsertManyParams{Args: planArgs{PlanID: p.ID, HostID: h.HostID}}
	}
	if _, err := s.queue.InsertManyFastTx(ctx, tx, work); err != nil {
		return err
	}
	target := audit.Target{Kind: "plan", ID: p.ID.String(), Name: p.selection.words()}
	details := map[string]any{"hosts": len(hs), "names": list(namesOf(hs), maxAuditHosts), "allow_removals": p.allowRemovals}
	return audit.Append(ctx, tx, actor.Entry("plan.create", target, details))
}

// GetPlan returns a preview with the hosts that the scope sees.
func (s *Service) GetPlan(ctx context.Context, scope hosts.Scope, id ids.ID) (Plan, error) {
	p, err := getPlan(ctx, s.db, scope, id)
	switch {
	case err != nil:
		return Plan{}, missing(err, "plan")
	case !s.clock.Now().Before(p.expiresAt):
		return Plan{}, apierr.NotFound("plan")
	}
	return p, nil
}

// bindPlan gives every host of an order the hash of the transaction that was
// shown. An order that differs from its preview is refused.
func (s *Service) bindPlan(ctx context.Context, tx db.Tx, actor auth.Actor, id ids.ID, in JobInput, hs []newHost) error {
	p, err := getPlan(ctx, tx, hosts.ScopeOf(actor), id)
	switch {
	case err != nil && !db.IsNoRows(err):
		return err
	case err != nil || !s.clock.Now().Before(p.expiresAt):
		return apierr.Invalid(apierr.Detail{Field: "plan_id", Value: id.String(), Message: "There is no such plan, or it is older than 24 hours."})
	case !p.selection.equal(*in.Selection) || p.allowRemovals != in.AllowRemovals:
		return apierr.Conflict("plan_differs", "The plan was made for another selection.")
	}
	shown := make(map[ids.ID]PlanHost, len(p.Hosts))
	for _, h := range p.Hosts {
		shown[h.HostID] = h
	}
	return bindHosts(hs, shown)
}

func bindHosts(hs []newHost, shown map[ids.ID]PlanHost) error {
	var bad []apierr.Detail
	for i := range hs {
		h, ok := shown[hs[i].HostID]
		if !ok || h.State != PlanHostReady {
			bad = append(bad, apierr.Detail{Field: hs[i].HostID.String(), Value: hs[i].Name, Message: "The plan has no answer of this host."})
			continue
		}
		hs[i].PlanHash = h.Plan.PlanHash
	}
	if len(bad) == 0 {
		return nil
	}
	e := apierr.Conflict("plan_incomplete", "The plan has no answer of %d host(s). Leave them out or make a new plan.", len(bad))
	e.Details = bad
	return e
}

// planFailure is what a person is told about a host without a preview.
func planFailure(err error) (*PlanError, bool) {
	if err == nil {
		return nil, false
	}
	v := refusal(err)
	if v.outcome == gotNoAnswer && errors.Is(err, context.DeadlineExceeded) {
		return &PlanError{Code: string(agentapi.CodeTimedOut), Message: "The host took too long to compute its plan."}, true
	}
	return &PlanError{Code: v.code, Message: short(sentence(v.words), 4000)}, true
}
