package task

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"patchmanager/internal/agentapi"
)

// tidyInterval is how often an idle engine looks for what is too old. It costs
// a few directory reads.
const tidyInterval = 6 * time.Hour

// tidy removes what is kept no longer. What cannot be removed is logged and
// tried again next time.
func (e *Engine) tidy(ctx context.Context) {
	now := e.opts.Clock.Now()
	for _, j := range e.ended() {
		if now.Sub(*j.Job.CompletedAt) > agentapi.FinishedRetention {
			e.drop(ctx, j.Job)
		}
	}
	e.tidySaved(ctx, now)
}

// ended lists the records of the jobs that have ended, newest first.
func (e *Engine) ended() []record {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []record
	for _, j := range e.jobs {
		if j.rec.Job.Status.Final() && j.rec.Job.CompletedAt != nil {
			out = append(out, j.rec)
		}
	}
	slices.SortFunc(out, func(a, b record) int { return b.Job.CompletedAt.Compare(*a.Job.CompletedAt) })
	return out
}

func (e *Engine) drop(ctx context.Context, ended agentapi.Job) {
	if err := e.journal.remove(ended.JobID); err != nil {
		e.opts.Log.ErrorContext(ctx, "remove an old job", "job_id", ended.JobID, "error", err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.jobs, ended.JobID)
	delete(e.keys, ended.IdempotencyKey)
}

// tidySaved keeps the newest saved package files up to the limits of size and
// age; the newest job keeps its own whatever their size.
func (e *Engine) tidySaved(ctx context.Context, now time.Time) {
	var total int64
	for i, r := range e.ended() {
		dir := e.journal.path(r.Job.JobID, "saved")
		size, err := dirSize(dir)
		if err != nil {
			e.opts.Log.ErrorContext(ctx, "measure saved packages", "job_id", r.Job.JobID, "error", err)
			continue
		}
		total += size
		old := now.Sub(*r.Job.CompletedAt) > e.opts.SavedMaxAge
		if size == 0 || !old && (i == 0 || total <= e.opts.SavedMaxBytes) {
			continue
		}
		total -= size
		if err := e.dropSaved(ctx, r.Job.JobID, dir); err != nil {
			e.opts.Log.ErrorContext(ctx, "remove saved packages", "job_id", r.Job.JobID, "error", err)
		}
	}
}

func (e *Engine) dropSaved(ctx context.Context, id, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	e.mu.Lock()
	j := e.jobs[id]
	rec := j.rec
	e.mu.Unlock()
	ready := e.readiness(ctx, rec)
	ready.Reasons = append([]string{"the saved packages were removed to free space"}, ready.Reasons...)
	return e.update(j, func(r *record) error { r.Job.Rollback = ready; return nil })
}

func dirSize(dir string) (int64, error) {
	var total int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return total, err
}

// remove takes a job off the disk. The rename makes it gone at once.
func (j journal) remove(id string) error {
	if err := os.Rename(j.path(id), j.path("."+id)); err != nil {
		return fmt.Errorf("remove job: %w", err)
	}
	return os.RemoveAll(j.path("." + id))
}

// strip removes everything of a job but its record.
func (j journal) strip(id string) error {
	entries, err := os.ReadDir(j.path(id))
	if err != nil {
		return fmt.Errorf("strip job: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() != "job.json" {
			err = errors.Join(err, os.RemoveAll(j.path(id, entry.Name())))
		}
	}
	return err
}
