package jobs

import (
	"context"
	"fmt"
	"strings"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// Rollback orders the packages of a patch job back to the versions before it,
// on the given hosts or on all that it changed. It is refused for all when it
// cannot work for one: the answer names each such host with the reason, and the
// caller may leave it out.
func (s *Service) Rollback(ctx context.Context, actor auth.Actor, id ids.ID, wanted []ids.ID) (Job, error) {
	if err := mayOrder(actor); err != nil {
		return Job{}, err
	}
	parent, rows, err := s.pastOf(ctx, actor, id)
	if err != nil {
		return Job{}, err
	}
	if parent.Kind != KindPatch {
		return Job{}, apierr.Conflict("rollback_impossible", "Only a patch job can be taken back.")
	}
	rows, err = choosePast(rows, wanted, func(p past) bool { return p.Changed > 0 })
	if err != nil {
		return Job{}, err
	}
	if err := mayRollBack(rows); err != nil {
		return Job{}, err
	}
	j := newJob{Kind: KindRollback, Reboot: agentapi.RebootNever, ParentID: &id, AllowRemovals: true}
	return s.order(ctx, actor, j, parent.Number, func(db.Tx) ([]newHost, error) {
		return followUp(rows, func(p past) string { return *p.AgentJob }), nil
	})
}

// pastOf reads a job and its hosts.
func (s *Service) pastOf(ctx context.Context, actor auth.Actor, id ids.ID) (Job, []past, error) {
	scope := hosts.ScopeOf(actor)
	job, err := getJob(ctx, s.db, scope, id)
	if err != nil {
		return Job{}, nil, missing(err, "job")
	}
	rows, err := listPast(ctx, s.db, scope, id)
	return job, rows, err
}

// choosePast takes the wanted hosts, or those that qualify when none is named.
func choosePast(rows []past, wanted []ids.ID, qualifies func(past) bool) ([]past, error) {
	want := make(map[ids.ID]bool, len(wanted))
	for _, id := range wanted {
		want[id] = true
	}
	var out []past
	for _, p := range rows {
		if want[p.HostID] || (len(wanted) == 0 && qualifies(p)) {
			out = append(out, p)
		}
		delete(want, p.HostID)
	}
	var bad []apierr.Detail
	for i, id := range wanted {
		if want[id] {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("host_ids[%d]", i), Value: id.String(), Message: "The job has no such host."})
		}
	}
	if len(bad) > 0 {
		return nil, apierr.Invalid(bad...)
	}
	return out, nil
}

func mayRollBack(rows []past) error {
	if len(rows) == 0 {
		return apierr.Conflict("rollback_impossible", "The job has changed no packages on any host.")
	}
	var bad []apierr.Detail
	for _, p := range rows {
		if reason := p.noRollback(); reason != "" {
			bad = append(bad, apierr.Detail{Field: p.HostID.String(), Value: p.Name, Message: reason})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	e := apierr.Conflict("rollback_impossible", "The job cannot be taken back on %d of %d hosts.", len(bad), len(rows))
	e.Details = bad
	return e
}

// noRollback says why a host's part cannot be taken back; empty when it can. A
// partial rollback would leave a mixture that never ran before: it counts as
// impossible, with what is missing.
func (p past) noRollback() string {
	switch {
	case !p.State.IsFinal():
		return "The job has not ended on this host yet."
	case p.Removed:
		return "The host is no longer managed."
	case p.Changed == 0 || p.AgentJob == nil:
		return "Nothing was changed on this host."
	case p.UndoneBy != nil:
		return fmt.Sprintf("Job %d takes it back already.", *p.UndoneBy)
	case p.RollbackState == nil:
		return "The host has not told whether it can be taken back."
	case *p.RollbackState != string(agentapi.RollbackReady):
		return strings.Join(append([]string{"The old packages are not complete."}, p.RollbackReasons...), " ")
	}
	return ""
}

// followUp makes the hosts of a job that follows from another one.
func followUp(rows []past, undo func(past) string) []newHost {
	out := make([]newHost, len(rows))
	for i, p := range rows {
		out[i] = newHost{HostID: p.HostID, Name: p.Name, Undo: undo(p)}
	}
	return out
}

// Rerun orders the same again for the given hosts, or for those where it failed
// or did not start in time. It is a new job with a new plan: what is pending now
// is installed, not what was pending then.
func (s *Service) Rerun(ctx context.Context, actor auth.Actor, id ids.ID, wanted []ids.ID) (Job, error) {
	if err := mayOrder(actor); err != nil {
		return Job{}, err
	}
	parent, rows, err := s.pastOf(ctx, actor, id)
	if err != nil {
		return Job{}, err
	}
	rows, err = choosePast(rows, wanted, func(p past) bool { return p.State == HostFailed || p.State == HostExpired })
	if err != nil {
		return Job{}, err
	}
	if err := mayRerun(rows); err != nil {
		return Job{}, err
	}
	j := newJob{Kind: parent.Kind, Selection: parent.Selection, Reboot: parent.Reboot, AllowRemovals: parent.AllowRemovals,
		ParentID: &id, Note: parent.Note}
	undone, err := s.undoneJob(ctx, parent)
	if err != nil {
		return Job{}, err
	}
	return s.order(ctx, actor, j, undone, func(db.Tx) ([]newHost, error) {
		return followUp(rows, func(p past) string {
			if p.Undo == nil {
				return ""
			}
			return *p.Undo
		}), nil
	})
}

// undoneJob is the number of the job that a rollback took back, for the title.
func (s *Service) undoneJob(ctx context.Context, j Job) (number int64, err error) {
	if j.Kind != KindRollback {
		return 0, nil
	}
	return rootNumber(ctx, s.db, j.ID)
}

func mayRerun(rows []past) error {
	if len(rows) == 0 {
		return apierr.Conflict("nothing_to_rerun", "The job failed on no host.")
	}
	var bad []apierr.Detail
	for _, p := range rows {
		switch {
		case p.Removed:
			bad = append(bad, apierr.Detail{Field: p.HostID.String(), Value: p.Name, Message: "The host is no longer managed."})
		case !p.State.IsFinal() || p.State == HostSucceeded:
			bad = append(bad, apierr.Detail{Field: p.HostID.String(), Value: p.Name, Message: "The host has not failed."})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	e := apierr.Conflict("nothing_to_rerun", "The job cannot be run again on %d of %d hosts.", len(bad), len(rows))
	e.Details = bad
	return e
}
