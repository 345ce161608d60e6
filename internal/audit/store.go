package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// chainLock is the advisory lock of the chain's end. The number is arbitrary
// and must never change: two versions of the program would fork the chain.
const chainLock int64 = 0x706d_6175_6469_7401

// chainEnd is where the next row goes.
type chainEnd struct {
	id   int64
	hash hash
	now  time.Time
}

// lockChain takes the chain until the end of tx, then reads its end. The lock is
// a statement of its own because a statement sees what was committed when it
// began; sent in one batch, both cost one round trip.
func lockChain(ctx context.Context, tx db.Tx) (chainEnd, error) {
	var end chainEnd
	var last []byte
	b := &pgx.Batch{}
	b.Queue(`select pg_advisory_xact_lock($1)`, chainLock)
	b.Queue(`
		select coalesce(e.id, 0), coalesce(e.row_hash, decode(repeat('00', 32), 'hex')), clock_timestamp()
		from (select 1) as one
		left join (select id, row_hash from audit_entry order by id desc limit 1) as e on true`,
	).QueryRow(func(row pgx.Row) error { return row.Scan(&end.id, &last, &end.now) })
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return chainEnd{}, fmt.Errorf("lock the chain: %w", err)
	}
	copy(end.hash[:], last)
	return end, nil
}

func insertEntry(ctx context.Context, tx db.Tx, c content, prev, own hash) error {
	_, err := tx.Exec(ctx, `
		insert into audit_entry (id, at, actor_kind, actor_id, actor_name, action,
			target_kind, target_id, target_name, details, address, request_id, prev_hash, row_hash)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		c.id, c.at, c.actorKind, c.actorID, c.actorName, c.action,
		c.targetKind, c.targetID, c.targetName, c.details, c.address, c.requestID, prev[:], own[:])
	if err != nil {
		return fmt.Errorf("insert row %d: %w", c.id, err)
	}
	return nil
}

// rowHash returns the hash of one row; false when there is no such row.
func rowHash(ctx context.Context, q db.Querier, id int64) (h hash, found bool, err error) {
	var b []byte
	err = q.QueryRow(ctx, `select row_hash from audit_entry where id = $1`, id).Scan(&b)
	if db.IsNoRows(err) {
		return hash{}, false, nil
	}
	if err != nil {
		return hash{}, false, fmt.Errorf("read hash of row %d: %w", id, err)
	}
	return hash(b), true, nil
}

// chained is a row with its links, as it is stored.
type chained struct {
	content
	prev, own hash
}

// readChain reads up to limit rows from id on, in the order of the chain.
func readChain(ctx context.Context, q db.Querier, from int64, limit int) ([]chained, error) {
	rows, err := q.Query(ctx, `
		select id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id,
			target_name, details, address, request_id, prev_hash, row_hash
		from audit_entry where id >= $1 order by id limit $2`, from, limit)
	if err != nil {
		return nil, fmt.Errorf("read chain from row %d: %w", from, err)
	}
	list, err := pgx.CollectRows(rows, scanChained)
	if err != nil {
		return nil, fmt.Errorf("read chain from row %d: %w", from, err)
	}
	return list, nil
}

func scanChained(row pgx.CollectableRow) (chained, error) {
	var c chained
	var prev, own []byte
	err := row.Scan(&c.id, &c.at, &c.actorKind, &c.actorID, &c.actorName, &c.action,
		&c.targetKind, &c.targetID, &c.targetName, &c.details, &c.address, &c.requestID, &prev, &own)
	copy(c.prev[:], prev)
	copy(c.own[:], own)
	return c, err
}

// lastRow is the id of the end of the chain; 0 when it is empty.
func lastRow(ctx context.Context, q db.Querier) (id int64, err error) {
	if err = q.QueryRow(ctx, `select coalesce(max(id), 0) from audit_entry`).Scan(&id); err != nil {
		return 0, fmt.Errorf("read the end of the chain: %w", err)
	}
	return id, nil
}

// firstRow is the id of the first kept row; 1 when there is none.
func firstRow(ctx context.Context, q db.Querier) (id int64, err error) {
	if err = q.QueryRow(ctx, `select coalesce(min(id), 1) from audit_entry`).Scan(&id); err != nil {
		return 0, fmt.Errorf("read the beginning of the chain: %w", err)
	}
	return id, nil
}
