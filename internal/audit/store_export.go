package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// exportLock is the advisory lock of whoever exports.
const exportLock int64 = 0x706d_6175_6469_7404

// lockSink takes the export until the end of tx; mine is false when another
// process has it.
func lockSink(ctx context.Context, tx db.Tx, name string) (mine bool, last int64, err error) {
	if err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock($1)`, exportLock).Scan(&mine); err != nil || !mine {
		return mine, 0, err
	}
	err = tx.QueryRow(ctx, `select coalesce(max(size), 0) from audit_export where sink = $1`, name).Scan(&last)
	return true, last, err
}

func noteExported(ctx context.Context, tx db.Tx, name string, size int64, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into audit_export (sink, size, exported_at) values ($1, $2, $3)
		on conflict (sink) do update set size = excluded.size, exported_at = excluded.exported_at`, name, size, now)
	if err != nil {
		return fmt.Errorf("note exported checkpoints: %w", err)
	}
	return nil
}

// countChosen counts the rows up to size that the filter chooses.
func countChosen(ctx context.Context, q db.Querier, f Filter, size int64) (n int64, err error) {
	where, args := f.where()
	args["size"] = size
	err = q.QueryRow(ctx, `select count(*) from audit_entry where id <= @size and `+where, args).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count audit entries: %w", err)
	}
	return n, nil
}

// readChosen reads the next rows behind after that the filter chooses, up to size.
func readChosen(ctx context.Context, tx db.Tx, f Filter, after, size int64, limit int) ([]chained, error) {
	where, args := f.where()
	args["after"], args["size"], args["limit"] = after, size, limit
	rows, err := tx.Query(ctx, rowColumns+`where id > @after and id <= @size and `+where+` order by id limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("read audit entries: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanChained)
	if err != nil {
		return nil, fmt.Errorf("read audit entries: %w", err)
	}
	return list, nil
}
