package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchmanager/internal/db"
)

// Append writes e at the end of the chain, in the transaction of the act. Call
// it last in the transaction: it holds the chain until the transaction ends.
func Append(ctx context.Context, tx db.Tx, e Entry) error {
	c, err := contentOf(e)
	if err != nil {
		return fmt.Errorf("append audit entry: %w", err)
	}
	end, err := lockChain(ctx, tx)
	if err != nil {
		return fmt.Errorf("append audit entry %s: %w", c.action, err)
	}
	c.id = end.id + 1
	c.at = storedTime(c.at, end.now)
	if err := insertEntry(ctx, tx, c, end.hash, c.sum(end.hash)); err != nil {
		if db.IsUnique(err, "audit_entry_pkey") {
			err = errors.Join(err, errors.New("the transaction is not read committed"))
		}
		return fmt.Errorf("append audit entry %s: %w", c.action, err)
	}
	return nil
}

// storedTime is the time as PostgreSQL gives it back: whole microseconds.
func storedTime(at, now time.Time) time.Time {
	if at.IsZero() {
		at = now
	}
	return at.UTC().Truncate(time.Microsecond)
}
