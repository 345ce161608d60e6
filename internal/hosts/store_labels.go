package hosts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// mergeLabels writes labels on hosts. It returns the hosts that had not all of
// them, and how many labels the one with the most has afterwards.
func mergeLabels(ctx context.Context, tx db.Tx, hosts []ids.ID, list []Label) (changed []ids.ID, most int, err error) {
	keys, values := splitLabels(list)
	rows, err := tx.Query(ctx, `insert into host_label as l (host_id, key, value)
		select h, u.key, u.value from unnest($1::uuid[]) h, unnest($2::text[], $3::text[]) u (key, value)
		order by h, u.key
		on conflict (host_id, key) do update set value = excluded.value where l.value <> excluded.value
		returning host_id`, hosts, keys, values)
	if changed, err = collectIDs(rows, err, "merge labels"); err != nil {
		return nil, 0, err
	}
	err = tx.QueryRow(ctx, `select coalesce(max(n), 0) from (
		select count(*) n from host_label where host_id = any($1) group by host_id) c`, hosts).Scan(&most)
	if err != nil {
		return nil, 0, fmt.Errorf("count labels: %w", err)
	}
	return uniqueIDs(changed), most, nil
}

// dropLabels takes labels off: those of a key, or only those with the value too.
// It returns the hosts that had one of them.
func dropLabels(ctx context.Context, tx db.Tx, hosts []ids.ID, keys []string, exact []Label) ([]ids.ID, error) {
	k, v := splitLabels(exact)
	rows, err := tx.Query(ctx, `delete from host_label l where l.host_id = any($1)
		and (l.key = any($2) or (l.key, l.value) in (select u.key, u.value from unnest($3::text[], $4::text[]) u (key, value)))
		returning l.host_id`, hosts, texts(keys), k, v)
	changed, err := collectIDs(rows, err, "take labels off")
	return uniqueIDs(changed), err
}

// hostLabels returns the labels of a host by key.
func hostLabels(ctx context.Context, tx db.Tx, host ids.ID) ([]Label, error) {
	rows, err := tx.Query(ctx, "select key, value from host_label where host_id = $1 order by key", host)
	if err != nil {
		return nil, fmt.Errorf("read labels of host: %w", err)
	}
	list, err := pgx.AppendRows([]Label{}, rows, pgx.RowToStructByPos[Label])
	if err != nil {
		return nil, fmt.Errorf("read labels of host: %w", err)
	}
	return list, nil
}

func splitLabels(list []Label) (keys, values []string) {
	keys, values = make([]string, len(list)), make([]string, len(list))
	for i, l := range list {
		keys[i], values[i] = l.Key, l.Value
	}
	return keys, values
}
