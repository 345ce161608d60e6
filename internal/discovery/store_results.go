package discovery

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// resultsFrom joins results with the host that the certificate names (h) and
// with the living one at the address (a). A host out of the scope is not shown,
// but its address is not free either.
func resultsFrom(scope hosts.Scope) string {
	return ` from discovery_result r
		left join host_place_v h on h.host_id = r.host_id and ` + scope.SQL("h.host_id") + `
		left join lateral (select host_id, name, ` + scope.SQL("p.host_id") + ` as seen from host_place_v p
			where p.address = host(r.address) and p.removed_at is null order by p.host_id limit 1) a on true
		where r.scan_id = @scan`
}

const resultColumns = `r.address, r.kind, r.name, r.note, r.subject, r.issuer, r.fingerprint, r.tls, r.not_before, r.not_after,
	case when h.host_id is not null then h.host_id when a.seen then a.host_id end,
	case when h.host_id is not null then h.name when a.seen then a.name else '' end,
	h.removed_at is not null, ` + registrable

// registrable: nobody is there, and it is not the agent of a host elsewhere.
const registrable = "(a.host_id is null and r.kind not in ('enrolled', 'elsewhere'))"

func listResults(ctx context.Context, q db.Querier, scope hosts.Scope, scan ids.ID, f ResultFilter) (DiscoveryResultPage, error) {
	p := DiscoveryResultPage{Items: []DiscoveryResult{}}
	where, args := f.where()
	args["scan"] = scan
	if err := q.QueryRow(ctx, "select count(*)"+resultsFrom(scope)+where, args).Scan(&p.Total); err != nil {
		return p, fmt.Errorf("count results of scan: %w", err)
	}
	args["limit"], args["offset"] = f.PageSize, (max(f.Page, 1)-1)*f.PageSize
	rows, err := q.Query(ctx, "select "+resultColumns+resultsFrom(scope)+where+" order by r.address limit @limit offset @offset", args)
	if err != nil {
		return p, fmt.Errorf("list results of scan: %w", err)
	}
	if p.Items, err = pgx.AppendRows(p.Items, rows, scanResult); err != nil {
		return p, fmt.Errorf("list results of scan: %w", err)
	}
	return p, nil
}

func (f ResultFilter) where() (string, pgx.NamedArgs) {
	var cond strings.Builder
	args := pgx.NamedArgs{}
	if len(f.Kinds) > 0 {
		cond.WriteString(" and r.kind = any(@kinds)")
		kinds := make([]string, len(f.Kinds))
		for i, k := range f.Kinds {
			kinds[i] = string(k)
		}
		args["kinds"] = kinds
	}
	if f.Query != "" {
		cond.WriteString(` and (host(r.address) ilike @q or r.name ilike @q or r.subject ilike @q or r.issuer ilike @q or r.note ilike @q
			or h.name ilike @q or (a.seen and a.name ilike @q))`)
		args["q"] = "%" + likeEscaper.Replace(f.Query) + "%"
	}
	if f.Registrable != nil {
		cond.WriteString(" and " + registrable + " = @registrable")
		args["registrable"] = *f.Registrable
	}
	return cond.String(), args
}

// likeEscaper makes a user's text stand for itself in a pattern.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// resultsAt returns the results at some addresses.
func resultsAt(ctx context.Context, q db.Querier, scope hosts.Scope, scan ids.ID, at []netip.Addr) (map[netip.Addr]DiscoveryResult, error) {
	rows, err := q.Query(ctx, "select "+resultColumns+resultsFrom(scope)+" and r.address = any(@at)", pgx.NamedArgs{"scan": scan, "at": at})
	if err != nil {
		return nil, fmt.Errorf("find results of scan: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanResult)
	if err != nil {
		return nil, fmt.Errorf("find results of scan: %w", err)
	}
	out := make(map[netip.Addr]DiscoveryResult, len(list))
	for _, r := range list {
		out[r.Address] = r
	}
	return out, nil
}

func scanResult(row pgx.CollectableRow) (r DiscoveryResult, err error) {
	var host *ids.ID
	var name string
	var removed bool
	err = row.Scan(&r.Address, &r.Kind, &r.Name, &r.Note, &r.Subject, &r.Issuer, &r.Fingerprint, &r.TLS, &r.NotBefore, &r.NotAfter,
		&host, &name, &removed, &r.Registrable)
	if host != nil {
		r.Host = &DiscoveredHost{ID: *host, Name: name, Removed: removed}
	}
	return r, err
}
