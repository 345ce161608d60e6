package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// planArgs asks one host for one preview.
type planArgs struct {
	PlanID ids.ID `json:"plan_id"`
	HostID ids.ID `json:"host_id"`
}

// Kind implements river.JobArgs.
func (planArgs) Kind() string { return "jobs.plan_host" }

// InsertOpts implements river.JobArgsWithInsertOpts. A host that does not answer
// is told to the person at once; only our own trouble is tried again.
func (planArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// planTimeout is below the two minutes that a background job may take, so that
// a slow host is told as such.
const planTimeout = 100 * time.Second

type planWorker struct {
	river.WorkerDefaults[planArgs]
	s *Service
}

// Work asks the host and stores its answer. Running it again is harmless: the
// agent only computes, and the first stored answer stays.
func (w *planWorker) Work(ctx context.Context, j *river.Job[planArgs]) error {
	a := j.Args
	task, err := pendingPlan(ctx, w.s.db, a.PlanID, a.HostID)
	switch {
	case db.IsNoRows(err):
		return nil
	case err != nil:
		return err
	case task.Removed:
		return failPlan(ctx, w.s.db, a.PlanID, a.HostID, PlanError{Code: CodeHostRemoved, Message: "The host is no longer managed."})
	}
	callCtx, cancel := context.WithTimeout(ctx, planTimeout)
	defer cancel()
	plan, err := w.s.agents(task.Target).Plan(callCtx, task.Selection.request(agentapi.RebootNever, task.AllowRemovals))
	if ctx.Err() != nil {
		return fmt.Errorf("ask for plan: %w", ctx.Err()) // this process stops; another one asks again
	}
	if failure, failed := planFailure(err); failed {
		return failPlan(ctx, w.s.db, a.PlanID, a.HostID, *failure)
	}
	return storePlan(ctx, w.s.db, a.PlanID, a.HostID, plan)
}

// purgeArgs removes previews that are too old to be ordered.
type purgeArgs struct{}

// Kind implements river.JobArgs.
func (purgeArgs) Kind() string { return "jobs.purge_plans" }

type purgeWorker struct {
	river.WorkerDefaults[purgeArgs]
	s *Service
}

// Work removes old previews with their hosts.
func (w *purgeWorker) Work(ctx context.Context, _ *river.Job[purgeArgs]) error {
	return deletePlans(ctx, w.s.db, w.s.clock.Now())
}

// AddWorkers registers the package's background work.
func (s *Service) AddWorkers(w *river.Workers) {
	river.AddWorker(w, &planWorker{s: s})
	river.AddWorker(w, &purgeWorker{s: s})
}

// Periodic is the package's work by the clock.
func (s *Service) Periodic() []*river.PeriodicJob {
	hourly := func() (river.JobArgs, *river.InsertOpts) { return purgeArgs{}, nil }
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Hour), hourly, &river.PeriodicJobOpts{ID: "jobs_purge_plans"})}
}
