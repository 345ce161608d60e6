package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"patchmanager/internal/clock"
	"patchmanager/internal/queue"
	"patchmanager/internal/runner"
)

// loops is everything that a process does by itself.
func (p *process) loops(ctx context.Context) []runner.Loop {
	d := p.domains
	all := d.settings.Loops() // each process has its own copy
	switch {
	case p.role.web && p.role.worker:
		return slices.Concat(all, d.webLoops(), d.workerLoops(ctx))
	case p.role.web:
		return slices.Concat(all, d.webLoops(), d.ca.Loops(nil)) // its own certificates only
	default:
		return slices.Concat(all, d.workerLoops(ctx))
	}
}

// webLoops serve the connections of this very process.
func (d domains) webLoops() []runner.Loop { return append(d.live.Loops(), d.audit.Watch()) }

// workerLoops may run in any number of processes.
func (d domains) workerLoops(ctx context.Context) []runner.Loop {
	return slices.Concat(
		d.auth.Loops(),
		d.audit.Loops(),
		d.ca.Loops(d.agents), // its own certificates and the hosts'
		d.hosts.Loops(),
		d.enrollment.Loops(),
		d.discovery.Loops(),
		d.jobs.Loops(ctx),
	)
}

// workers is everything that the queue can carry out.
func (p *process) workers() (*river.Workers, []*river.PeriodicJob) {
	w := river.NewWorkers()
	p.domains.jobs.AddWorkers(w)
	p.domains.audit.AddWorkers(w)
	p.domains.discovery.AddWorkers(w)
	return w, slices.Concat(p.domains.jobs.Periodic(), p.domains.audit.Periodic(), p.domains.discovery.Periodic())
}

// background is the running loops and queue.
type background struct {
	queue *queue.Client // nil without worker
	loops sync.WaitGroup
}

// startBackground runs until ctx ends; wait then returns when all has stopped.
func (p *process) startBackground(ctx context.Context) (*background, error) {
	b, loops := &background{}, p.loops(ctx)
	if p.role.worker {
		heart := p.heartbeat()
		if _, err := heart.Once(ctx); err != nil { // whoever asks after READY finds a worker
			return nil, err
		}
		loops = append(loops, heart)
		var err error
		if b.queue, err = p.startQueue(ctx); err != nil {
			return nil, err
		}
	}
	loops = p.metrics.Loops(p.clock, loops...)
	b.loops.Go(func() { p.notified.Run(ctx) })
	b.loops.Go(func() { runner.Run(ctx, p.clock, loops...) })
	return b, nil
}

// startQueue does not bind the queue to ctx, which would cut its jobs off.
func (p *process) startQueue(ctx context.Context) (*queue.Client, error) {
	workers, periodic := p.workers()
	q, err := queue.NewWorker(p.db, slog.Default(), workers, periodic)
	if err != nil {
		return nil, err
	}
	if err := q.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("start queue: %w", err)
	}
	return q, nil
}

// Jobs of the queue get some seconds to finish; what is cut off is run again.
const (
	queueGrace = 5 * time.Second
	loopsGrace = 15 * time.Second
)

func (b *background) wait(ctx context.Context, c clock.Clock) error {
	err := b.stopQueue(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.loops.Wait()
	}()
	select {
	case <-ended:
		return err
	case <-c.After(loopsGrace):
		return errors.Join(err, errors.New("the background loops did not stop in time"))
	}
}

func (b *background) stopQueue(ctx context.Context) error {
	if b.queue == nil {
		return nil
	}
	soft, cancel := context.WithTimeout(ctx, queueGrace)
	defer cancel()
	if b.queue.Stop(soft) == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(ctx, queueGrace)
	defer cancel()
	if err := b.queue.StopAndCancel(hard); err != nil {
		return fmt.Errorf("stop queue: %w", err)
	}
	return nil
}
