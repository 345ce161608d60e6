package jobs

import (
	"context"
	"fmt"
	"io"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// List returns the jobs that have a host in the scope, newest first, and how
// many there are.
func (s *Service) List(ctx context.Context, scope hosts.Scope, f Filter) ([]JobSummary, int, error) {
	return listJobs(ctx, s.db, scope, f)
}

// Get returns a job as the scope sees it: its counts are those of the hosts in it.
func (s *Service) Get(ctx context.Context, scope hosts.Scope, id ids.ID) (Job, error) {
	j, err := getJob(ctx, s.db, scope, id)
	return j, missing(err, "job")
}

// Summaries returns the given jobs, as far as the scope sees them.
func (s *Service) Summaries(ctx context.Context, scope hosts.Scope, jobs []ids.ID) ([]JobSummary, error) {
	return summaries(ctx, s.db, scope, jobs)
}

// Hosts returns a page of a job's hosts, failures first.
func (s *Service) Hosts(ctx context.Context, scope hosts.Scope, job ids.ID, states []HostState, limit, offset int) ([]JobHost, int, error) {
	if _, err := s.Get(ctx, scope, job); err != nil {
		return nil, 0, err
	}
	return listHosts(ctx, s.db, scope, job, states, limit, offset)
}

// JobHosts returns the given hosts of a job, as far as the scope sees them.
func (s *Service) JobHosts(ctx context.Context, scope hosts.Scope, job ids.ID, hostIDs []ids.ID) ([]JobHost, error) {
	return jobHosts(ctx, s.db, scope, job, hostIDs)
}

// Events returns what happened on one host of a job after an event id, in order.
func (s *Service) Events(ctx context.Context, scope hosts.Scope, job, host ids.ID, after int64, limit int) ([]JobEvent, error) {
	row, _, err := findHost(ctx, s.db, scope, job, host)
	if err != nil {
		return nil, missing(err, "host of this job")
	}
	return hostEventsAfter(ctx, s.db, row, after, limit)
}

// JobEvents returns what happened on all hosts of a job after an event id.
func (s *Service) JobEvents(ctx context.Context, scope hosts.Scope, job ids.ID, after int64, limit int) ([]JobEvent, error) {
	return jobEventsAfter(ctx, s.db, scope, job, after, limit)
}

// EventsAfter returns what happened in all jobs after an event id, for the
// delivery of live events; who may see them is the caller's business.
func (s *Service) EventsAfter(ctx context.Context, after int64, limit int) ([]JobEvent, error) {
	return eventsAfter(ctx, s.db, after, limit)
}

// LastEventID is the id of the newest event.
func (s *Service) LastEventID(ctx context.Context) (int64, error) { return lastEventID(ctx, s.db) }

// logPage is how many events a download reads at once.
const logPage = 1000

// HostLog is a log that can be written out as text.
type HostLog struct {
	Name string // for the file

	s   *Service
	row ids.ID
}

// DownloadLog finds the log of one host of a job, and notes who takes it away.
func (s *Service) DownloadLog(ctx context.Context, actor auth.Actor, job, host ids.ID) (HostLog, error) {
	scope := hosts.ScopeOf(actor)
	row, name, err := findHost(ctx, s.db, scope, job, host)
	if err != nil {
		return HostLog{}, missing(err, "host of this job")
	}
	j, err := s.Get(ctx, scope, job)
	if err != nil {
		return HostLog{}, err
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		return audit.Append(ctx, tx, actor.Entry("job_log.download", audit.Target{Kind: "job", ID: job.String(), Name: j.Title},
			map[string]any{"number": j.Number, "host": host.String(), "host_name": name}))
	})
	return HostLog{Name: fmt.Sprintf("job-%d-%s.log", j.Number, name), s: s, row: row}, err
}

// WriteTo writes the log, page by page: it is never in memory as a whole.
func (l HostLog) WriteTo(ctx context.Context, w io.Writer) error {
	for after := int64(0); ; {
		events, err := hostEventsAfter(ctx, l.s.db, l.row, after, logPage)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if _, err := io.WriteString(w, e.text()); err != nil {
				return fmt.Errorf("write log: %w", err)
			}
			after = e.ID
		}
	}
}

// text is the event as one line of a text log.
func (e JobEvent) text() string {
	at := e.At.UTC().Format("2006-01-02 15:04:05.000Z")
	if e.Kind == EventLog {
		return fmt.Sprintf("%s %-9s %s\n", at, e.Phase, e.Line)
	}
	words := e.Message
	if e.Stream == StreamManager {
		words = "[" + string(e.State) + "] " + words
	}
	if e.Package != "" {
		words += " (" + e.Package + ")"
	}
	return fmt.Sprintf("%s %-9s -- %3d%% %s\n", at, e.Phase, e.Progress, words)
}

// VisibleHosts returns which hosts of a job the scope sees now. The hosts of a
// job never change, but which of them are in a scope does: see hosts.Mark.
func (s *Service) VisibleHosts(ctx context.Context, scope hosts.Scope, job ids.ID) (map[ids.ID]bool, error) {
	return visibleOfJob(ctx, s.db, scope, job)
}
