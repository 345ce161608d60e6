package jobs

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

const (
	// maxHosts is the size of the largest fleet on one machine.
	maxHosts = 10_000
	// startWithin is how long a job ordered for now may wait to start on a host.
	startWithin = 24 * time.Hour
)

// JobInput is what a person orders.
type JobInput struct {
	Kind          Kind       `json:"kind" enum:"patch,reboot,refresh"`
	HostIDs       []ids.ID   `json:"host_ids" nullable:"false" minItems:"1" maxItems:"10000"`
	Selection     *Selection `json:"selection,omitempty" doc:"Exactly for kind patch."`
	Reboot        Reboot     `json:"reboot" enum:"never,if_needed,always"`
	AllowRemovals bool       `json:"allow_removals"`
	PlanID        *ids.ID    `json:"plan_id,omitempty" doc:"Binds the order to this preview: a host whose transaction has changed since fails instead."`
	Note          string     `json:"note,omitempty" maxLength:"2000"`
	MaxParallel   *int       `json:"max_parallel,omitempty" minimum:"1" maximum:"10000" doc:"Hosts at once; all when absent."`
}

func (in JobInput) check() error {
	var bad []apierr.Detail
	switch {
	case in.Kind == KindPatch && in.Selection == nil:
		bad = append(bad, apierr.Detail{Field: "selection", Message: "A patch job needs to know which updates are meant."})
	case in.Kind == KindPatch:
		bad = append(bad, in.Selection.check()...)
	case in.Selection != nil:
		bad = append(bad, apierr.Detail{Field: "selection", Message: "Only a patch job takes a selection."})
	case in.PlanID != nil:
		bad = append(bad, apierr.Detail{Field: "plan_id", Message: "Only a patch job takes a plan."})
	}
	if in.Kind != KindPatch && in.Kind != KindReboot && in.Kind != KindRefresh {
		bad = append(bad, apierr.Detail{Field: "kind", Value: string(in.Kind), Message: "Must be patch, reboot or refresh."})
	}
	if bad = append(bad, checkHostIDs(in.HostIDs)...); len(bad) > 0 {
		return apierr.Invalid(bad...)
	}
	return nil
}

func checkHostIDs(hostIDs []ids.ID) []apierr.Detail {
	if len(hostIDs) == 0 {
		return []apierr.Detail{{Field: "host_ids", Message: "Choose at least one host."}}
	}
	if len(hostIDs) > maxHosts {
		return []apierr.Detail{{Field: "host_ids", Value: fmt.Sprint(len(hostIDs)), Message: fmt.Sprintf("At most %d hosts.", maxHosts)}}
	}
	seen := make(map[ids.ID]bool, len(hostIDs))
	for i, id := range hostIDs {
		if seen[id] {
			return []apierr.Detail{{Field: fmt.Sprintf("host_ids[%d]", i), Value: id.String(), Message: "This host is named twice."}}
		}
		seen[id] = true
	}
	return nil
}

// reboot is the policy that is stored: only a patch job leaves a choice.
func (in JobInput) reboot() Reboot {
	switch {
	case in.Kind == KindReboot:
		return agentapi.RebootAlways
	case in.Kind == KindRefresh || in.Reboot == "":
		return agentapi.RebootNever
	}
	return in.Reboot
}

// Create orders a job. The job, its hosts, the audit row and the first events
// exist together or not at all; workers start when they do.
func (s *Service) Create(ctx context.Context, actor auth.Actor, in JobInput) (Job, error) {
	if err := mayOrder(actor); err != nil {
		return Job{}, err
	}
	if err := in.check(); err != nil {
		return Job{}, err
	}
	j := newJob{Kind: in.Kind, Note: in.Note, Selection: in.Selection, Reboot: in.reboot(),
		AllowRemovals: in.AllowRemovals && in.Kind == KindPatch, MaxParallel: in.MaxParallel, PlanID: in.PlanID}
	return s.order(ctx, actor, j, 0, func(tx db.Tx) ([]newHost, error) {
		hs, err := s.chooseHosts(ctx, tx, actor, in.HostIDs)
		if err != nil || in.PlanID == nil {
			return hs, err
		}
		return hs, s.bindPlan(ctx, tx, actor, *in.PlanID, in, hs)
	})
}

func mayOrder(actor auth.Actor) error {
	return actor.Require(auth.OperateFleet)
}

// mayOrderFor wants a fresh second factor for an order that reaches far: a new
// job, one that is taken back and one that is run again alike.
func (s *Service) mayOrderFor(actor auth.Actor, hosts int) error {
	if hosts <= s.stepUp() {
		return nil
	}
	return actor.RequireFresh(auth.OperateFleet, s.clock.Now())
}

