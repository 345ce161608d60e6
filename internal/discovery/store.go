package discovery

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// lockOpen counts the scans that wait or run, one creation after the other.
func lockOpen(ctx context.Context, tx db.Tx) (open int, err error) {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", lockScans); err != nil {
		return 0, fmt.Errorf("take advisory lock: %w", err)
	}
	err = tx.QueryRow(ctx, "select count(*) from discovery_scan where state in ('queued', 'running')").Scan(&open)
	if err != nil {
		return 0, fmt.Errorf("count open scans: %w", err)
	}
	return open, nil
}

func insertScan(ctx context.Context, tx db.Tx, id ids.ID, t Targets, port int, names bool, by string, now time.Time) error {
	var network *netip.Prefix
	if t.network.IsValid() {
		network = &t.network
	}
	_, err := tx.Exec(ctx, `insert into discovery_scan (id, network, addresses, port, reverse_dns, total, state, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, 'queued', $7, $8)`, id, network, t.list, port, names, t.Len(), now, by)
	if err != nil {
		return fmt.Errorf("insert scan: %w", err)
	}
	return nil
}

// cancelScan ends a scan that has not ended, and takes it from its worker.
func cancelScan(ctx context.Context, tx db.Tx, id ids.ID, now time.Time) (DiscoveryScan, error) {
	d, err := readScan(ctx, tx, id, now, " for update")
	if err != nil {
		return d, err
	}
	if d.isFinal() {
		return d, apierr.Conflict("scan_ended", "The scan of %s has ended already (%s).", d.Targets, d.State)
	}
	_, err = tx.Exec(ctx, `update discovery_scan set state = 'cancelled', finished_at = $2, claim_id = null, lease_until = null where id = $1`, id, now)
	if err != nil {
		return d, fmt.Errorf("cancel scan: %w", err)
	}
	return d, nil
}

// deleteOld removes scans, with their results, that ended before a time, and
// all but the newest keep of those that have ended.
func deleteOld(ctx context.Context, tx db.Tx, before time.Time, keep int) (int64, error) {
	tag, err := tx.Exec(ctx, `delete from discovery_scan where finished_at < $1 or id in (
			select id from discovery_scan where finished_at is not null order by created_at desc, id desc offset $2)`, before, keep)
	if err != nil {
		return 0, fmt.Errorf("delete scans: %w", err)
	}
	return tag.RowsAffected(), nil
}

const scanColumns = `id, network, addresses, port, reverse_dns, state, failure, created_at, created_by, started_at, finished_at,
	total, done, rate, closed, silent, unreachable, skipped, enrolled, elsewhere, ended, other_agent, other_tls, open, lease_until`

func getScan(ctx context.Context, q db.Querier, id ids.ID, now time.Time) (DiscoveryScan, error) {
	return readScan(ctx, q, id, now, "")
}

func readScan(ctx context.Context, q db.Querier, id ids.ID, now time.Time, lock string) (DiscoveryScan, error) {
	rows, err := q.Query(ctx, "select "+scanColumns+" from discovery_scan where id = $1"+lock, id)
	if err != nil {
		return DiscoveryScan{}, fmt.Errorf("get scan: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanRow(now))
	if db.IsNoRows(err) {
		return d, apierr.NotFound("scan")
	}
	if err != nil {
		return d, fmt.Errorf("get scan: %w", err)
	}
	return d, nil
}

func listScans(ctx context.Context, q db.Querier, now time.Time) ([]DiscoveryScan, error) {
	rows, err := q.Query(ctx, "select "+scanColumns+" from discovery_scan order by created_at desc, id desc limit 200")
	if err != nil {
		return []DiscoveryScan{}, fmt.Errorf("list scans: %w", err)
	}
	list, err := pgx.AppendRows([]DiscoveryScan{}, rows, scanRow(now))
	if err != nil {
		return []DiscoveryScan{}, fmt.Errorf("list scans: %w", err)
	}
	return list, nil
}

func scanRow(now time.Time) pgx.RowToFunc[DiscoveryScan] {
	return func(row pgx.CollectableRow) (d DiscoveryScan, err error) {
		var t Targets
		var network *netip.Prefix
		var lease *time.Time
		f := &d.Found
		err = row.Scan(&d.ID, &network, &t.list, &d.Port, &d.ReverseDNS, &d.State, &d.Failure, &d.CreatedAt, &d.CreatedBy, &d.StartedAt, &d.FinishedAt,
			&d.Total, &d.Probed, &d.Rate, &d.Closed, &d.Silent, &d.Unreachable, &d.Skipped, &f.Enrolled, &f.Elsewhere, &f.Ended,
			&f.OtherAgent, &f.OtherTLS, &f.Open, &lease)
		if network != nil {
			t.network = *network
		}
		d.Targets = t.String()
		d.estimate(lease != nil && lease.After(now))
		return d, err
	}
}
