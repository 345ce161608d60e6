package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// errStale says that another worker holds the job host now. Nothing was
// written, and whoever gets it has to drop the job host.
var errStale = errors.New("the claim is stale")

// guarded runs an update whose where clause names the claim.
func guarded(ctx context.Context, tx db.Tx, what, sql string, args pgx.NamedArgs) error {
	tag, err := tx.Exec(ctx, sql, args)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if tag.RowsAffected() == 0 {
		return errStale
	}
	return nil
}

// acceptHost notes that the agent has the order.
func acceptHost(ctx context.Context, tx db.Tx, c *claim, agentJob string, now time.Time) error {
	return guarded(ctx, tx, "accept job host", `
		update job_host set state = 'running', agent_job = @agent, unsure = false, attempts = 0, heard_at = @now,
			started_at = coalesce(started_at, @now), lease_until = @lease, error_code = null, error_message = null,
			error_retryable = false, message = ''
		where id = @id and claim_id = @stamp`,
		pgx.NamedArgs{"id": c.ID, "stamp": c.Stamp, "agent": agentJob, "now": now, "lease": now.Add(leaseTime)})
}

// setHeldState moves between running and lost; the claim stays.
func setHeldState(ctx context.Context, tx db.Tx, c *claim, to HostState, message string, now time.Time) error {
	return guarded(ctx, tx, "move job host", `
		update job_host set state = @state::job_host_state, message = @message, lease_until = @lease,
			heard_at = case when @state::job_host_state = 'running' then @now else heard_at end
		where id = @id and claim_id = @stamp`,
		pgx.NamedArgs{"id": c.ID, "stamp": c.Stamp, "state": to, "message": message, "now": now, "lease": now.Add(leaseTime)})
}

// requeueHost gives the job host back to the queue. A new run forgets the
// agent's job; the same run keeps its key.
func requeueHost(ctx context.Context, tx db.Tx, c *claim, a answer, why *JobHostError, now time.Time) error {
	return guarded(ctx, tx, "requeue job host", `
		update job_host set state = 'queued', claim_id = null, lease_until = null, due_at = @due, unsure = @unsure,
			run = run + @new::int, attempts = case when @new = 1 then 0 else attempts + @failed::int end,
			agent_job = case when @new = 1 then null else agent_job end,
			seq = case when @new = 1 then 0 else seq end,
			phase = case when @new = 1 then '' else phase end, progress = case when @new = 1 then 0 else progress end,
			message = @message, error_code = @code, error_message = @message, error_retryable = true
		where id = @id and claim_id = @stamp`,
		pgx.NamedArgs{"id": c.ID, "stamp": c.Stamp, "due": now.Add(a.wait), "unsure": a.unsure, "new": asInt(a.newRun),
			"failed": asInt(a.failed), "message": why.Message, "code": why.Code})
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// result is how a job host ended.
type result struct {
	State   HostState
	Message string
	Error   *JobHostError
	Job     *agentapi.Job // nil: the agent had no part in it
	Changed int
}

// finishHost ends the job host and gives up the claim.
func finishHost(ctx context.Context, tx db.Tx, c *claim, r result, now time.Time) error {
	args := pgx.NamedArgs{"id": c.ID, "stamp": c.Stamp, "state": r.State, "message": r.Message, "now": now,
		"code": nil, "error": nil, "retryable": false, "changed": r.Changed}
	if r.Error != nil {
		args["code"], args["error"], args["retryable"] = r.Error.Code, r.Error.Message, r.Error.Retryable
	}
	if err := guarded(ctx, tx, "finish job host", `
		update job_host set state = @state::job_host_state, claim_id = null, lease_until = null, unsure = false, finished_at = @now,
			message = @message, error_code = @code, error_message = @error, error_retryable = @retryable,
			progress = case when @state::job_host_state = 'succeeded' then 100 else progress end
		where id = @id and claim_id = @stamp`, args); err != nil {
		return err
	}
	if r.Job == nil {
		return nil
	}
	return storeFacts(ctx, tx, c.ID, r)
}

// storeFacts keeps what the agent found before and after.
func storeFacts(ctx context.Context, tx db.Tx, id ids.ID, r result) error {
	_, err := tx.Exec(ctx, `
		update job_host set changes = @changes, changed = @changed, rollback_state = nullif(@rollback, '')::job_rollback,
			rollback_reasons = @reasons, reboot_needed = @reboot, conffiles = @conffiles, heard_at = finished_at,
			phase = case when @phase = '' then phase else @phase end
		where id = @id`,
		pgx.NamedArgs{"id": id, "changes": nonNil(r.Job.Packages), "changed": r.Changed, "rollback": string(r.Job.Rollback.State),
			"reasons": nonNil(r.Job.Rollback.Reasons), "reboot": r.Job.Reboot, "conffiles": nonNil(r.Job.Conffiles),
			"phase": string(r.Job.Phase)})
	if err != nil {
		return fmt.Errorf("store facts of job host: %w", err)
	}
	return nil
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// toldCancel notes that the agent was asked to stop.
func toldCancel(ctx context.Context, q db.Querier, c *claim, now time.Time) error {
	_, err := q.Exec(ctx, "update job_host set cancel_told_at = $3 where id = $1 and claim_id = $2", c.ID, c.Stamp, now)
	if err != nil {
		return fmt.Errorf("note that the agent was told: %w", err)
	}
	return nil
}

// changedRow names a job host that one statement moved.
type changedRow struct{ ID, JobID, HostID ids.ID }

// cancelQueued ends the hosts of a job in the scope that no agent can have heard of.
func cancelQueued(ctx context.Context, tx db.Tx, scope hosts.Scope, job ids.ID, now time.Time) ([]changedRow, error) {
	return changeRows(ctx, tx, "cancel queued hosts", `
		update job_host set state = 'cancelled', finished_at = $2, cancel_requested_at = $2, message = 'Cancelled before it started.',
			error_code = null, error_message = null, error_retryable = false
		where id in (select id from job_host where job_id = $1 order by id for no key update)
			and state in ('waiting', 'queued') and not unsure and `+scope.SQL("host_id")+`
		returning id, job_id, host_id`, job, now)
}

// cancelHeld asks the other unfinished hosts of a job in the scope to stop; those that wait
// for another try are due at once, because their agent has to be asked.
func cancelHeld(ctx context.Context, tx db.Tx, scope hosts.Scope, job ids.ID, now time.Time) ([]changedRow, error) {
	return changeRows(ctx, tx, "ask hosts to stop", `
		update job_host set cancel_requested_at = $2, due_at = case when state = 'queued' then $2 else due_at end
		where id in (select id from job_host where job_id = $1 order by id for no key update)
			and finished_at is null and cancel_requested_at is null and `+scope.SQL("host_id")+`
		returning id, job_id, host_id`, job, now)
}

// expireDue ends what waited past its deadline and no agent can have heard of.
func expireDue(ctx context.Context, tx db.Tx, now time.Time, limit int) ([]changedRow, error) {
	return changeRows(ctx, tx, "expire job hosts", `
		update job_host set state = 'expired', finished_at = $1, message = $3, error_code = $4, error_message = $3
		where id in (select id from job_host where state in ('waiting', 'queued') and deadline_at <= $1 and not unsure
			order by id limit $2 for no key update skip locked)
		returning id, job_id, host_id`, now, limit, "It did not start before its deadline.", CodeExpired)
}

func changeRows(ctx context.Context, tx db.Tx, what, sql string, args ...any) ([]changedRow, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[changedRow])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}
