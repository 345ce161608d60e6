package jobs

import (
	"patchmanager/internal/hosts"
)

// Seen is the FROM item of the jobs that have a host in the scope, each as the
// scope sees it; give it an alias. Where the scope has all hosts of a job, that
// is the job as it is stored. Where it has only some, nothing of the others
// shows: state, times and title are those that a job of the visible hosts alone
// would have, and so are filters on them. The condition narrows the jobs before
// that is computed; it is about the stored job, under the alias b.
func Seen(scope hosts.Scope, condition string) string {
	if scope.IsAll() {
		return "(select b.* from job b where (" + condition + ") and exists (select from job_host v where v.job_id = b.id))"
	}
	return `(select b.id, b.number, b.kind, b.note, b.selection, b.reboot, b.allow_removals, b.plan_id, b.parent_job_id, b.created_at, b.created_by,
		case when not p.partial then b.state else ` + partialState + ` end as state,
		case when not p.partial then b.title else ` + partialTitle + ` end as title,
		case when not p.partial then b.started_at else p.started_at end as started_at,
		case when not p.partial then b.finished_at when p.unfinished = 0 then p.finished_at end as finished_at,
		case when not p.partial then b.cancel_requested_at else p.cancelled_at end as cancel_requested_at
		from job b cross join lateral (select exists (select from job_host a where a.job_id = b.id and not (` + scope.SQL("a.host_id") + `)) as partial,
				` + partialColumns + ` from job_host ph join host_target_v pt on pt.host_id = ph.host_id where ph.job_id = b.id and ` + scope.SQL("ph.host_id") + `) p
		where (` + condition + `) and exists (select from job_host v where v.job_id = b.id and ` + scope.SQL("v.host_id") + `))`
}

// partialColumns add up the visible hosts ph of a job b.
const partialColumns = `count(*) as total,
	count(*) filter (where ph.state in ('waiting', 'queued', 'claimed', 'running', 'lost')) as unfinished,
	count(*) filter (where ph.state in ('claimed', 'running', 'lost')) as held,
	count(*) filter (where ph.state = 'succeeded') as succeeded,
	count(*) filter (where ph.state = 'failed') as failed,
	count(*) filter (where ph.state = 'expired') as expired,
	min(ph.started_at) as started_at, max(ph.finished_at) as finished_at, min(ph.cancel_requested_at) as cancelled_at, min(pt.name) as name`

// partialState is stateOf in SQL; a test compares them.
const partialState = `(case
	when p.unfinished = p.total and p.held = 0 then 'queued'
	when p.unfinished > 0 then 'running'
	when p.succeeded = p.total then 'succeeded'
	when p.failed + p.expired > 0 and p.succeeded > 0 then 'partially_failed'
	when p.failed > 0 then 'failed'
	when p.expired > 0 then 'expired'
	else 'cancelled' end)::job_state`

// partialTitle replaces how many hosts the job has, which titleOf put at the end
// and may have been cut there.
const partialTitle = `regexp_replace(b.title, ' o?n? ?[0-9]*( h?o?s?t?s?)?…?$', '') || ' on ' ||
	case when p.total = 1 then p.name else p.total || ' hosts' end`
