package hosts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// registerLock is "regist" in ASCII.
const registerLock = 0x726567697374

// lockRegistration lets one registration look and write at a time, so that of
// two that name the same host the second one sees the first.
func lockRegistration(ctx context.Context, tx db.Tx) error {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", registerLock); err != nil {
		return fmt.Errorf("wait for other registrations: %w", err)
	}
	return nil
}

// takenSQL finds by name, FQDN and place apart, each by equality: 10,000 new
// hosts are compared with 10,000 in one pass each.
const takenSQL = `with new as (
	select n - 1 as n, lower(name) as name, lower(fqdn) as fqdn, address, port
	  from unnest(@names::text[], @fqdns::text[], @addresses::text[], @ports::int[]) with ordinality as u(name, fqdn, address, port, n)
), hit as (
	select new.n, h.id from new join host h on lower(h.name) = new.name where h.removed_at is null
	union select new.n, h.id from new join host h on lower(h.name) = new.fqdn where h.removed_at is null and new.fqdn <> ''
	union select new.n, h.id from new join host h on lower(h.fqdn) = new.name where h.removed_at is null and h.fqdn <> ''
	union select new.n, h.id from new join host h on lower(h.fqdn) = new.fqdn where h.removed_at is null and h.fqdn <> ''
	union select new.n, h.id from new join host h on h.address = new.address and h.port = new.port where h.removed_at is null
)
select hit.n, h.id, h.name, h.address, h.port,
	lower(h.name) in (new.name, new.fqdn) or (h.fqdn <> '' and lower(h.fqdn) in (new.name, new.fqdn)) as by_name,
	h.address = new.address and h.port = new.port as by_at, `

// findTaken returns the living hosts, in the scope or not, that have the name
// or the place of one of the new ones, in their order.
func findTaken(ctx context.Context, q db.Querier, scope Scope, list []NewHost) ([]taken, error) {
	args := pgx.NamedArgs{}
	names, fqdns, addresses, ports := make([]string, len(list)), make([]string, len(list)), make([]string, len(list)), make([]int, len(list))
	for i, n := range list {
		names[i], fqdns[i], addresses[i], ports[i] = n.name(), n.FQDN, n.Address, n.port()
	}
	args["names"], args["fqdns"], args["addresses"], args["ports"] = names, fqdns, addresses, ports
	rows, err := q.Query(ctx, takenSQL+scope.SQL("h.id")+` as seen
		from hit join new on new.n = hit.n join host h on h.id = hit.id order by hit.n, by_at desc, by_name desc, h.id`, args)
	if err != nil {
		return nil, fmt.Errorf("find hosts that are there already: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[taken])
	if err != nil {
		return nil, fmt.Errorf("find hosts that are there already: %w", err)
	}
	return found, nil
}

const awaited = "Registered; its agent has not enrolled yet."

// insertRegistered makes hosts that have no agent yet, with their groups.
func insertRegistered(ctx context.Context, tx db.Tx, list []NewHost, by string, now time.Time) ([]ids.ID, error) {
	n := len(list)
	made, names, fqdns, addresses := make([]ids.ID, n), make([]string, n), make([]string, n), make([]string, n)
	ports, given, notes := make([]int, n), make([]bool, n), make([]string, n)
	var groups, members, labelled []ids.ID
	var labels []Label
	for i, h := range list {
		made[i], names[i], fqdns[i], addresses[i], ports[i], given[i] = ids.New(), h.name(), h.FQDN, h.Address, h.port(), h.Name != ""
		for _, g := range uniqueIDs(h.Groups) {
			groups, members = append(groups, g), append(members, made[i])
		}
		for _, l := range h.Labels {
			labels, labelled = append(labels, l), append(labelled, made[i])
		}
		notes[i] = h.Note
	}
	_, err := tx.Exec(ctx, `insert into host (id, name, fqdn, machine_id, address, port, name_given,
			state, state_since, state_reason, registered_at, registered_by, note, note_by, note_at)
		select id, name, fqdn, '', address, port, given, 'unknown', $7, $8, $7, $9,
			note, case when note <> '' then $9 else '' end, case when note <> '' then $7::timestamptz end
		  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bool[], $10::text[])
			as u(id, name, fqdn, address, port, given, note)`,
		made, names, fqdns, addresses, ports, given, now, awaited, by, notes)
	if err != nil {
		return nil, fmt.Errorf("insert registered hosts: %w", err)
	}
	_, err = tx.Exec(ctx, `insert into host_group_host (group_id, host_id, added_at)
		select g, h, $3 from unnest($1::uuid[], $2::uuid[]) as u(g, h)`, groups, members, now)
	if err != nil {
		return nil, fmt.Errorf("insert groups of registered hosts: %w", err)
	}
	keys, values := splitLabels(labels)
	_, err = tx.Exec(ctx, `insert into host_label (host_id, key, value)
		select h, k, v from unnest($1::uuid[], $2::text[], $3::text[]) as u(h, k, v)`, labelled, keys, values)
	if err != nil {
		return nil, fmt.Errorf("insert labels of registered hosts: %w", err)
	}
	return made, nil
}

// act is what a person did to many hosts at once.
type act struct {
	Action, Detail, Actor string
	At                    time.Time
}

// insertActs gives the timeline of each host its line.
func insertActs(ctx context.Context, tx db.Tx, a act, list []ids.ID) error {
	_, err := tx.Exec(ctx, `insert into host_act (host_id, at, action, detail, actor)
		select h, $2, $3, $4, $5 from unnest($1::uuid[]) h`, list, a.At, a.Action, clip(a.Detail, maxText), a.Actor)
	if err != nil {
		return fmt.Errorf("note act on hosts: %w", err)
	}
	return nil
}

// findRegistered returns the hosts that wait for their agents and have this
// name, or this place; those with the name first.
func findRegistered(ctx context.Context, q db.Querier, c Claimed) ([]Known, error) {
	rows, err := q.Query(ctx, `select id, name, fqdn, machine_id, address, state, last_seen_at, removed_at, enrolled_at from host
		where enrolled_at is null and removed_at is null
		  and (lower(name) in (lower($1), nullif(lower($2), '')) or (fqdn <> '' and lower(fqdn) in (lower($1), lower($2)))
		    or (address = any($3) and port = $4))
		order by lower(name) in (lower($1), nullif(lower($2), '')) or lower(fqdn) in (lower($1), lower($2)) desc, registered_at, id limit 5`,
		c.Name, c.FQDN, c.Addresses, c.Port)
	if err != nil {
		return nil, fmt.Errorf("find registered hosts: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Known])
	if err != nil {
		return nil, fmt.Errorf("find registered hosts: %w", err)
	}
	return list, nil
}
