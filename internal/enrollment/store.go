package enrollment

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func insertRequest(ctx context.Context, tx db.Tx, id ids.ID, c claim, polling []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into enrollment_request (id, polling_hash, key_fingerprint, csr, machine_id, hostname, fqdn,
		address_seen, address_claimed, port, os, status, requested_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', $12, $13)`,
		id, polling, c.key, c.csr.Raw, c.machineID, c.hostname, c.fqdn, c.addressSeen, c.addressClaimed, c.port, c.os,
		now, now.Add(pendingLife))
	if err != nil {
		return fmt.Errorf("insert enrollment request: %w", err)
	}
	return nil
}

// findByKey returns the latest request of a key that is still worth asking
// about: pending, approved and not acknowledged, or denied a short time ago.
func findByKey(ctx context.Context, tx db.Tx, key string, now time.Time) (r asked, found bool, err error) {
	err = tx.QueryRow(ctx, `select e.id, e.status::text from enrollment_request e
		  left join host_target_v h on h.host_id = e.host_id
		 where e.key_fingerprint = $1 and (
			(e.status = 'pending' and e.expires_at > $2) or
			(e.status = 'approved' and e.acked_at is null and h.removed_at is null) or
			(e.status = 'denied' and e.decided_at > $3))
		 order by e.requested_at desc, e.id desc limit 1`, key, now, now.Add(-deniedMemory)).Scan(&r.id, &r.status)
	if db.IsNoRows(err) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("find enrollment request: %w", err)
	}
	return r, true, nil
}

func setPolling(ctx context.Context, tx db.Tx, id ids.ID, polling []byte) error {
	if _, err := tx.Exec(ctx, "update enrollment_request set polling_hash = $2 where id = $1", id, polling); err != nil {
		return fmt.Errorf("change polling token: %w", err)
	}
	return nil
}

type polled struct {
	status, reason, certificate string
	hostID                      *ids.ID
}

// findByPolling passes over what the agent has, and over hosts that were
// removed: their certificate is revoked.
func findByPolling(ctx context.Context, q db.Querier, polling []byte, now time.Time) (p polled, err error) {
	err = q.QueryRow(ctx, `select e.status::text, e.reason, coalesce(e.certificate, ''), e.host_id from enrollment_request e
		  left join host_target_v h on h.host_id = e.host_id
		 where e.polling_hash = $1 and (e.acked_at is null or e.acked_at > $2) and h.removed_at is null
		   and (e.status <> 'pending' or e.expires_at > $3)`, polling, now.Add(-ackGrace), now).
		Scan(&p.status, &p.reason, &p.certificate, &p.hostID)
	return p, err
}

func countPending(ctx context.Context, tx db.Tx, from string) (total, mine int, err error) {
	err = tx.QueryRow(ctx, `select count(*), count(*) filter (where address_seen = $1) from enrollment_request
		where status = 'pending'`, from).Scan(&total, &mine)
	if err != nil {
		return 0, 0, fmt.Errorf("count enrollment requests: %w", err)
	}
	return total, mine, nil
}

// otherRequests returns where pending requests with the same machine id and
// another key came from.
func otherRequests(ctx context.Context, q db.Querier, self ids.ID, c claim) ([]string, error) {
	rows, err := q.Query(ctx, `select distinct address_seen from enrollment_request
		where status = 'pending' and machine_id = $1 and $1 <> '' and key_fingerprint <> $2 and id <> $3 limit 5`, c.machineID, c.key, self)
	if err != nil {
		return nil, fmt.Errorf("find similar requests: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("find similar requests: %w", err)
	}
	return list, nil
}

// keyOwner returns the host that uses a key now.
func keyOwner(ctx context.Context, q db.Querier, key string) (*ids.ID, error) {
	var id ids.ID
	err := q.QueryRow(ctx, "select host_id from ca_host_key_v where key_fingerprint = $1 limit 1", key).Scan(&id)
	if db.IsNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find owner of key: %w", err)
	}
	return &id, nil
}

func lockRequest(ctx context.Context, tx db.Tx, id ids.ID) (c claim, status string, err error) {
	var der []byte
	err = tx.QueryRow(ctx, `select status::text, csr, key_fingerprint, machine_id, hostname, fqdn, address_seen, address_claimed, port, os
		from enrollment_request where id = $1 for update`, id).
		Scan(&status, &der, &c.key, &c.machineID, &c.hostname, &c.fqdn, &c.addressSeen, &c.addressClaimed, &c.port, &c.os)
	if err != nil {
		return c, "", fmt.Errorf("lock enrollment request: %w", err)
	}
	if c.csr, err = x509.ParseCertificateRequest(der); err != nil {
		return c, "", fmt.Errorf("read stored certificate request: %w", err)
	}
	return c, status, nil
}

func setApproved(ctx context.Context, tx db.Tx, id, host ids.ID, certificate string, d decision) error {
	_, err := tx.Exec(ctx, `update enrollment_request set status = 'approved', host_id = $2, certificate = $3, decided_by = $4,
		decided_at = $5, token_id = $6 where id = $1`, id, host, certificate, d.by, d.at, d.token)
	if err != nil {
		return fmt.Errorf("approve enrollment request: %w", err)
	}
	return nil
}

func setDenied(ctx context.Context, tx db.Tx, id ids.ID, by, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `update enrollment_request set status = 'denied', decided_by = $2, reason = $3, decided_at = $4
		where id = $1`, id, by, reason, now)
	if err != nil {
		return fmt.Errorf("deny enrollment request: %w", err)
	}
	return nil
}

// setAcked reports whether it was the first acknowledgement.
func setAcked(ctx context.Context, tx db.Tx, polling []byte, now time.Time) (host ids.ID, first bool, err error) {
	err = tx.QueryRow(ctx, `with old as (select id, acked_at from enrollment_request
			where polling_hash = $1 and status = 'approved' for update)
		update enrollment_request e set acked_at = coalesce(e.acked_at, $2) from old where e.id = old.id
		returning e.host_id, old.acked_at is null`, polling, now).Scan(&host, &first)
	if err != nil {
		return host, false, fmt.Errorf("acknowledge enrollment: %w", err)
	}
	return host, first, nil
}

type expired struct {
	ID       ids.ID
	Hostname string
}

func setExpired(ctx context.Context, tx db.Tx, now time.Time) ([]expired, error) {
	rows, err := tx.Query(ctx, `update enrollment_request set status = 'expired', decided_at = $1
		where status = 'pending' and expires_at <= $1 returning id, hostname`, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[expired])
}

// advisoryLock is "enroll" in ASCII.
const advisoryLock = 0x656e726f6c6c

func lockEnrollments(ctx context.Context, tx db.Tx) error {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", advisoryLock); err != nil {
		return fmt.Errorf("wait for other enrollments: %w", err)
	}
	return nil
}
