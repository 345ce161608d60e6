package dashboard

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/httpx"
	"patchmanager/internal/jobs"
)

// Deps is what a Service works with.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
	Jobs  *jobs.Service
}

// Service answers for the dashboard.
type Service struct {
	db    *db.DB
	clock clock.Clock
	jobs  *jobs.Service
}

// New makes a Service.
func New(d Deps) *Service { return &Service{db: d.DB, clock: d.Clock, jobs: d.Jobs} }

// Fleet adds up what the actor may see.
func (s *Service) Fleet(ctx context.Context, actor auth.Actor) (Fleet, error) {
	scope, now := hosts.ScopeOf(actor), s.clock.Now()
	recent, _, err := s.jobs.List(ctx, scope, jobs.Filter{Limit: recentJobs})
	if err != nil {
		return Fleet{}, err
	}
	f := Fleet{GeneratedAt: now, Jobs: FleetJobs{Recent: recent}}
	if f.Jobs.Recent == nil {
		f.Jobs.Recent = []jobs.JobSummary{}
	}
	// One snapshot: numbers that belong together are of the same moment.
	err = pgx.BeginTxFunc(ctx, s.db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		t, err := hostTotals(ctx, tx, scope, now)
		if err != nil {
			return err
		}
		if f.Jobs.Running, t.FailedJobs, err = jobTotals(ctx, tx, scope, now); err != nil {
			return err
		}
		if actor.May(auth.SeeEnrollments) {
			if f.EnrollmentsPending, err = pendingEnrollments(ctx, tx); err != nil {
				return err
			}
		}
		if actor.May(auth.ReadAudit) {
			broken, err := audit.Broken(ctx, tx)
			if err != nil {
				return err
			}
			if broken != nil {
				t.AuditBreak = broken.Detail
			}
		}
		if f.WorkerAlive, err = workerAlive(ctx, tx, now); err != nil {
			return err
		}
		f.take(t)
		return nil
	})
	if err != nil {
		return Fleet{}, fmt.Errorf("add up fleet: %w", err)
	}
	return f, nil
}

func (f *Fleet) take(t totals) {
	f.Hosts, f.Compliance, f.Pending, f.RebootNeeded = t.Hosts, t.Compliance, t.Pending, t.Reboot
	f.Compliance.Definition = definition
	f.Attention = attention(*f, t)
}

// Routes registers the operation.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, huma.Operation{Method: http.MethodGet, Path: httpx.BasePath + "/status/fleet", OperationID: "fleetStatus",
		Summary: "Add up the fleet", Tags: []string{"status"}, Security: []map[string][]string{{"bearer": {}}}}, s.handleFleet)
}

type fleetOutput struct{ Body Fleet }

func (s *Service) handleFleet(ctx context.Context, _ *struct{}) (*fleetOutput, error) {
	f, err := s.Fleet(ctx, auth.ActorFrom(ctx))
	return &fleetOutput{f}, err
}
