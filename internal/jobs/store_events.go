package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// eventRow is an event before it has an id.
type eventRow struct {
	JobHostID ids.ID
	Run       int
	JobEvent
}

// insertEvents stores events in order. It must be the last statement before the
// commit: the lock makes the id order the commit order, and everybody else who
// has an event waits for it.
func insertEvents(ctx context.Context, tx db.Tx, events []eventRow) error {
	if len(events) == 0 {
		return nil
	}
	if err := lock(ctx, tx, lockEvents); err != nil {
		return err
	}
	var c eventColumns
	for _, e := range events {
		c.add(e)
	}
	_, err := tx.Exec(ctx, `
		insert into job_event (id, job_id, host_id, job_host_id, run, seq, at, kind, phase, line, stream, state, progress, message, package)
		select nextval('job_event_id'), e.* from (
			select job_id, host_id, job_host_id, run, seq, at, kind, phase, line, stream, state, progress, message, package
			from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::bigint[], $6::timestamptz[], $7::text[], $8::text[],
				$9::text[], $10::text[], $11::text[], $12::smallint[], $13::text[], $14::text[]) with ordinality
				as u (job_id, host_id, job_host_id, run, seq, at, kind, phase, line, stream, state, progress, message, package, n)
			order by n) e
		on conflict (job_host_id, run, seq) where seq > 0 do nothing`,
		c.job, c.host, c.jobHost, c.run, c.seq, c.at, c.kind, c.phase, c.line, c.stream, c.state, c.progress, c.message, c.pkg)
	if err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	return db.Notify(ctx, tx, db.ChannelEvents, payloadEvents)
}

// eventColumns turns rows into the arrays of one statement.
type eventColumns struct {
	job, host, jobHost               []ids.ID
	run                              []int
	seq                              []int64
	at                               []time.Time
	kind, phase, line, stream, state []string
	progress                         []int16
	message, pkg                     []string
}

func (c *eventColumns) add(e eventRow) {
	c.job, c.host, c.jobHost = append(c.job, e.JobID), append(c.host, e.HostID), append(c.jobHost, e.JobHostID)
	c.run, c.seq, c.at = append(c.run, e.Run), append(c.seq, e.Seq), append(c.at, e.At)
	c.kind, c.phase = append(c.kind, string(e.Kind)), append(c.phase, short(e.Phase, 32))
	c.line, c.stream = append(c.line, short(e.Line, 8192)), append(c.stream, short(e.Stream, 16))
	c.state, c.progress = append(c.state, string(e.State)), append(c.progress, int16(min(max(e.Progress, 0), 100)))
	c.message, c.pkg = append(c.message, short(e.Message, 4000)), append(c.pkg, short(e.Package, 256))
}

// lastEventID is the id of the newest visible event; 0 when there is none.
func lastEventID(ctx context.Context, q db.Querier) (int64, error) {
	var id int64
	if err := q.QueryRow(ctx, "select coalesce(max(id), 0) from job_event").Scan(&id); err != nil {
		return 0, fmt.Errorf("read last event: %w", err)
	}
	return id, nil
}

const eventColumnsSQL = `e.id, e.job_id, e.host_id, e.kind, e.seq, e.at, e.phase, e.line, e.stream, e.state, e.progress, e.message, e.package`

// eventsAfter reads the events of all jobs above an id, in order.
func eventsAfter(ctx context.Context, q db.Querier, after int64, limit int) ([]JobEvent, error) {
	return queryEvents(ctx, q, `select `+eventColumnsSQL+` from job_event e where e.id > $1 order by e.id limit $2`, after, limit)
}

func jobEventsAfter(ctx context.Context, q db.Querier, scope hosts.Scope, job ids.ID, after int64, limit int) ([]JobEvent, error) {
	return queryEvents(ctx, q, `select `+eventColumnsSQL+` from job_event e
		where e.job_id = $1 and e.id > $2 and `+scope.SQL("e.host_id")+` order by e.id limit $3`, job, after, limit)
}

func hostEventsAfter(ctx context.Context, q db.Querier, jobHost ids.ID, after int64, limit int) ([]JobEvent, error) {
	return queryEvents(ctx, q, `select `+eventColumnsSQL+` from job_event e
		where e.job_host_id = $1 and e.id > $2 order by e.id limit $3`, jobHost, after, limit)
}

func queryEvents(ctx context.Context, q db.Querier, sql string, args ...any) ([]JobEvent, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[JobEvent])
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

// progressRow is what a batch of events leaves in its job host.
type progressRow struct {
	ID, Stamp ids.ID
	Seq       int64
	Phase     string
	Progress  int
	Message   string
	Lines     int
}

// advance stores how far the followed job hosts are, where the claim still
// holds, and returns those. It runs before insertEvents in the same transaction.
func advance(ctx context.Context, tx db.Tx, batch []progressRow, now time.Time) (map[ids.ID]bool, error) {
	var id, stamp []ids.ID
	var seq []int64
	var phase, message []string
	var progress, lines []int
	for _, b := range batch {
		id, stamp, seq = append(id, b.ID), append(stamp, b.Stamp), append(seq, b.Seq)
		phase, message = append(phase, b.Phase), append(message, b.Message)
		progress, lines = append(progress, b.Progress), append(lines, b.Lines)
	}
	if _, err := tx.Exec(ctx, "select from job_host where id = any($1) order by id for no key update", id); err != nil {
		return nil, fmt.Errorf("lock job hosts: %w", err)
	}
	rows, err := tx.Query(ctx, `
		update job_host jh set seq = b.seq, phase = b.phase, message = b.message, progress = greatest(jh.progress, b.progress),
			log_lines = jh.log_lines + b.lines, heard_at = @now, lease_until = @lease
		from unnest(@id::uuid[], @stamp::uuid[], @seq::bigint[], @phase::text[], @message::text[], @progress::int[], @lines::int[])
			as b (id, stamp, seq, phase, message, progress, lines)
		where jh.id = b.id and jh.claim_id = b.stamp and jh.seq < b.seq
		returning jh.id`,
		pgx.NamedArgs{"now": now, "lease": now.Add(leaseTime), "id": id, "stamp": stamp, "seq": seq, "phase": phase,
			"message": message, "progress": progress, "lines": lines})
	if err != nil {
		return nil, fmt.Errorf("advance job hosts: %w", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return nil, fmt.Errorf("advance job hosts: %w", err)
	}
	out := make(map[ids.ID]bool, len(held))
	for _, h := range held {
		out[h] = true
	}
	return out, nil
}
