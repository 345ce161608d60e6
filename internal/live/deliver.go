package live

import (
	"context"

	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
)

// deliver sends every event that is new to this connection, and notes what else
// has changed. Notes come first: an event may be of a host that has left the
// scope before.
func (c *client) deliver(ctx context.Context) error {
	if err := c.note(ctx); err != nil {
		return err
	}
	for job, sub := range c.jobs {
		if err := c.deliverJob(ctx, job, sub); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) note(ctx context.Context) error {
	var notes []note
	notes, c.notes = c.s.hub.notesAfter(c.notes)
	view := false
	for _, n := range notes {
		c.keep(n)
		view = view || n.view || n.all
	}
	if !view || c.scope.IsAll() {
		return nil
	}
	return c.checkView(ctx)
}

// deliverJob sends stored events until the ring reaches back to the cursor, and
// then those of the ring.
func (c *client) deliverJob(ctx context.Context, job ids.ID, sub *subscription) error {
	if sub.caughtUp && c.s.hub.position().last-sub.cursor > int64(c.s.behind) {
		return errSlow
	}
	for {
		events, last, reached := c.s.hub.eventsAfter(sub.cursor)
		if reached {
			return c.follow(ctx, job, sub, events, last)
		}
		// Taken before the read: what is visible now, the read finds. Skipping to
		// where the ring begins after it could skip events that came in between.
		base, ready := c.s.hub.start()
		stored, err := c.s.jobs.JobEvents(ctx, c.scope, job, sub.cursor, readAtOnce)
		if err != nil {
			return err
		}
		if err := c.sayEvents(ctx, job, sub, stored); err != nil {
			return err
		}
		if len(stored) == 0 && !ready {
			return nil // the hub has not started; it wakes this connection
		}
		if len(stored) == 0 {
			sub.cursor = max(sub.cursor, base)
		}
	}
}

func (c *client) follow(ctx context.Context, job ids.ID, sub *subscription, events []jobs.JobEvent, last int64) error {
	if err := c.sayEvents(ctx, job, sub, events); err != nil {
		return err
	}
	sub.cursor = max(sub.cursor, last)
	if sub.caughtUp {
		return nil
	}
	sub.caughtUp = true
	return c.say(ctx, caughtUpMessage{"caught_up", job, sub.cursor})
}

// sayEvents sends the events of a job that are in the scope.
func (c *client) sayEvents(ctx context.Context, job ids.ID, sub *subscription, events []jobs.JobEvent) error {
	for _, e := range events {
		if e.JobID != job || e.ID <= sub.cursor {
			continue
		}
		if sub.visible[e.HostID] {
			if err := c.say(ctx, eventMessage{"event", e}); err != nil {
				return err
			}
		}
		sub.cursor = e.ID
	}
	return nil
}

// keep keeps what a note asks for, if this connection wants to know.
func (c *client) keep(n note) {
	switch {
	case n.view: // checked already
	case n.all:
		c.allHosts = c.allHosts || c.fleet
		for job := range c.jobs {
			c.touch(job)
		}
	case n.job.IsZero():
		if c.fleet {
			c.hosts[n.host] = true
		}
	case c.jobs[n.job] != nil || c.fleet:
		c.touch(n.job)
		if c.jobs[n.job] != nil && !n.host.IsZero() {
			c.dirty[n.job][n.host] = true
		}
	}
}

func (c *client) touch(job ids.ID) {
	if c.dirty[job] == nil {
		c.dirty[job] = map[ids.ID]bool{}
	}
}

func (c *client) hasDirty() bool { return len(c.dirty) > 0 || len(c.hosts) > 0 || c.allHosts }

// flush tells about jobs and hosts as they are now, however often they changed.
func (c *client) flush(ctx context.Context) error {
	c.flushedAt = c.s.clock.Now()
	if err := c.flushJobs(ctx); err != nil {
		return err
	}
	return c.flushHosts(ctx)
}

func (c *client) flushJobs(ctx context.Context) error {
	dirty := c.dirty
	c.dirty = map[ids.ID]map[ids.ID]bool{}
	if len(dirty) == 0 {
		return nil
	}
	summaries, err := c.s.jobs.Summaries(ctx, c.scope, keys(dirty))
	if err != nil {
		return err
	}
	for _, j := range summaries {
		if err := c.flushJobHosts(ctx, j.ID, keys(dirty[j.ID])); err != nil {
			return err
		}
		if err := c.say(ctx, jobMessage{"job", j}); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) flushJobHosts(ctx context.Context, job ids.ID, hostIDs []ids.ID) error {
	if len(hostIDs) == 0 {
		return nil
	}
	hs, err := c.s.jobs.JobHosts(ctx, c.scope, job, hostIDs)
	if err != nil {
		return err
	}
	for _, h := range hs {
		if err := c.say(ctx, jobHostMessage{"job_host", job, h}); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) flushHosts(ctx context.Context) error {
	changed, all := keys(c.hosts), c.allHosts
	clear(c.hosts)
	c.allHosts = false
	if all {
		return c.say(ctx, hostMessage{"host", ""})
	}
	if len(changed) == 0 {
		return nil
	}
	visible, err := visibleHosts(ctx, c.s.db, c.scope, changed)
	if err != nil {
		return err
	}
	for _, id := range visible {
		if err := c.say(ctx, hostMessage{"host", id.String()}); err != nil {
			return err
		}
	}
	return nil
}

func keys[V any](m map[ids.ID]V) []ids.ID {
	out := make([]ids.ID, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
