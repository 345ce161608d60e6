package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

func insertPlan(ctx context.Context, tx db.Tx, p Plan, by string, hs []newHost) error {
	_, err := tx.Exec(ctx, `insert into job_plan (id, selection, allow_removals, created_at, created_by, expires_at)
		values ($1, $2, $3, $4, $5, $6)`, p.ID, p.selection, p.allowRemovals, p.CreatedAt, by, p.expiresAt)
	if err != nil {
		return fmt.Errorf("insert plan: %w", err)
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"job_plan_host"}, []string{"plan_id", "host_id", "state"},
		pgx.CopyFromSlice(len(hs), func(i int) ([]any, error) { return []any{p.ID, hs[i].HostID, string(PlanHostPending)}, nil }))
	if err != nil {
		return fmt.Errorf("insert plan hosts: %w", err)
	}
	return nil
}

func getPlan(ctx context.Context, q db.Querier, scope hosts.Scope, id ids.ID) (Plan, error) {
	p := Plan{ID: id}
	var selection []byte
	err := q.QueryRow(ctx, `select selection, allow_removals, created_at, expires_at from job_plan where id = $1`, id).
		Scan(&selection, &p.allowRemovals, &p.CreatedAt, &p.expiresAt)
	if err != nil {
		return Plan{}, fmt.Errorf("get plan: %w", err)
	}
	if err := json.Unmarshal(selection, &p.selection); err != nil {
		return Plan{}, fmt.Errorf("read selection of plan: %w", err)
	}
	if p.Hosts, err = listPlanHosts(ctx, q, scope, id); err != nil {
		return Plan{}, err
	}
	if len(p.Hosts) == 0 {
		return Plan{}, fmt.Errorf("get plan: %w", pgx.ErrNoRows) // none of its hosts is visible
	}
	p.count()
	return p, nil
}

func (p *Plan) count() {
	p.Counts = PlanCounts{Hosts: len(p.Hosts)}
	for _, h := range p.Hosts {
		switch h.State {
		case PlanHostReady:
			p.Counts.Ready++
		case PlanHostFailed:
			p.Counts.Failed++
		default:
			p.Counts.Pending++
		}
	}
	p.State = PlanReady
	if p.Counts.Pending > 0 {
		p.State = PlanComputing
	}
}

func listPlanHosts(ctx context.Context, q db.Querier, scope hosts.Scope, id ids.ID) ([]PlanHost, error) {
	rows, err := q.Query(ctx, `select ph.host_id, t.name, ph.state, ph.plan, ph.error_code, ph.error_message
		from job_plan_host ph join host_target_v t on t.host_id = ph.host_id
		where ph.plan_id = $1 and `+scope.SQL("ph.host_id")+` order by (ph.state = 'failed') desc, lower(t.name), ph.host_id`, id)
	if err != nil {
		return nil, fmt.Errorf("list plan hosts: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (h PlanHost, err error) {
		var plan []byte
		var code, message *string
		if err := r.Scan(&h.HostID, &h.HostName, &h.State, &plan, &code, &message); err != nil {
			return h, err
		}
		if code != nil {
			h.Error = &PlanError{Code: *code, Message: *message}
		}
		if plan == nil {
			return h, nil
		}
		return h, json.Unmarshal(plan, &h.Plan)
	})
	if err != nil {
		return nil, fmt.Errorf("list plan hosts: %w", err)
	}
	return out, nil
}

// planTask is what a worker needs to ask one host.
type planTask struct {
	Target        agentclient.Target
	Removed       bool
	Selection     Selection
	AllowRemovals bool
}

// pendingPlan reads a host that has not been asked; db.IsNoRows when it has, or
// when the plan is gone.
func pendingPlan(ctx context.Context, q db.Querier, plan, host ids.ID) (planTask, error) {
	t := planTask{Target: agentclient.Target{HostID: host}}
	var selection []byte
	err := q.QueryRow(ctx, `select t.address, t.port, t.removed_at is not null, p.selection, p.allow_removals
		from job_plan_host ph join job_plan p on p.id = ph.plan_id join host_target_v t on t.host_id = ph.host_id
		where ph.plan_id = $1 and ph.host_id = $2 and ph.state = 'pending'`, plan, host).
		Scan(&t.Target.Address, &t.Target.Port, &t.Removed, &selection, &t.AllowRemovals)
	if err != nil {
		return t, fmt.Errorf("read pending plan: %w", err)
	}
	return t, json.Unmarshal(selection, &t.Selection)
}

func storePlan(ctx context.Context, q db.Querier, plan, host ids.ID, p agentapi.Plan) error {
	_, err := q.Exec(ctx, `update job_plan_host set state = 'ready', plan = $3
		where plan_id = $1 and host_id = $2 and state = 'pending'`, plan, host, p)
	if err != nil {
		return fmt.Errorf("store plan: %w", err)
	}
	return nil
}

func failPlan(ctx context.Context, q db.Querier, plan, host ids.ID, e PlanError) error {
	_, err := q.Exec(ctx, `update job_plan_host set state = 'failed', error_code = $3, error_message = $4
		where plan_id = $1 and host_id = $2 and state = 'pending'`, plan, host, e.Code, e.Message)
	if err != nil {
		return fmt.Errorf("store why there is no plan: %w", err)
	}
	return nil
}

func deletePlans(ctx context.Context, q db.Querier, now time.Time) error {
	if _, err := q.Exec(ctx, "delete from job_plan where expires_at <= $1", now); err != nil {
		return fmt.Errorf("delete old plans: %w", err)
	}
	return nil
}
