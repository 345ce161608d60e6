package hosts

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const (
	viewNameUnique = "host_view_name_unique"
	// viewsLock is the advisory lock under which views are made: the number of
	// those that a user has cannot be counted past by two at once.
	viewsLock = 0x686f73742d766965 // "host-vie" in ASCII
)

// viewColumns are read by scanView; $1 is the reader.
const viewColumns = `select v.id, v.name, v.owner_id, u.username, v.owner_id = $1, v.shared, v.filter::text, v.sort,
	case when v.descending then 'desc' else 'asc' end, v.columns, v.created_at, v.updated_at
	from host_view v join auth_user_name_v u on u.user_id = v.owner_id where (v.owner_id = $1 or v.shared)`

func scanView(row pgx.CollectableRow) (v SavedView, err error) {
	var filter string
	if err := row.Scan(&v.ID, &v.Name, &v.OwnerID, &v.Owner, &v.Mine, &v.Shared, &filter, &v.Sort, &v.Order, &v.Columns, &v.CreatedAt, &v.UpdatedAt); err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(filter), &v.Filter); err != nil {
		return v, fmt.Errorf("read filter of view %s: %w", v.ID, err)
	}
	return v, nil
}

func listViews(ctx context.Context, q db.Querier, reader ids.ID) ([]SavedView, error) {
	rows, err := q.Query(ctx, viewColumns+" order by v.owner_id <> $1, lower(v.name), v.id limit 500", reader)
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	list, err := pgx.AppendRows([]SavedView{}, rows, scanView)
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	return list, nil
}

// lockView reads a view that the reader knows and nobody else changes until tx
// ends; db.IsNoRows when there is none.
func lockView(ctx context.Context, tx db.Tx, reader, id ids.ID) (SavedView, error) {
	rows, err := tx.Query(ctx, viewColumns+" and v.id = $2 for update of v", reader, id)
	if err != nil {
		return SavedView{}, fmt.Errorf("lock view: %w", err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanView)
	if err != nil {
		return SavedView{}, fmt.Errorf("lock view: %w", err)
	}
	return v, nil
}

// countViews counts a user's views; nobody makes another one until tx ends.
func countViews(ctx context.Context, tx db.Tx, owner ids.ID) (n int, err error) {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", int64(viewsLock)); err != nil {
		return 0, fmt.Errorf("take lock of views: %w", err)
	}
	if err := tx.QueryRow(ctx, "select count(*) from host_view where owner_id = $1", owner).Scan(&n); err != nil {
		return 0, fmt.Errorf("count views: %w", err)
	}
	return n, nil
}

func insertView(ctx context.Context, tx db.Tx, v SavedView) error {
	filter, err := json.Marshal(v.Filter)
	if err != nil {
		return fmt.Errorf("write filter of view: %w", err)
	}
	_, err = tx.Exec(ctx, `insert into host_view (id, owner_id, name, filter, sort, descending, columns, shared, created_at, updated_at)
		values ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9, $10)`,
		v.ID, v.OwnerID, v.Name, string(filter), v.Sort, v.Order == "desc", v.Columns, v.Shared, v.CreatedAt, v.UpdatedAt)
	if err != nil {
		return fmt.Errorf("insert view: %w", err)
	}
	return nil
}

func updateView(ctx context.Context, tx db.Tx, v SavedView) error {
	filter, err := json.Marshal(v.Filter)
	if err != nil {
		return fmt.Errorf("write filter of view: %w", err)
	}
	_, err = tx.Exec(ctx, `update host_view set name = $2, filter = $3::text::jsonb, sort = $4, descending = $5, columns = $6, shared = $7, updated_at = $8
		where id = $1`, v.ID, v.Name, string(filter), v.Sort, v.Order == "desc", v.Columns, v.Shared, v.UpdatedAt)
	if err != nil {
		return fmt.Errorf("change view: %w", err)
	}
	return nil
}

func deleteView(ctx context.Context, tx db.Tx, id ids.ID) error {
	if _, err := tx.Exec(ctx, "delete from host_view where id = $1", id); err != nil {
		return fmt.Errorf("delete view: %w", err)
	}
	return nil
}
