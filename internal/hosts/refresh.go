package hosts

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// RequestRefresh makes every poll of a host due at once and nudges the pollers
// when tx commits. An attempt that is under way does not count: what it read
// may be older than the request.
func RequestRefresh(ctx context.Context, tx db.Tx, host ids.ID, now time.Time) error {
	if err := makeDue(ctx, tx, host, now); err != nil {
		return err
	}
	return db.Notify(ctx, tx, db.ChannelPolls, "")
}

// Refresh asks for fresh facts of a host on behalf of a person. The facts have
// arrived, or the host has failed to tell them, once its refreshed_at is not
// before the returned time.
func (s *Service) Refresh(ctx context.Context, actor auth.Actor, host ids.ID) (time.Time, error) {
	if err := actor.Require(auth.OperateFleet); err != nil {
		return time.Time{}, err
	}
	h, err := s.Get(ctx, ScopeOf(actor), host)
	if err != nil {
		return time.Time{}, err
	}
	if h.EnrolledAt == nil {
		return time.Time{}, errAwaited(h.Name)
	}
	now := s.now()
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := RequestRefresh(ctx, tx, host, now); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("host.refresh", audit.Target{Kind: "host", ID: host.String(), Name: h.Name}, nil))
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("refresh host: %w", err)
	}
	return now, nil
}

// errAwaited refuses to ask a host that has no agent yet.
func errAwaited(name string) error {
	return apierr.Conflict("host_not_enrolled", "The agent of %s has not enrolled yet. Run the enrollment command on it first.", name)
}
