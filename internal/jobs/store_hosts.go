package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// newHost is a row of job_host as it is created.
type newHost struct {
	ID, HostID ids.ID
	Name       string
	PlanHash   string // empty: the order is not bound to a plan
	Undo       string // rollback: the agent's job to take back
}

func insertHosts(ctx context.Context, tx db.Tx, job ids.ID, hs []newHost, now, deadline time.Time) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"job_host"},
		[]string{"id", "job_id", "host_id", "state", "due_at", "deadline_at", "plan_hash", "undo_agent_job"},
		pgx.CopyFromSlice(len(hs), func(i int) ([]any, error) {
			h := hs[i]
			return []any{h.ID, job, h.HostID, string(HostQueued), now, deadline, orNull(h.PlanHash), orNull(h.Undo)}, nil
		}))
	if err != nil {
		return fmt.Errorf("insert job hosts: %w", err)
	}
	return nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// namedHost is a host that the scope has.
type namedHost struct {
	ID      ids.ID
	Name    string
	Refusal string // why it takes no orders; empty: it takes them
}

func visibleHosts(ctx context.Context, q db.Querier, scope hosts.Scope, wanted []ids.ID) ([]namedHost, error) {
	rows, err := q.Query(ctx, `select h.host_id, h.name, coalesce(h.refusal, '') from host_scope_v h
		where h.host_id = any($1) and `+scope.SQL("h.host_id")+` order by lower(h.name), h.host_id`, wanted)
	if err != nil {
		return nil, fmt.Errorf("find hosts: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[namedHost])
	if err != nil {
		return nil, fmt.Errorf("find hosts: %w", err)
	}
	return out, nil
}

const hostColumns = `jh.id, jh.host_id, t.name, jh.state, jh.phase, jh.progress, jh.message, jh.error_code, jh.error_message,
	jh.error_retryable, jh.run, jh.attempts, case when jh.state in ('waiting', 'queued') then jh.due_at end, jh.started_at,
	jh.finished_at, jh.changes, jh.rollback_state, jh.rollback_reasons, jh.reboot_needed, jh.conffiles, jh.log_lines,
	coalesce((select max(e.id) from job_event e where e.job_host_id = jh.id), 0)`

func scanHost(row pgx.CollectableRow) (JobHost, error) {
	var h JobHost
	var code, message, rollback *string
	var retryable bool
	var changes []byte
	var reasons []string
	err := row.Scan(&h.ID, &h.HostID, &h.HostName, &h.State, &h.Phase, &h.Progress, &h.Message, &code, &message,
		&retryable, &h.Run, &h.Attempts, &h.NextAttemptAt, &h.StartedAt, &h.FinishedAt, &changes, &rollback, &reasons,
		&h.RebootNeeded, &h.Conffiles, &h.LogLines, &h.LastEventID)
	if err != nil {
		return h, err
	}
	if code != nil {
		h.Error = &JobHostError{Code: *code, Message: *message, Retryable: retryable}
	}
	if rollback != nil {
		h.Rollback = &agentapi.Rollback{State: agentapi.RollbackState(*rollback), Reasons: reasons}
	}
	return h, json.Unmarshal(changes, &h.Changes)
}

// failuresFirst puts what needs a person before what moves before what is done.
const failuresFirst = `case jh.state when 'failed' then 0 when 'lost' then 1 when 'expired' then 2 when 'running' then 3
	when 'claimed' then 4 when 'queued' then 5 when 'waiting' then 6 when 'cancelled' then 7 else 8 end, lower(t.name), jh.id`

func listHosts(ctx context.Context, q db.Querier, scope hosts.Scope, job ids.ID, states []HostState, limit, offset int) ([]JobHost, int, error) {
	where := "jh.job_id = @job and " + scope.SQL("jh.host_id")
	if len(states) > 0 {
		where += " and jh.state::text = any(@states)"
	}
	args := pgx.NamedArgs{"job": job, "states": texts(states), "limit": limit, "offset": offset}
	var total int
	if err := q.QueryRow(ctx, "select count(*) from job_host jh where "+where, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count job hosts: %w", err)
	}
	items, err := queryHosts(ctx, q, scope, where+" order by "+failuresFirst+" limit @limit offset @offset", args)
	return items, total, err
}

// jobHosts reads the given rows as the scope sees them.
func jobHosts(ctx context.Context, q db.Querier, scope hosts.Scope, job ids.ID, hostIDs []ids.ID) ([]JobHost, error) {
	return queryHosts(ctx, q, scope, "jh.job_id = @job and jh.host_id = any(@hosts) order by jh.id",
		pgx.NamedArgs{"job": job, "hosts": hostIDs})
}

func queryHosts(ctx context.Context, q db.Querier, scope hosts.Scope, where string, args pgx.NamedArgs) ([]JobHost, error) {
	rows, err := q.Query(ctx, `select `+hostColumns+` from job_host jh join host_target_v t on t.host_id = jh.host_id
		where `+scope.SQL("jh.host_id")+` and `+where, args)
	if err != nil {
		return nil, fmt.Errorf("list job hosts: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanHost)
	if err != nil {
		return nil, fmt.Errorf("list job hosts: %w", err)
	}
	return out, nil
}

// past is what a finished host of a job says to whoever wants to run it again
// or take it back.
type past struct {
	HostID          ids.ID
	Name            string
	State           HostState
	Changed         int
	AgentJob        *string
	Undo            *string
	RollbackState   *string
	RollbackReasons []string
	UndoneBy        *int64 // the number of the job that took it back or is about to
	Removed         bool
}

func listPast(ctx context.Context, q db.Querier, scope hosts.Scope, job ids.ID) ([]past, error) {
	rows, err := q.Query(ctx, `
		select jh.host_id, t.name, jh.state, jh.changed, jh.agent_job, jh.undo_agent_job, jh.rollback_state, jh.rollback_reasons,
			(select j.number from job_host u join job j on j.id = u.job_id
				where u.host_id = jh.host_id and u.undo_agent_job = jh.agent_job and u.state not in ('failed', 'cancelled', 'expired')),
			t.removed_at is not null
		from job_host jh join host_target_v t on t.host_id = jh.host_id
		where jh.job_id = $1 and `+scope.SQL("jh.host_id")+` order by lower(t.name), jh.host_id`, job)
	if err != nil {
		return nil, fmt.Errorf("list past hosts: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[past])
	if err != nil {
		return nil, fmt.Errorf("list past hosts: %w", err)
	}
	return out, nil
}

// findHost returns the id of a job's row for a host; db.IsNoRows when the scope
// sees none.
func findHost(ctx context.Context, q db.Querier, scope hosts.Scope, job, host ids.ID) (id ids.ID, name string, err error) {
	err = q.QueryRow(ctx, `select jh.id, t.name from job_host jh join host_target_v t on t.host_id = jh.host_id
		where jh.job_id = $1 and jh.host_id = $2 and `+scope.SQL("jh.host_id"), job, host).Scan(&id, &name)
	if err != nil {
		return id, name, fmt.Errorf("find job host: %w", err)
	}
	return id, name, nil
}

// countAllHosts counts a job's hosts regardless of who asks.
func countAllHosts(ctx context.Context, q db.Querier, job ids.ID) (n int, err error) {
	if err = q.QueryRow(ctx, "select count(*) from job_host where job_id = $1", job).Scan(&n); err != nil {
		return 0, fmt.Errorf("count hosts of a job: %w", err)
	}
	return n, nil
}

func visibleOfJob(ctx context.Context, q db.Querier, scope hosts.Scope, job ids.ID) (map[ids.ID]bool, error) {
	rows, err := q.Query(ctx, "select jh.host_id from job_host jh where jh.job_id = $1 and "+scope.SQL("jh.host_id"), job)
	if err != nil {
		return nil, fmt.Errorf("list visible hosts of a job: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return nil, fmt.Errorf("list visible hosts of a job: %w", err)
	}
	out := make(map[ids.ID]bool, len(list))
	for _, id := range list {
		out[id] = true
	}
	return out, nil
}
