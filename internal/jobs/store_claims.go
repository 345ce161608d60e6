package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Keys of advisory locks, held until the end of their transaction. A transaction
// takes row locks first, then the audit chain's, then lockEvents, never the other
// way round.
const (
	lockClaims = 0x706d_0001 // one dispatcher claims at a time: counting and claiming are one step
	lockEvents = 0x706d_0002 // ids of events are handed out in commit order
)

// claim is one worker's hold on a job host, with what it needs to act. Stamp is
// the fencing stamp: every write names it and changes nothing when another
// worker has taken over since.
type claim struct {
	ID, JobID, HostID, Stamp ids.ID

	State     HostState
	Run       int
	Attempts  int
	Unsure    bool
	Deadline  time.Time
	AgentJob  string // empty before the acceptance
	Seq       int64
	Phase     string
	PlanHash  string
	Undo      string // rollback: the agent's job to take back
	Cancel    bool
	Told      bool // the agent knows about the cancellation
	StartedAt *time.Time
	HeardAt   *time.Time

	Number        int64
	Kind          Kind
	Selection     *Selection
	Reboot        Reboot
	AllowRemovals bool

	HostName string
	Address  string
	Port     int
	Removed  bool
}

// key is the idempotency key of the order of this run. It is the same for every
// worker and every try, so that an order that did arrive is not carried out twice.
func (c *claim) key() string { return fmt.Sprintf("%s:%d", c.ID, c.Run) }

func (c *claim) situation(now time.Time) situation {
	return situation{state: c.State, kind: c.Kind, run: c.Run, attempts: c.Attempts, unsure: c.Unsure,
		cancel: c.Cancel, rebooting: c.Phase == "reboot", now: now, deadline: c.Deadline}
}

// claimSQL takes hosts whose lease ran out and hosts that are due, oldest first.
// It carries out next(…, gotClaimed). The rows of a host and of a job with a
// limit are counted under lockClaims; the unique index job_host_one_held_per_host
// holds even without it.
const claimSQL = `
with orphaned as (
	select id, lease_until as at from job_host
	where state in ('claimed', 'running', 'lost') and lease_until <= @now
	order by lease_until limit @limit
), due as (
	select jh.id, jh.due_at, jh.job_id, j.max_parallel,
		row_number() over (partition by jh.host_id order by jh.due_at, jh.id) as of_host,
		row_number() over (partition by jh.job_id order by jh.due_at, jh.id) as of_job
	from job_host jh join job j on j.id = jh.job_id
	where jh.state = 'queued' and jh.due_at <= @now and (jh.deadline_at > @now or jh.unsure)
		and not exists (select from job_host o where o.host_id = jh.host_id and o.state in ('claimed', 'running', 'lost'))
), ready as (
	select id, due_at as at from due
	where of_host = 1 and (max_parallel is null or of_job + (select count(*) from job_host a
		where a.job_id = due.job_id and a.state in ('claimed', 'running', 'lost')) <= max_parallel)
	order by due_at, id limit @limit
), picked as (
	select jh.id from job_host jh join (select * from orphaned union all select * from ready) c on c.id = jh.id
	where jh.state = 'queued' or jh.lease_until <= @now
	order by c.at, jh.id limit @limit
	for no key update of jh skip locked
), taken as (
	update job_host jh set claim_id = gen_random_uuid(), lease_until = @lease,
		state = case when jh.state = 'queued' then 'claimed' else jh.state end,
		unsure = jh.unsure or jh.state = 'claimed'  -- the worker before may have given the order
	from picked where picked.id = jh.id
	returning jh.*
)
select jh.id, jh.job_id, jh.host_id, jh.claim_id, jh.state, jh.run, jh.attempts, jh.unsure, jh.deadline_at,
	coalesce(jh.agent_job, ''), jh.seq, jh.phase, coalesce(jh.plan_hash, ''), coalesce(jh.undo_agent_job, ''),
	jh.cancel_requested_at is not null, jh.cancel_told_at is not null, jh.started_at, jh.heard_at,
	j.number, j.kind, j.selection, j.reboot, j.allow_removals, t.name, t.address, t.port, t.removed_at is not null
from taken jh join job j on j.id = jh.job_id join host_target_v t on t.host_id = jh.host_id
order by jh.id`

func claimHosts(ctx context.Context, tx db.Tx, now time.Time, limit int) ([]*claim, error) {
	if err := lock(ctx, tx, lockClaims); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, claimSQL, pgx.NamedArgs{"now": now, "lease": now.Add(leaseTime), "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("claim job hosts: %w", err)
	}
	claims, err := pgx.CollectRows(rows, scanClaim)
	if err != nil {
		return nil, fmt.Errorf("claim job hosts: %w", err)
	}
	return claims, nil
}

func scanClaim(row pgx.CollectableRow) (*claim, error) {
	c := &claim{}
	var selection []byte
	err := row.Scan(&c.ID, &c.JobID, &c.HostID, &c.Stamp, &c.State, &c.Run, &c.Attempts, &c.Unsure, &c.Deadline,
		&c.AgentJob, &c.Seq, &c.Phase, &c.PlanHash, &c.Undo, &c.Cancel, &c.Told, &c.StartedAt, &c.HeardAt,
		&c.Number, &c.Kind, &selection, &c.Reboot, &c.AllowRemovals, &c.HostName, &c.Address, &c.Port, &c.Removed)
	if err != nil || selection == nil {
		return c, err
	}
	return c, json.Unmarshal(selection, &c.Selection)
}

func lock(ctx context.Context, tx db.Tx, key int64) error {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", key); err != nil {
		return fmt.Errorf("take advisory lock: %w", err)
	}
	return nil
}

// Statements that change several job hosts lock them in the order of their ids,
// so that two of them never wait for each other. "no key" lets events of the
// same rows be inserted meanwhile.

// renewClaims extends the leases of those claims that still hold, and returns them.
func renewClaims(ctx context.Context, q db.Querier, stamps []ids.ID, now time.Time) ([]ids.ID, error) {
	rows, err := q.Query(ctx, `update job_host set lease_until = $2
		where id in (select id from job_host where claim_id = any($1) order by id for no key update) and claim_id = any($1)
		returning claim_id`,
		stamps, now.Add(leaseTime))
	if err != nil {
		return nil, fmt.Errorf("renew claims: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return nil, fmt.Errorf("renew claims: %w", err)
	}
	return out, nil
}

// releaseClaims ends the leases of a worker that stops, so that another one goes
// on at once instead of after leaseTime.
func releaseClaims(ctx context.Context, q db.Querier, stamps []ids.ID, now time.Time) error {
	if _, err := q.Exec(ctx, `update job_host set lease_until = $2
		where id in (select id from job_host where claim_id = any($1) order by id for no key update) and claim_id = any($1)`, stamps, now); err != nil {
		return fmt.Errorf("release claims: %w", err)
	}
	return nil
}

// cancelledClaims returns those of the claims that a person asked to stop and
// whose agent has not been told.
func cancelledClaims(ctx context.Context, q db.Querier, stamps []ids.ID) ([]ids.ID, error) {
	rows, err := q.Query(ctx, `select claim_id from job_host
		where claim_id = any($1) and cancel_requested_at is not null and cancel_told_at is null`, stamps)
	if err != nil {
		return nil, fmt.Errorf("find cancelled claims: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return nil, fmt.Errorf("find cancelled claims: %w", err)
	}
	return out, nil
}
