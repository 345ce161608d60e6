package hosts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// timelineSQL leaves out what tells of other hosts and groups, for whoever sees
// only some: the details of audit entries, which are ReadAudit's, and how many
// hosts a job has.
const timelineSQL = `with items as (
	select at, 'audit' as kind, action as title, case when @all then details else '' end as detail, actor_name as actor, null::uuid as job_id, id as n
	  from audit_target_v where target_kind = 'host' and target_id = @text_id
	union all
	select at, 'audit', action, case when @all then detail else '' end, actor, null, id from host_act where host_id = @id
	union all
	select at, 'state', from_state::text || ' → ' || to_state::text, reason, '', null, id from host_state_change where host_id = @id
	union all
	select at, 'job', case when @all then title else regexp_replace(title, ' o?n? ?[0-9]*( h?o?s?t?s?)?…?$', '') end, 'Job ' || job_number || ', ' || state::text, actor, job_id, job_number from job_history_v where host_id = @id)`

func readTimeline(ctx context.Context, q db.Querier, scope Scope, id ids.ID, page, size int) (TimelinePage, error) {
	p := TimelinePage{Items: []TimelineItem{}}
	args := pgx.NamedArgs{"id": id, "all": scope.IsAll(), "text_id": id.String(), "limit": size, "offset": (max(page, 1) - 1) * size}
	if err := q.QueryRow(ctx, timelineSQL+" select count(*) from items", args).Scan(&p.Total); err != nil {
		return p, fmt.Errorf("count timeline: %w", err)
	}
	rows, err := q.Query(ctx, timelineSQL+` select at, kind, title, detail, actor, job_id from items
		order by at desc, n desc limit @limit offset @offset`, args)
	if err != nil {
		return p, fmt.Errorf("read timeline: %w", err)
	}
	if p.Items, err = pgx.AppendRows(p.Items, rows, pgx.RowToStructByPos[TimelineItem]); err != nil {
		return p, fmt.Errorf("read timeline: %w", err)
	}
	return p, nil
}
