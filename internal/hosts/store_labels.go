package hosts

import (
	"context"
	"fmt"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// mergeLabels writes labels on hosts and returns how many the one with the most
// has afterwards.
func mergeLabels(ctx context.Context, tx db.Tx, hosts []ids.ID, list []Label) (most int, err error) {
	keys, values := make([]string, len(list)), make([]string, len(list))
	for i, l := range list {
		keys[i], values[i] = l.Key, l.Value
	}
	_, err = tx.Exec(ctx, `insert into host_label (host_id, key, value)
		select h, l.key, l.value from unnest($1::uuid[]) h, unnest($2::text[], $3::text[]) l (key, value)
		order by h, l.key
		on conflict (host_id, key) do update set value = excluded.value`, hosts, keys, values)
	if err != nil {
		return 0, fmt.Errorf("merge labels: %w", err)
	}
	err = tx.QueryRow(ctx, `select coalesce(max(n), 0) from (
		select count(*) n from host_label where host_id = any($1) group by host_id) c`, hosts).Scan(&most)
	if err != nil {
		return 0, fmt.Errorf("count labels: %w", err)
	}
	return most, nil
}
