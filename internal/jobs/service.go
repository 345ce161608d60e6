package jobs

import (
	"context"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/queue"
)

// Agent is what jobs asks of a host's agent; *agentclient.Agent has it.
type Agent interface {
	Plan(ctx context.Context, r agentapi.ApplyRequest) (agentapi.Plan, error)
	Apply(ctx context.Context, key string, r agentapi.ApplyRequest) (agentapi.Job, error)
	Rollback(ctx context.Context, key, agentJobID string) (agentapi.Job, error)
	Reboot(ctx context.Context, key string, r agentapi.RebootRequest) (agentapi.Job, error)
	Refresh(ctx context.Context, key string) (agentapi.Job, error)
	Job(ctx context.Context, agentJobID string) (agentapi.Job, error)
	JobByKey(ctx context.Context, key string) (j agentapi.Job, found bool, err error)
	Cancel(ctx context.Context, agentJobID string) (agentapi.Job, error)
	Log(ctx context.Context, agentJobID string, after int64) (agentapi.LogPage, error)
	Events(ctx context.Context, agentJobID string, after int64, fn func(agentapi.Event) error) error
}

// Deps is what a Service works with.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
	// Queue inserts the background work of plans.
	Queue *queue.Client
	// Agents returns the agent of a host.
	Agents func(agentclient.Target) Agent
	// Listener nudges the loops. Nil: they only look at their interval.
	Listener *db.Listener
	// StepUpHosts is the most hosts that an order may have without a fresh second
	// factor, asked with each order. Nil: any number.
	StepUpHosts func() int
	// Crash is called before and after every step of a host run that another
	// process can see. Tests end the worker in it; nil does nothing.
	Crash func(point string)
}

// Service has the use cases and, in a worker process, the loops.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	queue  *queue.Client
	agents func(agentclient.Target) Agent
	listen *db.Listener
	crash  func(point string)
	stepUp func() int
	work   *worker
}

// New makes a Service.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, queue: d.Queue, agents: d.Agents, listen: d.Listener, crash: d.Crash}
	if s.stepUp = d.StepUpHosts; s.stepUp == nil {
		s.stepUp = func() int { return maxHosts }
	}
	if s.crash == nil {
		s.crash = func(string) {}
	}
	s.work = newWorker(s)
	return s
}

// AgentsOf adapts the client to Deps.Agents.
func AgentsOf(c *agentclient.Client) func(agentclient.Target) Agent {
	return func(t agentclient.Target) Agent { return c.For(t) }
}

// inTx runs fn in a transaction, between two crash points.
func (s *Service) inTx(ctx context.Context, point string, fn func(tx db.Tx) error) error {
	s.crash("before " + point)
	if err := s.db.InTx(ctx, fn); err != nil {
		return err
	}
	s.crash("after " + point)
	return nil
}
