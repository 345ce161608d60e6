package dashboard

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/jobs"
)

// totals is what one query over the hosts adds up, and what is counted beside.
type totals struct {
	Hosts      FleetHosts
	Compliance FleetCompliance
	Pending    FleetPending
	Reboot     int
	FailedJobs int
	AuditBreak string // what is wrong with the audit trail; empty when nothing is, or the reader may not read it
}

func hostTotals(ctx context.Context, q db.Querier, scope hosts.Scope, now time.Time) (t totals, err error) {
	h, c, p, s, n := &t.Hosts, &t.Compliance, &t.Pending, &t.Pending.BySeverity, &t.Pending.HostsBySeverity
	err = q.QueryRow(ctx, `
		select count(*), count(*) filter (where h.state = 'healthy'), count(*) filter (where h.state = 'degraded'),
			count(*) filter (where h.state = 'unreachable'), count(*) filter (where h.state = 'unknown'),
			count(*) filter (where h.reboot_needed),
			count(*) filter (where `+hosts.Compliant.SQL("p")+`),
			count(*) filter (where `+hosts.NotCompliant.SQL("p")+`),
			count(*) filter (where `+hosts.ComplianceUnknown.SQL("p")+`),
			count(*) filter (where p.total > 0), count(*) filter (where p.security > 0),
			coalesce(sum(p.total), 0), coalesce(sum(p.security), 0), coalesce(sum(p.critical), 0), coalesce(sum(p.high), 0),
			coalesce(sum(p.medium), 0), coalesce(sum(p.low), 0), coalesce(sum(p.unknown), 0),
			count(*) filter (where p.critical > 0), count(*) filter (where p.high > 0), count(*) filter (where p.medium > 0),
			count(*) filter (where p.low > 0), count(*) filter (where p.unknown > 0)
		from host h left join host_patch_summary_v p on p.host_id = h.id
		where h.removed_at is null and `+scope.SQL("h.id"), pgx.NamedArgs{"fresh": now.Add(-hosts.FreshFor)}).
		Scan(&h.Total, &h.Healthy, &h.Degraded, &h.Unreachable, &h.Unknown, &t.Reboot,
			&c.Compliant, &c.NotCompliant, &c.Unknown, &p.HostsWithPending, &p.HostsWithSecurity,
			&p.PatchesTotal, &p.PatchesSecurity, &s.Critical, &s.High, &s.Medium, &s.Low, &s.Unknown,
			&n.Critical, &n.High, &n.Medium, &n.Low, &n.Unknown)
	if err != nil {
		return t, fmt.Errorf("add up hosts: %w", err)
	}
	return t, nil
}

// jobTotals counts the unfinished jobs and those that failed not long ago.
func jobTotals(ctx context.Context, q db.Querier, scope hosts.Scope, now time.Time) (unfinished, failed int, err error) {
	err = q.QueryRow(ctx, `
		select count(*) filter (where j.finished_at is null),
			count(*) filter (where j.state in ('failed', 'partially_failed') and j.finished_at >= @since)
		from `+jobs.Seen(scope, "b.finished_at is null or b.finished_at >= @since")+` j`,
		pgx.NamedArgs{"since": now.Add(-failedWithin)}).Scan(&unfinished, &failed)
	if err != nil {
		return 0, 0, fmt.Errorf("count jobs: %w", err)
	}
	return unfinished, failed, nil
}

func pendingEnrollments(ctx context.Context, q db.Querier) (n int, err error) {
	if err = q.QueryRow(ctx, "select count(*) from enrollment_request where status = 'pending'").Scan(&n); err != nil {
		return 0, fmt.Errorf("count enrollment requests: %w", err)
	}
	return n, nil
}

func workerAlive(ctx context.Context, q db.Querier, now time.Time) (alive bool, err error) {
	err = q.QueryRow(ctx, "select exists (select from worker_heartbeat where beat_at > $1)", now.Add(-aliveFor)).Scan(&alive)
	if err != nil {
		return false, fmt.Errorf("look for a worker: %w", err)
	}
	return alive, nil
}
