package hosts

import (
	"context"
	"fmt"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Remove ends a host: it is no longer polled nor shown, its certificate is
// refused from the next connection on, its history stays. A host at whose
// agent an order is under way is not removed: nobody would see how it ended.
func (s *Service) Remove(ctx context.Context, actor auth.Actor, id ids.ID) error {
	if err := actor.Require(auth.ManageHosts); err != nil {
		return err
	}
	h, err := s.Get(ctx, ScopeOf(actor), id)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx db.Tx) error { return s.remove(ctx, tx, actor, h) })
}

func (s *Service) remove(ctx context.Context, tx db.Tx, actor auth.Actor, h Host) error {
	number, held, err := heldBy(ctx, tx, h.ID)
	if err != nil {
		return err
	}
	if held {
		return apierr.Conflict("host_busy", "Job %d is under way on %s. Wait for it or cancel it, then remove the host.", number, h.Name)
	}
	removed, err := removeHost(ctx, tx, h.ID, s.now())
	if err != nil {
		return err
	}
	if !removed {
		return apierr.NotFound("host") // somebody else was faster
	}
	if err := s.deps.Certificates.Revoke(ctx, tx, h.ID, "the host was removed"); err != nil {
		return fmt.Errorf("remove host: %w", err)
	}
	if err := NotifyChanged(ctx, tx, h.ID); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("host.remove",
		audit.Target{Kind: "host", ID: h.ID.String(), Name: h.Name},
		map[string]any{"address": h.Address, "machine_id": h.MachineID}))
}
