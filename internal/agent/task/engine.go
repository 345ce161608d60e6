package task

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// Options are what an engine works with. StateDir and Manager must be set.
type Options struct {
	StateDir string
	Manager  pkgmgr.Manager // safe for concurrent use here, see agent.Serialize
	Clock    clock.Clock
	Log      *slog.Logger

	// Supervisor is the command that ends up in RunTool with the name of the
	// spec file as its last argument; by default this binary with ToolCommand.
	Supervisor []string
	// Systemd starts supervisors as transient units; by default when the agent
	// is a unit itself.
	Systemd *bool
	BootID  func() (string, error)
	Reboot  func(context.Context) error // orders the reboot; by default RebootHost

	LockWait      time.Duration // for another package tool; 10 min
	RebootWait    time.Duration // for the new boot id; 15 min
	Silence       time.Duration // until a silent tool is reported; 10 min
	SavedMaxBytes int64         // of all saved package files; 2 GiB
	SavedMaxAge   time.Duration // of saved package files; 30 days
}

func (o *Options) fill() error {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Systemd == nil {
		under := underSystemd()
		o.Systemd = &under
	}
	if o.BootID == nil {
		o.BootID = ReadBootID
	}
	if o.Reboot == nil {
		o.Reboot = RebootHost
	}
	if len(o.Supervisor) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find own binary: %w", err)
		}
		o.Supervisor = []string{exe, ToolCommand}
	}
	orDuration(&o.LockWait, 10*time.Minute)
	orDuration(&o.RebootWait, 15*time.Minute)
	orDuration(&o.Silence, 10*time.Minute)
	orDuration(&o.SavedMaxAge, 30*24*time.Hour)
	if o.SavedMaxBytes == 0 {
		o.SavedMaxBytes = 2 << 30
	}
	return nil
}

func orDuration(d *time.Duration, standard time.Duration) {
	if *d == 0 {
		*d = standard
	}
}

// job is one job in memory.
type job struct {
	save sync.Mutex // held while the record is changed and written, so that the newest is on disk
	// Below: guarded by Engine.mu.
	rec    record
	log    *eventLog          // nil once the job has ended
	cancel context.CancelFunc // stops what may be stopped; nil unless it runs
}

// Engine carries out one order at a time. Its methods are safe for concurrent
// use.
type Engine struct {
	opts     Options
	journal  journal
	spawner  spawner
	boot     string
	problems []string // of the journal, found at start
	wake     chan struct{}

	mu   sync.Mutex
	jobs map[string]*job
	keys map[string]string // idempotency key to job id
}

// New reads the journal. Unfinished jobs go on when Run is called.
func New(o Options) (*Engine, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	journal, err := openJournal(o.StateDir)
	if err != nil {
		return nil, err
	}
	boot, err := o.BootID()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		opts: o, journal: journal, boot: boot, wake: make(chan struct{}, 1),
		spawner: spawner{command: o.Supervisor, systemd: *o.Systemd},
		jobs:    map[string]*job{}, keys: map[string]string{},
	}
	return e, e.load()
}

func (e *Engine) load() error {
	records, problems, err := e.journal.load(true)
	if err != nil {
		return err
	}
	e.problems = problems
	for _, r := range records {
		j := &job{rec: r}
		if !r.Job.Status.Final() {
			if err := e.reopen(j); err != nil {
				return err
			}
		} else if err := e.tellEnd(j); err != nil {
			return err
		}
		e.jobs[r.Job.JobID] = j
		if r.Job.IdempotencyKey != "" {
			e.keys[r.Job.IdempotencyKey] = r.Job.JobID
		}
	}
	return nil
}

// reopen prepares a job that goes on. After a boot that this job did not order
// events may be lost that somebody has seen: their numbers are not used again.
func (e *Engine) reopen(j *job) error {
	log, err := openEvents(e.journal.path(j.rec.Job.JobID, "events.jsonl"))
	if err != nil {
		return err
	}
	if j.rec.Boot != e.boot && !j.rec.leaving() {
		log.skip()
	}
	j.log = log
	j.rec.Job.Progress = max(j.rec.Job.Progress, log.lastStatus().Progress)
	return nil
}

