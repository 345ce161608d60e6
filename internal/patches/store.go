package patches

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// lockHost serialises the reports of one host and returns its number. It fails
// when the host has been removed meanwhile.
func lockHost(ctx context.Context, tx db.Tx, host ids.ID) (no int32, err error) {
	const lock = "select host_no from host_inventory where host_id = $1 for update"
	err = tx.QueryRow(ctx, lock, host).Scan(&no)
	if db.IsNoRows(err) {
		_, err = tx.Exec(ctx, `insert into host_inventory (host_id, host_no)
			select host_id, host_no from host_scope_v where host_id = $1 on conflict (host_id) do nothing`, host)
		if err == nil {
			err = tx.QueryRow(ctx, lock, host).Scan(&no)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("lock inventory of host: %w", err)
	}
	return no, nil
}

func readPackages(ctx context.Context, tx db.Tx, no int32) (map[int32]packageMarks, error) {
	rows, err := tx.Query(ctx, `select version_id, coalesce(manual, false), coalesce(held, false)
		from host_package where host_no = $1`, no)
	if err != nil {
		return nil, fmt.Errorf("read packages of host: %w", err)
	}
	have := map[int32]packageMarks{}
	var id int32
	var m packageMarks
	_, err = pgx.ForEachRow(rows, []any{&id, &m.manual, &m.held}, func() error {
		have[id] = m
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read packages of host: %w", err)
	}
	return have, nil
}

func readPatches(ctx context.Context, tx db.Tx, no int32) (map[int32]patchMarks, error) {
	rows, err := tx.Query(ctx, `select offer_id, coalesce(held, false), coalesce(phased, false), coalesce(kept_back, '')
		from host_patch where host_no = $1`, no)
	if err != nil {
		return nil, fmt.Errorf("read patches of host: %w", err)
	}
	have := map[int32]patchMarks{}
	var id int32
	var m patchMarks
	_, err = pgx.ForEachRow(rows, []any{&id, &m.held, &m.phased, &m.keptBack}, func() error {
		have[id] = m
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read patches of host: %w", err)
	}
	return have, nil
}

func deleteRows(ctx context.Context, tx db.Tx, table, column string, no int32, gone []int32) error {
	if len(gone) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, "delete from "+table+" where host_no = $1 and "+column+" = any($2)", no, gone)
	if err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

func insertPackages(ctx context.Context, tx db.Tx, no int32, fresh []int32, want map[int32]packageMarks) error {
	return copyRows(ctx, tx, "host_package", []string{"host_no", "version_id", "manual", "held"}, len(fresh), func(i int) ([]any, error) {
		m := want[fresh[i]]
		return []any{no, fresh[i], orNull(m.manual), orNull(m.held)}, nil
	})
}

func insertPatches(ctx context.Context, tx db.Tx, no int32, fresh []int32, want map[int32]patchMarks) error {
	return copyRows(ctx, tx, "host_patch", []string{"host_no", "offer_id", "held", "phased", "kept_back"}, len(fresh), func(i int) ([]any, error) {
		m := want[fresh[i]]
		return []any{no, fresh[i], orNull(m.held), orNull(m.phased), textOrNull(m.keptBack)}, nil
	})
}

func copyRows(ctx context.Context, tx db.Tx, table string, columns []string, n int, row func(int) ([]any, error)) error {
	if n == 0 {
		return nil
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, row)); err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	return nil
}

func setPackages(ctx context.Context, tx db.Tx, host ids.ID, etag string, now time.Time, n int) error {
	_, err := tx.Exec(ctx, `update host_inventory set packages_etag = nullif($2, ''), packages_at = $3, package_count = $4
		where host_id = $1`, host, etag, now, n)
	if err != nil {
		return fmt.Errorf("count packages of host: %w", err)
	}
	return nil
}

func setPatches(ctx context.Context, tx db.Tx, host ids.ID, etag string, now time.Time, c counts) error {
	_, err := tx.Exec(ctx, `update host_inventory set patches_etag = nullif($2, ''), patches_at = $3, lists_at = $4,
		total = $5, security = $6, held = $7, critical = $8, high = $9, medium = $10, low = $11, unknown = $12
		where host_id = $1`, host, etag, now, c.listsAt, c.total, c.security, c.held, c.critical, c.high, c.medium, c.low, c.unknown)
	if err != nil {
		return fmt.Errorf("count patches of host: %w", err)
	}
	return nil
}

// etags are what the last stored reports of a host were tagged with.
func etags(ctx context.Context, q db.Querier, host ids.ID) (packages, patches string, err error) {
	err = q.QueryRow(ctx, `select coalesce(packages_etag, ''), coalesce(patches_etag, '') from host_inventory
		where host_id = $1`, host).Scan(&packages, &patches)
	if err != nil && !db.IsNoRows(err) {
		return "", "", fmt.Errorf("read etags of host: %w", err)
	}
	return packages, patches, nil
}
