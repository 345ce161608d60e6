package hosts

import (
	"context"
	"strings"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Payloads on db.ChannelEvents that say that facts of hosts have changed:
// "hosts <id> <id> …", or "hosts *" when they are too many to name.
const (
	eventPrefix = "hosts "
	eventAll    = "*"
	maxEventIDs = 100 // 2.7 KiB; PostgreSQL takes 8000 bytes
)

// NotifyChanged tells the other processes, when tx commits, that facts of these
// hosts have changed.
func NotifyChanged(ctx context.Context, tx db.Tx, changed ...ids.ID) error {
	if len(changed) == 0 {
		return nil
	}
	payload := eventPrefix + eventAll
	if len(changed) <= maxEventIDs {
		names := make([]string, len(changed))
		for i, id := range changed {
			names[i] = id.String()
		}
		payload = eventPrefix + strings.Join(names, " ")
	}
	return db.Notify(ctx, tx, db.ChannelEvents, payload)
}

// eventScope is said by the database itself when memberships change, see
// migration 0010: a scope may hold other hosts now.
const eventScope = "scope"

// IsScopeEvent reports whether a payload of db.ChannelEvents says that scopes
// may hold other hosts now.
func IsScopeEvent(payload string) bool { return payload == eventScope }

// notifyAll is NotifyChanged for any host.
func notifyAll(ctx context.Context, tx db.Tx) error {
	return db.Notify(ctx, tx, db.ChannelEvents, eventPrefix+eventAll)
}

// ParseEvent reads a payload of db.ChannelEvents. ok is false for one that is
// not about hosts; all says that any host may have changed.
func ParseEvent(payload string) (changed []ids.ID, all, ok bool) {
	rest, ok := strings.CutPrefix(payload, eventPrefix)
	if !ok {
		return nil, false, false
	}
	for _, f := range strings.Fields(rest) {
		id, err := ids.Parse(f)
		if err != nil {
			return nil, true, true
		}
		changed = append(changed, id)
	}
	return changed, false, true
}
