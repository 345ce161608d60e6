package patches

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// Filter chooses packages or patches of a host.
type Filter struct {
	Query    string
	Security *bool // patches only
	Page     int   // from 1
	PageSize int
}

// PatchesOf returns the updates that a host in a scope misses: security first,
// the worst first, then by name.
func (s *Service) PatchesOf(ctx context.Context, scope hosts.Scope, host ids.ID, f Filter) (PatchPage, error) {
	p := PatchPage{Items: []Patch{}}
	no, checked, err := find(ctx, s.db, scope, host)
	if err != nil {
		return p, err
	}
	p.CheckedAt = checked
	where := ` from host_patch h join patch_offer o on o.id = h.offer_id where h.host_no = @no
		and (@q = '' or o.name ilike @like or o.source ilike @like or exists (select from unnest(o.cve_ids) c where c ilike @like))
		and (@security::boolean is null or o.security = @security)`
	args := f.args(no)
	if err := s.db.QueryRow(ctx, "select count(*)"+where, args).Scan(&p.Total); err != nil {
		return p, fmt.Errorf("count patches: %w", err)
	}
	rows, err := s.db.Query(ctx, `select o.name, o.arch, o.source, o.current_version, o.available_version, o.origin, o.suite,
		o.security, o.severity, o.size_bytes, coalesce(h.held, false), coalesce(h.phased, false), coalesce(h.kept_back, ''),
		o.advisories, o.cve_ids, o.requires_reboot`+where+`
		order by o.security desc, o.severity, o.name, o.arch limit @limit offset @offset`, args)
	if err != nil {
		return p, fmt.Errorf("list patches: %w", err)
	}
	if p.Items, err = pgx.AppendRows(p.Items, rows, pgx.RowToStructByPos[Patch]); err != nil {
		return p, fmt.Errorf("list patches: %w", err)
	}
	return p, nil
}

// PackagesOf returns the packages of a host in a scope, by name.
func (s *Service) PackagesOf(ctx context.Context, scope hosts.Scope, host ids.ID, f Filter) (PackagePage, error) {
	p := PackagePage{Items: []Package{}}
	no, _, err := find(ctx, s.db, scope, host)
	if err != nil {
		return p, err
	}
	where := ` from host_package h join package_version v on v.id = h.version_id where h.host_no = @no
		and (@q = '' or v.name ilike @like or v.source ilike @like)`
	args := f.args(no)
	if err := s.db.QueryRow(ctx, "select count(*)"+where, args).Scan(&p.Total); err != nil {
		return p, fmt.Errorf("count packages: %w", err)
	}
	rows, err := s.db.Query(ctx, `select v.name, v.arch, v.version, v.source, v.source_version, v.origin, v.size_bytes,
		coalesce(h.held, false), h.manual is null`+where+` order by v.name, v.arch, v.version limit @limit offset @offset`, args)
	if err != nil {
		return p, fmt.Errorf("list packages: %w", err)
	}
	if p.Items, err = pgx.AppendRows(p.Items, rows, pgx.RowToStructByPos[Package]); err != nil {
		return p, fmt.Errorf("list packages: %w", err)
	}
	return p, nil
}

func (f Filter) args(no int32) pgx.NamedArgs {
	return pgx.NamedArgs{"no": no, "q": f.Query, "like": "%" + likeEscaper.Replace(f.Query) + "%", "security": f.Security,
		"limit": f.PageSize, "offset": (max(f.Page, 1) - 1) * f.PageSize}
}

// likeEscaper makes a user's text stand for itself in a pattern.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

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