// chooseHosts refuses hosts that do not exist for the actor, and those that take
// no orders.
func (s *Service) chooseHosts(ctx context.Context, tx db.Tx, actor auth.Actor, wanted []ids.ID) ([]newHost, error) {
	found, err := visibleHosts(ctx, tx, hosts.ScopeOf(actor), wanted)
	if err != nil {
		return nil, err
	}
	if len(found) < len(wanted) {
		return nil, unknownHosts(wanted, found)
	}
	if err := refusedHosts(wanted, found); err != nil {
		return nil, err
	}
	out := make([]newHost, len(found))
	for i, h := range found {
		out[i] = newHost{HostID: h.ID, Name: h.Name}
	}
	return out, nil
}

func unknownHosts(wanted []ids.ID, found []namedHost) error {
	known := make(map[ids.ID]bool, len(found))
	for _, h := range found {
		known[h.ID] = true
	}
	var bad []apierr.Detail
	for i, id := range wanted {
		if !known[id] {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("host_ids[%d]", i), Value: id.String(), Message: "There is no such host."})
		}
	}
	return apierr.Invalid(bad...)
}

// refusedHosts names those that take no orders, each with its reason.
func refusedHosts(wanted []ids.ID, found []namedHost) error {
	refused := map[ids.ID]namedHost{}
	for _, h := range found {
		if h.Refusal != "" {
			refused[h.ID] = h
		}
	}
	var bad []apierr.Detail
	for i, id := range wanted {
		if h, ok := refused[id]; ok {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("host_ids[%d]", i), Value: id.String(), Message: h.Name + " takes no orders. " + h.Refusal})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return apierr.Invalid(bad...)
}

// order writes a job and everything that belongs to it in one transaction;
// choose runs inside it. parent is the number of the job it follows from.
func (s *Service) order(ctx context.Context, actor auth.Actor, j newJob, parent int64, choose func(tx db.Tx) ([]newHost, error)) (job Job, err error) {
	j.CreatedAt, j.CreatedBy = s.clock.Now(), actor.Name
	j.Deadline = j.CreatedAt.Add(startWithin)
	if j.ID, err = ids.NewAt(j.CreatedAt); err != nil {
		return Job{}, err
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		hs, err := choose(tx)
		if err != nil {
			return err
		}
		if err := s.mayOrderFor(actor, len(hs)); err != nil {
			return err
		}
		if err := s.insertOrder(ctx, tx, actor, j, parent, hs); err != nil {
			return err
		}
		job, err = getJob(ctx, tx, hosts.ScopeOf(actor), j.ID)
		return err
	})
	if db.IsUnique(err, "job_host_undone_once") {
		return Job{}, apierr.Conflict("rollback_impossible", "Somebody else has just ordered this rollback.")
	}
	return job, err
}

func (s *Service) insertOrder(ctx context.Context, tx db.Tx, actor auth.Actor, j newJob, parent int64, hs []newHost) error {
	j.Title = titleOf(j.Kind, j.Selection, parent, namesOf(hs))
	if err := insertJob(ctx, tx, j); err != nil {
		return err
	}
	rows := make([]changedRow, len(hs))
	for i := range hs {
		hs[i].ID = ids.New()
		rows[i] = changedRow{ID: hs[i].ID, JobID: j.ID, HostID: hs[i].HostID}
	}
	if err := insertHosts(ctx, tx, j.ID, hs, j.CreatedAt, j.Deadline); err != nil {
		return err
	}
	target := audit.Target{Kind: "job", ID: j.ID.String(), Name: j.Title}
	if err := audit.Append(ctx, tx, actor.Entry("job.create", target, orderDetails(j, hs))); err != nil {
		return err
	}
	return s.announce(ctx, tx, rows, HostQueued, "Queued.", j.CreatedAt)
}

// maxAuditHosts keeps an audit row readable; the job's own rows have the rest.
const maxAuditHosts = 50

func orderDetails(j newJob, hs []newHost) map[string]any {
	d := map[string]any{"kind": string(j.Kind), "hosts": len(hs), "names": list(namesOf(hs), maxAuditHosts),
		"reboot": string(j.Reboot), "allow_removals": j.AllowRemovals, "note": j.Note}
	if j.Selection != nil {
		d["selection"] = j.Selection.words()
		d["exclude"] = list(j.Selection.Exclude, maxAuditHosts)
	}
	if j.PlanID != nil {
		d["plan"] = j.PlanID.String()
	}
	if j.ParentID != nil {
		d["parent"] = j.ParentID.String()
	}
	return d
}

func namesOf(hs []newHost) []string {
	names := make([]string, len(hs))
	for i, h := range hs {
		names[i] = h.Name
	}
	return names
}
