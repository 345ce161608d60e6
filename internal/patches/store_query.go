package patches

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// listPatches reads one page of what a host misses, and how many there are.
func listPatches(ctx context.Context, q db.Querier, no int32, f Filter) (items []Patch, total int, err error) {
	items = []Patch{}
	where := ` from host_patch h join patch_offer o on o.id = h.offer_id where h.host_no = @no
		and (@q = '' or o.name ilike @like or o.source ilike @like or exists (select from unnest(o.cve_ids) c where c ilike @like))
		and (@security::boolean is null or o.security = @security)`
	args := f.args(no)
	if err := q.QueryRow(ctx, "select count(*)"+where, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count patches: %w", err)
	}
	rows, err := q.Query(ctx, `select o.name, o.arch, o.source, o.current_version, o.available_version, o.origin, o.suite,
		o.security, o.severity, o.size_bytes, coalesce(h.held, false), coalesce(h.phased, false), coalesce(h.kept_back, ''),
		o.advisories, o.cve_ids, o.requires_reboot`+where+`
		order by o.security desc, o.severity, o.name, o.arch limit @limit offset @offset`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list patches: %w", err)
	}
	if items, err = pgx.AppendRows(items, rows, pgx.RowToStructByPos[Patch]); err != nil {
		return nil, 0, fmt.Errorf("list patches: %w", err)
	}
	return items, total, nil
}

// listPackages reads one page of what a host has, and how many there are.
func listPackages(ctx context.Context, q db.Querier, no int32, f Filter) (items []Package, total int, err error) {
	items = []Package{}
	where := ` from host_package h join package_version v on v.id = h.version_id where h.host_no = @no
		and (@q = '' or v.name ilike @like or v.source ilike @like)`
	args := f.args(no)
	if err := q.QueryRow(ctx, "select count(*)"+where, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count packages: %w", err)
	}
	rows, err := q.Query(ctx, `select v.name, v.arch, v.version, v.source, v.source_version, v.origin, v.size_bytes,
		coalesce(h.held, false), h.manual is null`+where+` order by v.name, v.arch, v.version limit @limit offset @offset`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list packages: %w", err)
	}
	if items, err = pgx.AppendRows(items, rows, pgx.RowToStructByPos[Package]); err != nil {
		return nil, 0, fmt.Errorf("list packages: %w", err)
	}
	return items, total, nil
}

// find returns the number of a host in a scope and how old its patches are.
func find(ctx context.Context, q db.Querier, scope hosts.Scope, host ids.ID) (no int32, checked *time.Time, err error) {
	err = q.QueryRow(ctx, `select h.host_no, s.checked_at from host_scope_v h
		left join host_patch_summary_v s on s.host_id = h.host_id
		where h.host_id = $1 and `+scope.SQL("h.host_id"), host).Scan(&no, &checked)
	if db.IsNoRows(err) {
		return 0, nil, apierr.NotFound("host")
	}
	if err != nil {
		return 0, nil, fmt.Errorf("find host: %w", err)
	}
	return no, checked, nil
}
