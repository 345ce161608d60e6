package jobs

import (
	"context"
	"strings"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Payloads on db.ChannelEvents: payloadEvents says that there are events above
// the last known id, payloadJob and an id that a job itself has changed.
const (
	payloadEvents = "events"
	payloadJob    = "job "
)

func notifyJob(ctx context.Context, tx db.Tx, job ids.ID) error {
	return db.Notify(ctx, tx, db.ChannelEvents, payloadJob+job.String())
}

// ParseEvent reads a payload of db.ChannelEvents: events says that there are new
// ones, job names a changed job. ok is false for a payload that is not about jobs.
func ParseEvent(payload string) (job ids.ID, events, ok bool) {
	if payload == payloadEvents {
		return job, true, true
	}
	rest, ok := strings.CutPrefix(payload, payloadJob)
	if !ok {
		return job, false, false
	}
	job, err := ids.Parse(rest)
	return job, false, err == nil
}
