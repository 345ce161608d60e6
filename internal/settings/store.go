package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// row is a stored section.
type row struct {
	Name     string
	Version  int64
	Value    []byte
	RevertAt *time.Time
	Previous []byte
}

func listSections(ctx context.Context, q db.Querier) ([]row, error) {
	rows, err := q.Query(ctx, "select name, version, value, revert_at, previous from settings_section")
	if err != nil {
		return nil, fmt.Errorf("list settings: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return nil, fmt.Errorf("list settings: %w", err)
	}
	return list, nil
}

// lockSection reads a section and keeps others from changing it; found is false
// when nobody has set it yet, and then there is nothing to lock.
func lockSection(ctx context.Context, tx db.Tx, name string) (r row, found bool, err error) {
	err = tx.QueryRow(ctx, "select name, version, value, revert_at, previous from settings_section where name = $1 for update", name).
		Scan(&r.Name, &r.Version, &r.Value, &r.RevertAt, &r.Previous)
	if db.IsNoRows(err) {
		return row{}, false, nil
	}
	if err != nil {
		return row{}, false, fmt.Errorf("lock settings %q: %w", name, err)
	}
	return r, true, nil
}

// putSection writes the version after the one that was read. It changes nothing
// and answers false when that is not the stored one.
func putSection(ctx context.Context, tx db.Tx, r row, by string, now time.Time) (put bool, err error) {
	tag, err := tx.Exec(ctx, `
		insert into settings_section as s (name, version, value, updated_at, updated_by, revert_at, previous)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (name) do update
		set version = excluded.version, value = excluded.value, updated_at = excluded.updated_at,
			updated_by = excluded.updated_by, revert_at = excluded.revert_at, previous = excluded.previous
		where s.version = excluded.version - 1`,
		r.Name, r.Version, json.RawMessage(r.Value), now, by, r.RevertAt, nullable(r.Previous))
	if err != nil {
		return false, fmt.Errorf("write settings %q: %w", r.Name, err)
	}
	return tag.RowsAffected() == 1, nil
}

// nullable keeps SQL's null apart from JSON's.
func nullable(text []byte) any {
	if text == nil {
		return nil
	}
	return json.RawMessage(text)
}
