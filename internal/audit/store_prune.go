package audit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"patchmanager/internal/db"
)

// exportedUpTo is the newest checkpoint that a sink has; 0 for none.
func exportedUpTo(ctx context.Context, q db.Querier, sink string) (size int64, err error) {
	err = q.QueryRow(ctx, `select coalesce(max(size), 0) from audit_export where sink = $1`, sink).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("read what was exported: %w", err)
	}
	return size, nil
}

// pruneTo chooses the checkpoint to prune to: the last one within a batch whose
// rows are all old, or the first one behind it. limit, unless negative, is the
// largest size that may be pruned.
func pruneTo(ctx context.Context, q db.Querier, before time.Time, first, limit int64) (storedCheckpoint, bool, error) {
	const old = `where size >= $1 and at < $2 and ($3 < 0 or size <= $3)
		and not exists (select from audit_entry e where e.id between $1 and audit_checkpoint.size and e.at >= $2) `
	c, found, err := oneCheckpoint(ctx, q, old+`and size < $4 order by size desc limit 1`, first, before, limit, first+pruneBatch)
	if err != nil || found {
		return c, found, err
	}
	return oneCheckpoint(ctx, q, old+`order by size limit 1`, first, before, limit)
}

// removeUpTo removes rows, hashes and checkpoints. The setting lets the trigger
// know; it ends with the transaction.
func removeUpTo(ctx context.Context, tx db.Tx, size int64) error {
	if _, err := tx.Exec(ctx, `select set_config('patch_manager.audit_prune', $1, true)`, strconv.FormatInt(size, 10)); err != nil {
		return fmt.Errorf("announce prune: %w", err)
	}
	if _, err := tx.Exec(ctx, `delete from audit_entry where id <= $1`, size); err != nil {
		return fmt.Errorf("prune rows: %w", err)
	}
	if _, err := tx.Exec(ctx, `select set_config('patch_manager.audit_prune', '', true)`); err != nil {
		return fmt.Errorf("end prune: %w", err)
	}
	if err := forgetHashes(ctx, tx, size); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from audit_checkpoint where size < $1`, size); err != nil {
		return fmt.Errorf("prune checkpoints: %w", err)
	}
	return nil
}
