package hosts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func insertHost(ctx context.Context, tx db.Tx, id ids.ID, e Enrolled, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into host (id, name, fqdn, machine_id, address, port, os, enrolled_at, state, state_since, state_reason)
		values ($1, $2, $3, $4, $5, $6, nullif($7, ''), $8, 'unknown', $8, 'It has not answered yet.')`,
		id, e.Name, e.FQDN, e.MachineID, e.Address, e.Port, e.OS, now)
	if err != nil {
		return fmt.Errorf("insert host: %w", err)
	}
	return nil
}

// reviveHost keeps the facts and the history of a host, and makes its state
// unknown: what answered before was another agent. A name that a person gave
// stays.
func reviveHost(ctx context.Context, tx db.Tx, id ids.ID, e Enrolled, now time.Time) error {
	if err := lockPolls(ctx, tx, id); err != nil {
		return err
	}
	const reason = "It was enrolled again and has not answered yet."
	_, err := tx.Exec(ctx, `with old as (select id, state, enrolled_at from host where id = $1 for update),
		noted as (insert into host_state_change (host_id, at, from_state, to_state, reason)
			select id, $2, state, 'unknown', $3 from old where state <> 'unknown')
		update host h set name = case when h.name_given then h.name else $4 end, fqdn = $5, machine_id = $6, address = $7, port = $8, enrolled_at = $2, removed_at = null,
			state = 'unknown', state_since = $2, last_seen_at = null, os = coalesce(h.os, nullif($9, '')),
			state_reason = case when old.enrolled_at is null then 'It has not answered yet.' else $3 end
		  from old where h.id = old.id`, id, now, reason, e.Name, e.FQDN, e.MachineID, e.Address, e.Port, e.OS)
	if err != nil {
		return fmt.Errorf("attach host again: %w", err)
	}
	return nil
}

// removeHost ends a host. It reports false when there is none to end.
func removeHost(ctx context.Context, tx db.Tx, id ids.ID, now time.Time) (bool, error) {
	if err := lockPolls(ctx, tx, id); err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, "update host set removed_at = $2 where id = $1 and removed_at is null", id, now)
	if err != nil {
		return false, fmt.Errorf("remove host: %w", err)
	}
	if _, err := tx.Exec(ctx, "delete from host_poll where host_id = $1", id); err != nil {
		return false, fmt.Errorf("remove polls of host: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// heldBy returns the number of the job that has an order at the host's agent.
func heldBy(ctx context.Context, tx db.Tx, id ids.ID) (number int64, held bool, err error) {
	err = tx.QueryRow(ctx, `select job_number from job_current_v
		where host_id = $1 and state in ('claimed', 'running', 'lost')`, id).Scan(&number)
	if db.IsNoRows(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find running job of host: %w", err)
	}
	return number, true, nil
}

func similarHosts(ctx context.Context, q db.Querier, machineID, name, fqdn string) ([]Known, error) {
	rows, err := q.Query(ctx, `select id, name, fqdn, machine_id, address, state, last_seen_at, removed_at, enrolled_at from host
		where enrolled_at is not null and ((machine_id = $1 and $1 <> '')
		   or (removed_at is null and (lower(name) = lower($2) or (fqdn <> '' and lower(fqdn) = lower($3)))))
		order by removed_at is not null, coalesce(last_seen_at, enrolled_at) desc, id desc limit 20`, machineID, name, fqdn)
	if err != nil {
		return nil, fmt.Errorf("find similar hosts: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Known])
	if err != nil {
		return nil, fmt.Errorf("find similar hosts: %w", err)
	}
	return list, nil
}
