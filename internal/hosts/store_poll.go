package hosts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// insertPolls gives a host its polls, due now; those it has start afresh.
func insertPolls(ctx context.Context, tx db.Tx, host ids.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into host_poll (host_id, kind, next_due)
		select $1, k, $2 from unnest(enum_range(null::host_poll_kind)) k
		on conflict (host_id, kind) do update set failures = 0, error = ''`, host, now)
	if err != nil {
		return fmt.Errorf("insert polls of host: %w", err)
	}
	return nil
}

// lockPolls takes the polls of a host, before whoever is going to write several of
// them, or the host after them: see "Locks" in doc.go.
func lockPolls(ctx context.Context, tx db.Tx, host ids.ID) error {
	if _, err := tx.Exec(ctx, "select from host_poll where host_id = $1 order by kind for update", host); err != nil {
		return fmt.Errorf("lock polls of host: %w", err)
	}
	return nil
}

// queueLocks takes what a batch of results is going to write, in the same order.
func queueLocks(b *pgx.Batch, batch []result) {
	var hosts []ids.ID
	var kinds []string
	for _, r := range batch {
		for _, k := range r.polls {
			hosts, kinds = append(hosts, r.host), append(kinds, string(k))
		}
	}
	b.Queue(`select from unnest($1::uuid[], $2::text[]) n (host, kind)
		join host_poll p on p.host_id = n.host and p.kind = n.kind::host_poll_kind
		order by p.host_id, p.kind for update of p`, hosts, kinds)
}

func makeDue(ctx context.Context, tx db.Tx, host ids.ID, now time.Time) error {
	if err := lockPolls(ctx, tx, host); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "update host_poll set next_due = '-infinity', requested_at = $2 where host_id = $1", host, now)
	if err != nil {
		return fmt.Errorf("make polls due: %w", err)
	}
	return nil
}

// claim is one poll that this worker holds until its lease ends.
type claim struct {
	HostID    ids.ID
	Kind      pollKind
	ClaimedAt time.Time
	Name      string
	Address   string
	Port      int
	State     State
	Reason    string
	Seen      bool // it has answered since it was enrolled
	BootID    string
	Failures  int
	Problems  []string // health only: errors of other polls that keep failing
}

// claimPolls leases what is due, what a person asked for first. Rows that
// another worker claims at this moment are passed over, not waited for.
func claimPolls(ctx context.Context, q db.Querier, owner ids.ID, now time.Time, limit int) ([]claim, error) {
	rows, err := q.Query(ctx, `with due as (
			select host_id, kind from host_poll
			 where next_due <= $2 and (lease_until is null or lease_until <= $2)
			 order by next_due limit $4 for update skip locked)
		update host_poll p set lease_owner = $1, claimed_at = $2, lease_until = $3
		  from due, host h
		 where p.host_id = due.host_id and p.kind = due.kind and h.id = p.host_id
		returning p.host_id, p.kind, p.claimed_at, h.name, h.address, h.port, h.state, h.state_reason as reason,
			h.last_seen_at is not null as seen, coalesce(h.boot_id, '') as boot_id, p.failures,
			(select coalesce(array_agg(o.error order by o.kind), '{}') from host_poll o
			  where p.kind = 'health' and o.host_id = p.host_id and o.kind <> 'health' and o.failures >= $5) as problems`,
		owner, now, now.Add(leaseTime), limit, patience)
	if err != nil {
		return nil, fmt.Errorf("claim polls: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[claim])
	if err != nil {
		return nil, fmt.Errorf("claim polls: %w", err)
	}
	return list, nil
}

// finishPoll is the part that every result has in common: it gives the row
// back, but only if this claim still holds it. Facts are written for the rows
// of "mine" alone, so that a result that comes after its lease changes nothing.
// A request that came while the poll was under way keeps the row due.
const finishPoll = `with mine as (
	update host_poll set lease_owner = null, lease_until = null, tried_at = claimed_at,
		ok_at = case when @error = '' then claimed_at else ok_at end,
		failures = @failures, error = @error,
		next_due = case when requested_at > claimed_at then '-infinity'::timestamptz else @due end
	 where host_id = @host and kind = @kind and lease_owner = @owner and claimed_at = @claimed
	returning host_id)`

const finishOnly = finishPoll + ` select from mine`

// finishHealth also writes the state with its history, and what the agent said
// about itself. When the host has come back or has been restarted, the other
// facts are asked for at once.
const finishHealth = finishPoll + `, woken as (
	update host_poll p set next_due = least(next_due, @now) from mine
	 where p.host_id = mine.host_id and p.kind <> 'health' and (@restarted or (@back and p.failures > 0))), noted as (
	insert into host_state_change (host_id, at, from_state, to_state, reason)
	select h.id, @now, h.state, @state, @reason from host h join mine on mine.host_id = h.id where h.state <> @state)
	update host h set state = @state, state_reason = @reason,
		state_since = case when h.state <> @state then @now else h.state_since end,
		last_seen_at = coalesce(@seen, h.last_seen_at),
		agent_version = coalesce(@version, h.agent_version), boot_id = coalesce(@boot, h.boot_id),
		capabilities = coalesce(@capabilities, h.capabilities),
		certificate_expires_at = coalesce(@expires, h.certificate_expires_at)
	  from mine where h.id = mine.host_id`

const finishInventory = finishPoll + `, detail as (
	insert into host_detail (host_id, virtualization, addresses, repositories, reboot_reasons, services_to_restart,
		package_db_clean, package_db_problems, held, updated_at)
	select host_id, @virtualization, @addresses, @repositories, @reboot_reasons, @services, @db_clean, @db_problems, @held, @now from mine
	on conflict (host_id) do update set virtualization = excluded.virtualization, addresses = excluded.addresses,
		repositories = excluded.repositories, reboot_reasons = excluded.reboot_reasons,
		services_to_restart = excluded.services_to_restart, package_db_clean = excluded.package_db_clean,
		package_db_problems = excluded.package_db_problems, held = excluded.held, updated_at = excluded.updated_at)
	update host h set os = @os, os_id = @os_id, os_version = @os_version, kernel = @kernel, architecture = @architecture,
		booted_at = @booted, reboot_needed = @reboot, last_update_check = @checked, last_update_apply = @applied,
		fqdn = coalesce(nullif(@fqdn, ''), h.fqdn), last_seen_at = @now
	  from mine where h.id = mine.host_id`

// releasePoll gives a row back unanswered, when this worker stops.
const releasePoll = `update host_poll set lease_owner = null, lease_until = null
	where host_id = $1 and kind = $2 and lease_owner = $3 and claimed_at = $4`
