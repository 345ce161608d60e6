package patches

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

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
	p.Items, p.Total, err = listPatches(ctx, s.db, no, f)
	return p, err
}

// PackagesOf returns the packages of a host in a scope, by name.
func (s *Service) PackagesOf(ctx context.Context, scope hosts.Scope, host ids.ID, f Filter) (PackagePage, error) {
	p := PackagePage{Items: []Package{}}
	no, _, err := find(ctx, s.db, scope, host)
	if err != nil {
		return p, err
	}
	p.Items, p.Total, err = listPackages(ctx, s.db, no, f)
	return p, err
}

func (f Filter) args(no int32) pgx.NamedArgs {
	return pgx.NamedArgs{"no": no, "q": f.Query, "like": "%" + likeEscaper.Replace(f.Query) + "%", "security": f.Security,
		"limit": f.PageSize, "offset": (max(f.Page, 1) - 1) * f.PageSize}
}

// likeEscaper makes a user's text stand for itself in a pattern.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
