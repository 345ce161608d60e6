package hosts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// filteredHosts returns the hosts that a filter and a scope choose; of more than
// an act may have, one too many.
func filteredHosts(ctx context.Context, q db.Querier, scope Scope, f Filter, now time.Time) (chosenHosts, error) {
	where, from := f.where(scope, now)
	where.args["most"] = maxBulk + 1
	rows, err := q.Query(ctx, "select h.id, h.name"+from+" where "+where.sql+" order by h.id limit @most", where.args)
	if err != nil {
		return chosenHosts{}, fmt.Errorf("choose hosts: %w", err)
	}
	c := chosenHosts{names: map[ids.ID]string{}}
	var id ids.ID
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		c.ids, c.names[id] = append(c.ids, id), name
		return nil
	})
	if err != nil {
		return chosenHosts{}, fmt.Errorf("choose hosts: %w", err)
	}
	return c, nil
}

// awaitedAmong returns the hosts whose agents have not enrolled.
func awaitedAmong(ctx context.Context, tx db.Tx, scope Scope, list []ids.ID) ([]ids.ID, error) {
	rows, err := tx.Query(ctx, "select h.id from host h where h.id = any($1) and h.enrolled_at is null and "+scope.SQL("h.id"), list)
	return collectIDs(rows, err, "find hosts without agents")
}

// heldAmong returns the hosts at whose agents a job has an order.
func heldAmong(ctx context.Context, tx db.Tx, scope Scope, list []ids.ID) ([]ids.ID, error) {
	rows, err := tx.Query(ctx, `select distinct j.host_id from job_current_v j
		where j.host_id = any($1) and j.state in ('claimed', 'running', 'lost') and `+scope.SQL("j.host_id"), list)
	return collectIDs(rows, err, "find hosts with running jobs")
}

// crowdedAmong returns the hosts that would have too many labels.
func crowdedAmong(ctx context.Context, tx db.Tx, scope Scope, list []ids.ID, p labelPlan) ([]ids.ID, error) {
	added, _ := splitLabels(p.add)
	k, v := splitLabels(p.exact)
	rows, err := tx.Query(ctx, `select l.host_id from host_label l
		where l.host_id = any($1) and l.key <> all($2) and l.key <> all($3)
		  and (l.key, l.value) not in (select u.key, u.value from unnest($4::text[], $5::text[]) u (key, value))
		  and `+scope.SQL("l.host_id")+" group by l.host_id having count(*) > $6",
		list, added, texts(p.keys), k, v, maxLabels-len(p.add))
	return collectIDs(rows, err, "find hosts with many labels")
}

// lockAllPolls is lockPolls for many hosts.
func lockAllPolls(ctx context.Context, tx db.Tx, list []ids.ID) error {
	if _, err := tx.Exec(ctx, "select from host_poll where host_id = any($1) order by host_id, kind for update", list); err != nil {
		return fmt.Errorf("lock polls of hosts: %w", err)
	}
	return nil
}

// makeAllDue is makeDue for many hosts.
func makeAllDue(ctx context.Context, tx db.Tx, list []ids.ID, now time.Time) error {
	if err := lockAllPolls(ctx, tx, list); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "update host_poll set next_due = '-infinity', requested_at = $2 where host_id = any($1)", list, now)
	if err != nil {
		return fmt.Errorf("make polls due: %w", err)
	}
	return nil
}

// lockHosts takes rows of hosts in their order, see "Locks" in doc.go.
func lockHosts(ctx context.Context, tx db.Tx, list []ids.ID) error {
	if _, err := tx.Exec(ctx, "select from host where id = any($1) order by id for no key update", list); err != nil {
		return fmt.Errorf("lock hosts: %w", err)
	}
	return nil
}

// setNotes returns the hosts that had another note.
func setNotes(ctx context.Context, tx db.Tx, list []ids.ID, note, by string, now time.Time) ([]ids.ID, error) {
	if err := lockHosts(ctx, tx, list); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `update host set note = $2, note_by = $3, note_at = $4
		where id = any($1) and removed_at is null and note <> $2 returning id`, list, note, by, now)
	return collectIDs(rows, err, "write notes")
}

// removeHosts is removeHost for hosts whose polls are locked. It returns those
// that it has ended.
func removeHosts(ctx context.Context, tx db.Tx, list []ids.ID, now time.Time) ([]ids.ID, error) {
	if err := lockHosts(ctx, tx, list); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, "update host set removed_at = $2 where id = any($1) and removed_at is null returning id", list, now)
	gone, err := collectIDs(rows, err, "remove hosts")
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, "delete from host_poll where host_id = any($1)", list); err != nil {
		return nil, fmt.Errorf("remove polls of hosts: %w", err)
	}
	return gone, nil
}
