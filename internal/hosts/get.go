package hosts

import (
	"context"
	"encoding/json"
	"fmt"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const detailColumns = `, h.machine_id, coalesce(h.boot_id, ''), h.booted_at, coalesce(d.virtualization, ''),
	coalesce(d.addresses, '{}'), coalesce(d.repositories, '[]')::text, coalesce(d.reboot_reasons, '{}'),
	coalesce(d.services_to_restart, '{}'), d.package_db_clean, coalesce(d.package_db_problems, '{}'), coalesce(d.held, '{}'),
	(select n.package_count from host_package_summary_v n where n.host_id = h.id),
	h.capabilities, h.certificate_expires_at, h.enrolled_at, h.last_update_check, h.last_update_apply,
	(select case when count(p.tried_at) = count(*) then min(p.tried_at) end from host_poll p where p.host_id = h.id)`

func getHost(ctx context.Context, q db.Querier, scope Scope, id ids.ID) (Host, error) {
	var h Host
	var repositories string
	t := rowTargets{row: &h.HostRow}
	targets := append(t.list(), &h.MachineID, &h.BootID, &h.BootedAt, &h.Virtualization, &h.Addresses, &repositories,
		&h.RebootReasons, &h.ServicesToRestart, &h.PackageDBClean, &h.PackageDBProblems, &h.Held, &h.PackageCount,
		&h.Capabilities, &h.CertificateExpiresAt, &h.EnrolledAt, &h.LastUpdateCheck, &h.LastUpdateApply, &h.RefreshedAt)
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
