package discovery

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// lockScans is "scan" in ASCII: counting the running scans and taking another
// one is one step.
const lockScans = 0x7363616e

// anyOpen spares an idle worker the lock.
func anyOpen(ctx context.Context, q db.Querier) (open bool, err error) {
	err = q.QueryRow(ctx, "select exists (select from discovery_scan where state in ('queued', 'running'))").Scan(&open)
	if err != nil {
		return false, fmt.Errorf("look for scans: %w", err)
	}
	return open, nil
}

// claimScans takes scans, those that a worker has left first, so that no more
// than limit are held at once.
func claimScans(ctx context.Context, tx db.Tx, now time.Time, limit int) ([]claim, error) {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", lockScans); err != nil {
		return nil, fmt.Errorf("take advisory lock: %w", err)
	}
	rows, err := tx.Query(ctx, `
		with free as (
			select greatest(0, @limit - count(*)) as n from discovery_scan where state = 'running' and lease_until > @now
		), picked as (
			select id from discovery_scan
			where state = 'queued' or (state = 'running' and lease_until <= @now)
			order by state = 'queued', created_at, id limit (select n from free) for update
		)
		update discovery_scan s set state = 'running', claim_id = gen_random_uuid(), lease_until = @lease,
			started_at = coalesce(started_at, @now), attempts = attempts + 1
		from picked where picked.id = s.id
		returning s.id, s.claim_id, s.network, s.addresses, s.port, s.reverse_dns, s.done, s.attempts, s.lease_until`,
		pgx.NamedArgs{"limit": limit, "now": now, "lease": now.Add(leaseTime)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanClaim)
}

func scanClaim(row pgx.CollectableRow) (c claim, err error) {
	var network *netip.Prefix
	err = row.Scan(&c.ID, &c.Stamp, &network, &c.Targets.list, &c.Port, &c.ReverseDNS, &c.Done, &c.Attempts, &c.LeaseUntil)
	if network != nil {
		c.Targets.network = *network
	}
	return c, err
}

func setFailed(ctx context.Context, tx db.Tx, c claim, why string, now time.Time) error {
	_, err := tx.Exec(ctx, `update discovery_scan set state = 'failed', failure = $3, finished_at = $4, claim_id = null, lease_until = null
		where id = $1 and claim_id = $2`, c.ID, c.Stamp, why, now)
	if err != nil {
		return fmt.Errorf("fail scan: %w", err)
	}
	return nil
}

// storeProgress moves the scan on and returns its counts; errLost when the
// claim does not hold.
func storeProgress(ctx context.Context, tx db.Tx, p progress, c counts, over bool, now time.Time) (total counts, err error) {
	err = tx.QueryRow(ctx, `update discovery_scan set done = @to, rate = @rate, attempts = case when @to > done then 0 else attempts end,
			closed = closed + @closed, silent = silent + @silent, unreachable = unreachable + @unreachable, skipped = skipped + @skipped,
			enrolled = enrolled + @enrolled, elsewhere = elsewhere + @elsewhere, ended = ended + @ended,
			other_agent = other_agent + @other_agent, other_tls = other_tls + @other_tls, open = open + @open,
			state = case when @over then 'finished' else state end, finished_at = case when @over then @now::timestamptz end,
			claim_id = case when @over then null else claim_id end, lease_until = case when @over then null else @until::timestamptz end
		where id = @id and claim_id = @claim and done = @from
		returning closed, silent, unreachable, skipped, enrolled, elsewhere, ended, other_agent, other_tls, open`,
		pgx.NamedArgs{"id": p.claim.ID, "claim": p.claim.Stamp, "from": p.from, "to": p.to(), "rate": p.rate, "until": p.until, "over": over, "now": now,
			"closed": c.Closed, "silent": c.Silent, "unreachable": c.Unreachable, "skipped": c.Skipped, "enrolled": c.Enrolled,
			"elsewhere": c.Elsewhere, "ended": c.Ended, "other_agent": c.OtherAgent, "other_tls": c.OtherTLS, "open": c.Open}).
		Scan(&total.Closed, &total.Silent, &total.Unreachable, &total.Skipped, &total.Enrolled, &total.Elsewhere, &total.Ended,
			&total.OtherAgent, &total.OtherTLS, &total.Open)
	if db.IsNoRows(err) {
		return total, errLost
	}
	if err != nil {
		return total, fmt.Errorf("store progress of scan: %w", err)
	}
	return total, nil
}

// insertResults writes what was found. Positions are stored once, so an address
// comes once, too.
func insertResults(ctx context.Context, tx db.Tx, scan ids.ID, list []outcome) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"discovery_result"},
		[]string{"scan_id", "address", "kind", "host_id", "name", "note", "subject", "issuer", "fingerprint", "tls", "not_before", "not_after"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			o, s := list[i], list[i].sighting
			var host *ids.ID
			if !s.host.IsZero() {
				host = &s.host
			}
			return []any{scan, o.address, string(s.kind), host, o.name, s.note, s.subject, s.issuer, s.fingerprint, s.tls, s.notBefore, s.notAfter}, nil
		}))
	if err != nil {
		return fmt.Errorf("store results of scan: %w", err)
	}
	return nil
}

// placesOf reads where hosts are, removed ones too.
func placesOf(ctx context.Context, tx db.Tx, hosts []ids.ID) (map[ids.ID]place, error) {
	rows, err := tx.Query(ctx, `select host_id, address, port, removed_at is not null, addresses,
			array(select key_fingerprint from ca_host_key_v k where k.host_id = p.host_id)
		from host_place_v p where host_id = any($1)`, hosts)
	if err != nil {
		return nil, fmt.Errorf("find hosts of certificates: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	if err != nil {
		return nil, fmt.Errorf("find hosts of certificates: %w", err)
	}
	out := make(map[ids.ID]place, len(list))
	for _, p := range list {
		out[p.ID] = p
	}
	return out, nil
}
