package hosts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// rowColumns are read by rowTargets.
func rowColumns(scope Scope) string {
	const groups = "(select coalesce(array_agg(g.%[1]s order by lower(g.name), g.id), '{}') from host_group_host m join host_group g on g.id = m.group_id where m.host_id = h.id and %[2]s)"
	known := scope.GroupSQL("g.id")
	return plainColumns + ", " + fmt.Sprintf(groups, "id", known) + ", " + fmt.Sprintf(groups, "name", known) + `,
		(select coalesce(array_agg(l.key order by l.key), '{}') from host_label l where l.host_id = h.id),
		(select coalesce(array_agg(l.value order by l.key), '{}') from host_label l where l.host_id = h.id)`
}

const plainColumns = `h.id, h.name, h.fqdn, h.address, h.port, h.state, h.state_since, h.state_reason,
	coalesce(h.os, ''), coalesce(h.os_version, ''), coalesce(h.kernel, ''), coalesce(h.architecture, ''), coalesce(h.agent_version, ''),
	s.total, s.security, s.held, s.critical, s.high, s.medium, s.low, s.unknown, s.checked_at,
	h.reboot_needed, h.last_seen_at, h.certificate_expires_at, h.enrolled_at, h.note, j.job_id, j.kind::text, j.state::text, j.job_number,
	(select nullif(p.next_due, '-infinity') from host_poll p where p.host_id = h.id and p.kind = 'health'),
	exists (select from host_poll p where p.host_id = h.id and p.requested_at > coalesce(p.tried_at, '-infinity'))`

const joinRow = joinSummary + " left join job_current_v j on j.host_id = h.id"

const rowTables = " from host h" + joinRow

// listHosts reads a page and the count of all that match. The page is chosen
// before anything else of its hosts is read: what a row shows costs more than
// what chooses and orders it, and pages before it are skipped for nothing then.
func listHosts(ctx context.Context, q db.Querier, scope Scope, f Filter, now time.Time) (HostPage, error) {
	page := HostPage{Items: []HostRow{}}
	c, from := f.where(scope, now)
	count := "(select count(*)" + from + " where " + c.sql + ")"
	total := count
	if f.isFiltered() {
		total = "count(*) over ()" // the conditions are looked at once
	}
	c.args["limit"], c.args["offset"] = f.PageSize, (max(f.Page, 1)-1)*f.PageSize
	if f.bySummary() && !c.summary {
		from += joinSummary
	}
	rows, err := q.Query(ctx, "with page as materialized (select h.id, "+total+" as total"+from+" where "+c.sql+f.order()+
		" limit @limit offset @offset) select "+rowColumns(scope)+", page.total from page join host h on h.id = page.id"+joinRow+f.order(), c.args)
	if err != nil {
		return page, fmt.Errorf("list hosts: %w", err)
	}
	page.Items, err = pgx.AppendRows(page.Items, rows, func(row pgx.CollectableRow) (HostRow, error) { return scanRow(row, &page.Total) })
	if err != nil {
		return page, fmt.Errorf("list hosts: %w", err)
	}
	if len(page.Items) == 0 && f.Page > 1 { // behind the last page no row says the total
		if err := q.QueryRow(ctx, "select "+count, c.args).Scan(&page.Total); err != nil {
			return page, fmt.Errorf("count hosts: %w", err)
		}
	}
	return page, nil
}

const detailColumns = `, h.machine_id, coalesce(h.boot_id, ''), h.booted_at, coalesce(d.virtualization, ''),
	coalesce(d.addresses, '{}'), coalesce(d.repositories, '[]')::text, coalesce(d.reboot_reasons, '{}'),
	coalesce(d.services_to_restart, '{}'), d.package_db_clean, coalesce(d.package_db_problems, '{}'), coalesce(d.held, '{}'),
	(select n.package_count from host_package_summary_v n where n.host_id = h.id),
	h.capabilities, h.registered_at, h.registered_by, h.note_by, h.note_at, h.last_update_check, h.last_update_apply,
	(select case when count(p.tried_at) = count(*) then min(p.tried_at) end from host_poll p where p.host_id = h.id)`

func getHost(ctx context.Context, q db.Querier, scope Scope, id ids.ID) (Host, error) {
	var h Host
	var repositories string
	t := rowTargets{row: &h.HostRow}
	targets := append(t.list(), &h.MachineID, &h.BootID, &h.BootedAt, &h.Virtualization, &h.Addresses, &repositories,
		&h.RebootReasons, &h.ServicesToRestart, &h.PackageDBClean, &h.PackageDBProblems, &h.Held, &h.PackageCount,
		&h.Capabilities, &h.RegisteredAt, &h.RegisteredBy, &h.NoteBy, &h.NoteAt, &h.LastUpdateCheck, &h.LastUpdateApply, &h.RefreshedAt)
	err := q.QueryRow(ctx, "select "+rowColumns(scope)+detailColumns+rowTables+
		" left join host_detail d on d.host_id = h.id where h.removed_at is null and h.id = $1 and "+scope.SQL("h.id"), id).Scan(targets...)
	if err != nil {
		return h, fmt.Errorf("get host: %w", err)
	}
	t.fill()
	h.Refreshing = h.refreshing
	if err := json.Unmarshal([]byte(repositories), &h.Repositories); err != nil {
		return h, fmt.Errorf("read repositories of host: %w", err)
	}
	return h, nil
}
