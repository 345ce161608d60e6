package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// newJob is a row of table job as it is created.
type newJob struct {
	ID            ids.ID
	Kind          Kind
	Title         string
	Note          string
	Selection     *Selection
	Reboot        Reboot
	AllowRemovals bool
	MaxParallel   *int
	PlanID        *ids.ID
	ParentID      *ids.ID
	CreatedAt     time.Time
	CreatedBy     string
	Deadline      time.Time
}

func insertJob(ctx context.Context, tx db.Tx, j newJob) error {
	_, err := tx.Exec(ctx, `
		insert into job (id, kind, title, note, selection, reboot, allow_removals, max_parallel, plan_id,
			parent_job_id, created_at, created_by, deadline_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		j.ID, j.Kind, j.Title, j.Note, j.Selection, j.Reboot, j.AllowRemovals, j.MaxParallel, j.PlanID,
		j.ParentID, j.CreatedAt, j.CreatedBy, j.Deadline)
	if err != nil {
		return fmt.Errorf("insert job: %w", err)
	}
	return nil
}

// summaryColumns are read by scanSummary, from job j and the counts c.
const summaryColumns = `j.id, j.number, j.kind, j.state, j.title, j.note, j.created_at, j.created_by, j.started_at,
	j.finished_at, j.parent_job_id, j.cancel_requested_at, c.total, c.waiting, c.queued, c.claimed, c.running,
	c.lost, c.succeeded, c.failed, c.cancelled, c.expired, c.progress`

// countColumns count the job hosts jh of one job. They are never stored: many
// hosts that end at once would wait for one row.
const countColumns = `count(*)::int as total,
	(count(*) filter (where jh.state = 'waiting'))::int as waiting,
	(count(*) filter (where jh.state = 'queued'))::int as queued,
	(count(*) filter (where jh.state = 'claimed'))::int as claimed,
	(count(*) filter (where jh.state = 'running'))::int as running,
	(count(*) filter (where jh.state = 'lost'))::int as lost,
	(count(*) filter (where jh.state = 'succeeded'))::int as succeeded,
	(count(*) filter (where jh.state = 'failed'))::int as failed,
	(count(*) filter (where jh.state = 'cancelled'))::int as cancelled,
	(count(*) filter (where jh.state = 'expired'))::int as expired,
	coalesce(avg(case when jh.finished_at is null then jh.progress else 100 end), 0)::int as progress`

func scanSummary(row pgx.CollectableRow, more ...any) (JobSummary, error) {
	var s JobSummary
	dest := []any{&s.ID, &s.Number, &s.Kind, &s.State, &s.Title, &s.Note, &s.CreatedAt, &s.CreatedBy, &s.StartedAt,
		&s.FinishedAt, &s.ParentJobID, &s.CancelRequestedAt, &s.Counts.Total, &s.Counts.Waiting, &s.Counts.Queued,
		&s.Counts.Claimed, &s.Counts.Running, &s.Counts.Lost, &s.Counts.Succeeded, &s.Counts.Failed,
		&s.Counts.Cancelled, &s.Counts.Expired, &s.Progress}
	err := row.Scan(append(dest, more...)...)
	return s, err
}

// Filter narrows a list of jobs. Empty members do not filter.
type Filter struct {
	States []State
	Kinds  []Kind
	HostID ids.ID
	Text   string    // in the title, the note, the creator or as the number
	Ended  time.Time // not before that; zero: whenever, and those that have not ended
	Limit  int
	Offset int
}

func (f Filter) sql(scope hosts.Scope) (string, pgx.NamedArgs) {
	where := []string{"true"}
	args := pgx.NamedArgs{"states": texts(f.States), "kinds": texts(f.Kinds), "host": f.HostID, "limit": f.Limit, "offset": f.Offset,
		"text": "%" + likeEscape.Replace(strings.ToLower(f.Text)) + "%", "number": strings.TrimPrefix(f.Text, "#")}
	if !f.Ended.IsZero() {
		where, args["ended"] = append(where, "j.finished_at >= @ended"), f.Ended
	}
	if len(f.States) > 0 {
		where = append(where, "j.state::text = any(@states)")
	}
	if len(f.Kinds) > 0 {
		where = append(where, "j.kind::text = any(@kinds)")
	}
	if !f.HostID.IsZero() {
		where = append(where, "exists (select from job_host x where x.job_id = j.id and x.host_id = @host and "+scope.SQL("x.host_id")+")")
	}
	if f.Text != "" {
		where = append(where, "(lower(j.title) like @text or lower(j.note) like @text or lower(j.created_by) like @text or j.number::text = @number)")
	}
	return strings.Join(where, " and "), args
}

// from is what the filter has to look at: unless it is about what differs from
// reader to reader, which jobs there are is enough.
func (f Filter) from(scope hosts.Scope) string {
	if len(f.States) > 0 || f.Text != "" {
		return Seen(scope, "true")
	}
	return "(select b.* from job b where exists (select from job_host v where v.job_id = b.id and " + scope.SQL("v.host_id") + "))"
}

// texts makes an array parameter of words that have a type of their own here.
func texts[T ~string](words []T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}

// likeEscape makes a person's text literal in a like pattern.
var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func listJobs(ctx context.Context, q db.Querier, scope hosts.Scope, f Filter) ([]JobSummary, int, error) {
	where, args := f.sql(scope)
	var total int
	if err := q.QueryRow(ctx, "select count(*) from "+f.from(scope)+" j where "+where, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count jobs: %w", err)
	}
	rows, err := q.Query(ctx, `select `+summaryColumns+` from `+Seen(scope, "true")+` j cross join lateral
		(select `+countColumns+` from job_host jh where jh.job_id = j.id and `+scope.SQL("jh.host_id")+`) c
		where `+where+` order by j.number desc limit @limit offset @offset`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list jobs: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (JobSummary, error) { return scanSummary(r) })
	if err != nil {
		return nil, 0, fmt.Errorf("list jobs: %w", err)
	}
	return items, total, nil
}

// getJob reads a job as the scope sees it; db.IsNoRows when it sees none.
func getJob(ctx context.Context, q db.Querier, scope hosts.Scope, id ids.ID) (Job, error) {
	rows, err := q.Query(ctx, `select `+summaryColumns+`, j.selection, j.reboot, j.allow_removals, j.plan_id
		from `+Seen(scope, "b.id = $1")+` j cross join lateral
		(select `+countColumns+` from job_host jh where jh.job_id = j.id and `+scope.SQL("jh.host_id")+`) c`, id)
	if err != nil {
		return Job{}, fmt.Errorf("get job: %w", err)
	}
	j, err := pgx.CollectExactlyOneRow(rows, scanJob)
	if err != nil {
		return Job{}, fmt.Errorf("get job: %w", err)
	}
	j.Children, err = listChildren(ctx, q, scope, id)
	return j, err
}

func scanJob(row pgx.CollectableRow) (Job, error) {
	var j Job
	var selection []byte
	var err error
	j.JobSummary, err = scanSummary(row, &selection, &j.Reboot, &j.AllowRemovals, &j.PlanID)
	if err != nil || selection == nil {
		return j, err
	}
	return j, json.Unmarshal(selection, &j.Selection)
}

func listChildren(ctx context.Context, q db.Querier, scope hosts.Scope, parent ids.ID) ([]JobRef, error) {
	rows, err := q.Query(ctx, `select j.id, j.number, j.kind, j.state from `+
		Seen(scope, "b.parent_job_id = $1")+` j order by j.number`, parent)
	if err != nil {
		return nil, fmt.Errorf("list child jobs: %w", err)
	}
	refs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[JobRef])
	if err != nil {
		return nil, fmt.Errorf("list child jobs: %w", err)
	}
	return refs, nil
}

// summaries reads the given jobs as the scope sees them.
func summaries(ctx context.Context, q db.Querier, scope hosts.Scope, jobs []ids.ID) ([]JobSummary, error) {
	rows, err := q.Query(ctx, `select `+summaryColumns+` from `+Seen(scope, "b.id = any($1)")+` j cross join lateral
		(select `+countColumns+` from job_host jh where jh.job_id = j.id and `+scope.SQL("jh.host_id")+`) c order by j.number`, jobs)
	if err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (JobSummary, error) { return scanSummary(r) })
	if err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	return items, nil
}

// markCancelled notes that a person asked the job to stop; the first one counts.
func markCancelled(ctx context.Context, tx db.Tx, id ids.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `update job set cancel_requested_at = $2
		where id = $1 and finished_at is null and cancel_requested_at is null`, id, now)
	if err != nil {
		return fmt.Errorf("mark job cancelled: %w", err)
	}
	return nil
}

// tally is what an unfinished job's hosts add up to.
type tally struct {
	ID        ids.ID
	Number    int64
	Title     string
	State     State
	StartedAt *time.Time
	Counts    Counts
}

func unfinishedTallies(ctx context.Context, q db.Querier) ([]tally, error) {
	rows, err := q.Query(ctx, `select j.id, j.number, j.title, j.state, c.started_at, c.total, c.waiting, c.queued,
			c.claimed, c.running, c.lost, c.succeeded, c.failed, c.cancelled, c.expired
		from job j cross join lateral
		(select `+countColumns+`, min(jh.started_at) as started_at from job_host jh where jh.job_id = j.id) c
		where j.finished_at is null`)
	if err != nil {
		return nil, fmt.Errorf("add up unfinished jobs: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t tally, err error) {
		c := &t.Counts
		err = r.Scan(&t.ID, &t.Number, &t.Title, &t.State, &t.StartedAt, &c.Total, &c.Waiting, &c.Queued, &c.Claimed, &c.Running,
			&c.Lost, &c.Succeeded, &c.Failed, &c.Cancelled, &c.Expired)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("add up unfinished jobs: %w", err)
	}
	return out, nil
}

// setJobState moves a job on. It does nothing when somebody was faster.
func setJobState(ctx context.Context, tx db.Tx, t tally, to State, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `update job set state = $3, started_at = coalesce(started_at, $4),
			finished_at = case when $5 then $6::timestamptz end
		where id = $1 and state = $2 and finished_at is null`, t.ID, t.State, to, t.StartedAt, to.isFinal(), now)
	if err != nil {
		return false, fmt.Errorf("set job state: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// rootNumber is the number of the patch job that a rollback, or a rollback run
// again, goes back to.
func rootNumber(ctx context.Context, q db.Querier, id ids.ID) (number int64, err error) {
	err = q.QueryRow(ctx, `
		with recursive up as (
			select id, number, kind, parent_job_id from job where id = $1
			union all select p.id, p.number, p.kind, p.parent_job_id from job p join up on p.id = up.parent_job_id
				where up.kind = 'rollback'
		) select number from up where kind <> 'rollback' limit 1`, id).Scan(&number)
	if err != nil {
		return 0, fmt.Errorf("find the job that was taken back: %w", err)
	}
	return number, nil
}
