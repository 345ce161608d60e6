package ca

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

type certificateRow struct {
	Serial         []byte
	Profile        string
	HostID         *ids.ID
	KeyFingerprint string
	Names          []string
	NotBefore      time.Time
	NotAfter       time.Time
	IssuedAt       time.Time
	RenewAt        *time.Time
}

func insertCertificate(ctx context.Context, q db.Querier, r certificateRow) error {
	_, err := q.Exec(ctx, `insert into ca_certificate
		(serial, profile, host_id, key_fingerprint, names, not_before, not_after, issued_at, renew_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.Serial, r.Profile, r.HostID, r.KeyFingerprint, r.Names, r.NotBefore, r.NotAfter, r.IssuedAt, r.RenewAt)
	if err != nil {
		return fmt.Errorf("record certificate: %w", err)
	}
	return nil
}

// revocation tells when a certificate was revoked; nil when it was not or is unknown.
func revocation(ctx context.Context, q db.Querier, serial []byte) (*time.Time, string, error) {
	var at *time.Time
	var reason string
	err := q.QueryRow(ctx, "select revoked_at, revoke_reason from ca_certificate where serial = $1", serial).Scan(&at, &reason)
	if err != nil && !db.IsNoRows(err) {
		return nil, "", fmt.Errorf("look up revocation: %w", err)
	}
	return at, reason, nil
}

// renewal is a host certificate whose time has come.
type renewal struct {
	Serial  []byte
	HostID  ids.ID
	Name    string
	Address string
	Port    int
}

// claimRenewals takes due certificates of hosts that exist and whose agents can
// renew, and makes them due again at retry: no other process takes them until
// then, and a process that dies loses only that time.
func claimRenewals(ctx context.Context, q db.Querier, now, retry time.Time, limit int) ([]renewal, error) {
	rows, err := q.Query(ctx, `with due as (
			select c.serial from ca_certificate c
			  join host_target_v t on t.host_id = c.host_id
			 where c.renew_at <= $1 and c.revoked_at is null and t.removed_at is null and 'certificate' = any(t.capabilities)
			 order by c.renew_at limit $3 for update of c skip locked)
		update ca_certificate c set renew_at = $2
		  from due, host_target_v t
		 where c.serial = due.serial and t.host_id = c.host_id
		returning c.serial, c.host_id, t.name, t.address, t.port`, now, retry, limit)
	if err != nil {
		return nil, fmt.Errorf("claim renewals: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[renewal])
	if err != nil {
		return nil, fmt.Errorf("claim renewals: %w", err)
	}
	return list, nil
}

// markRenewed ends the care for the older certificates of a host; they stay
// valid until they expire, because the agent may still be serving with one.
func markRenewed(ctx context.Context, q db.Querier, host ids.ID, current []byte) error {
	_, err := q.Exec(ctx, `update ca_certificate set renew_at = null, renew_error = ''
		where host_id = $1 and serial <> $2 and renew_at is not null`, host, current)
	if err != nil {
		return fmt.Errorf("mark certificate renewed: %w", err)
	}
	return nil
}

func setRenewAt(ctx context.Context, q db.Querier, serial []byte, at *time.Time, problem string) error {
	_, err := q.Exec(ctx, `update ca_certificate set renew_at = $2, renew_error = left($3, 2000) where serial = $1`, serial, at, problem)
	if err != nil {
		return fmt.Errorf("schedule renewal: %w", err)
	}
	return nil
}

func revokeCertificates(ctx context.Context, tx db.Tx, hosts []ids.ID, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `update ca_certificate set revoked_at = $2, revoke_reason = left($3, 200), renew_at = null
		where host_id = any($1) and revoked_at is null`, hosts, now, reason)
	if err != nil {
		return fmt.Errorf("revoke certificates of hosts: %w", err)
	}
	return nil
}