// tellEnd writes the last event of a job that ended right before a crash.
func (e *Engine) tellEnd(j *job) error {
	if j.rec.Told || j.rec.Removed {
		return nil
	}
	log, err := openEvents(e.journal.path(j.rec.Job.JobID, "events.jsonl"))
	if err != nil {
		return err
	}
	if log.lastStatus().Status != j.rec.Job.Status {
		if j.rec.Boot != e.boot {
			log.skip()
		}
		if err := log.append([]entry{{Event: statusEvent(j.rec.Job, e.opts.Clock.Now())}}); err != nil {
			return errors.Join(err, log.close())
		}
	}
	j.rec.Job.LastSeq, j.rec.Told = log.lastSeq(), true
	return errors.Join(log.close(), e.journal.save(j.rec))
}

// Run carries out what is and what will be in the journal until ctx ends. Tools
// that run then run on; the next Run follows them.
func (e *Engine) Run(ctx context.Context) error {
	for {
		for j := e.unfinished(); j != nil && ctx.Err() == nil; j = e.unfinished() {
			if err := e.carryOut(ctx, j); err != nil {
				return err
			}
		}
		e.tidy(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-e.wake:
		case <-e.opts.Clock.After(tidyInterval):
		}
	}
}

func (e *Engine) unfinished() *job {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range e.jobs {
		if !j.rec.Job.Status.Final() {
			return j
		}
	}
	return nil
}

// update changes a record and writes it, durably, together with all events told
// so far. change may refuse.
func (e *Engine) update(j *job, change func(*record) error) error {
	j.save.Lock()
	defer j.save.Unlock()
	e.mu.Lock()
	rec, log := j.rec, j.log
	err := change(&rec)
	if err == nil {
		rec.Boot = e.boot
		j.rec = rec
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	if log != nil {
		if err := log.sync(); err != nil {
			return err
		}
	}
	return e.journal.save(rec)
}

// Job returns one job.
func (e *Engine) Job(id string) (agentapi.Job, error) {
	_, now, err := e.inHistory(id)
	return now, err
}

// inHistory finds a job that is in the history, with what is told of it now.
func (e *Engine) inHistory(id string) (*job, agentapi.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j, ok := e.jobs[id]
	if !ok || j.rec.Removed {
		return nil, agentapi.Job{}, agentapi.NewError(agentapi.CodeJobNotFound, "this agent has no job %q", id)
	}
	return j, j.view(), nil
}

// view is the job as it is told; the caller holds Engine.mu.
func (j *job) view() agentapi.Job {
	out := j.rec.Job
	if j.log != nil {
		out.LastSeq = j.log.lastSeq()
	}
	return out
}

// Jobs lists all jobs, newest first.
func (e *Engine) Jobs() []agentapi.Job {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]agentapi.Job, 0, len(e.jobs))
	for _, j := range e.jobs {
		if !j.rec.Removed {
			out = append(out, j.view())
		}
	}
	slices.SortFunc(out, func(a, b agentapi.Job) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return out
}

// Running returns the job under way, if there is one.
func (e *Engine) Running() (agentapi.Job, bool) {
	if j := e.unfinished(); j != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		return j.view(), true
	}
	return agentapi.Job{}, false
}

// Problems says what is wrong with the journal.
func (e *Engine) Problems() []string { return e.problems }

// Events opens the events of a job that come after a number.
func (e *Engine) Events(id string, after int64) (*Reader, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j, ok := e.jobs[id]
	if !ok || j.rec.Removed {
		return nil, agentapi.NewError(agentapi.CodeJobNotFound, "this agent has no job %q", id)
	}
	r, err := newReader(e.journal.path(id, "events.jsonl"), j.log, after)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, agentapi.NewError(agentapi.CodeJobNotFound, "the events of job %q are gone", id)
	}
	return r, err
}
