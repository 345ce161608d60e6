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

// CreateGroup makes an empty group. It changes nobody's view, so it needs no
// fresh second factor.
func (s *Service) CreateGroup(ctx context.Context, actor auth.Actor, in GroupInput) (Group, error) {
	if err := actor.Require(auth.ManageGroups); err != nil {
		return Group{}, err
	}
	in, err := in.normal()
	if err != nil {
		return Group{}, err
	}
	g := Group{ID: ids.New(), Name: in.Name, Description: in.Description, CreatedAt: s.now()}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := insertGroup(ctx, tx, g); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("group.create", GroupRef{g.ID, g.Name}.target(), map[string]any{"description": g.Description}))
	})
	if db.IsUnique(err, groupNameUnique) {
		return Group{}, errGroupName(in.Name)
	}
	return g, err
}

// UpdateGroup renames or describes a group.
func (s *Service) UpdateGroup(ctx context.Context, actor auth.Actor, id ids.ID, change GroupChange) (Group, error) {
	if err := actor.Require(auth.ManageGroups); err != nil {
		return Group{}, err
	}
	var wanted GroupInput
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		before, err := lockGroup(ctx, tx, ScopeOf(actor), id)
		if err != nil {
			return err
		}
		if wanted, err = change.on(before).normal(); err != nil {
			return err
		}
		return s.updateGroup(ctx, tx, actor, before, wanted)
	})
	if db.IsUnique(err, groupNameUnique) {
		return Group{}, errGroupName(wanted.Name)
	}
	if err != nil {
		return Group{}, err
	}
	return s.Group(ctx, ScopeOf(actor), id)
}

// on is the group with the change made.
func (c GroupChange) on(g Group) GroupInput {
	in := GroupInput{Name: g.Name, Description: g.Description}
	if c.Name != nil {
		in.Name = *c.Name
	}
	if c.Description != nil {
		in.Description = *c.Description
	}
	return in
}

func (s *Service) updateGroup(ctx context.Context, tx db.Tx, actor auth.Actor, before Group, in GroupInput) error {
	if in.Name == before.Name && in.Description == before.Description {
		return nil
	}
	if err := setGroup(ctx, tx, before.ID, in); err != nil {
		return err
	}
	if err := notifyAll(ctx, tx); err != nil { // its name stands beside every one of its hosts
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("group.update", GroupRef{before.ID, in.Name}.target(),
		map[string]any{"name_before": before.Name, "description_before": before.Description, "description": in.Description}))
}

// DeleteGroup takes a group away. Its hosts and users stay; who saw the hosts by
// this group alone no longer does. The audit trail keeps who and what was in it.
func (s *Service) DeleteGroup(ctx context.Context, actor auth.Actor, id ids.ID) error {
	if err := actor.RequireFresh(auth.ManageGroups, s.now()); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx db.Tx) error {
		g, err := lockGroup(ctx, tx, ScopeOf(actor), id)
		if err != nil {
			return err
		}
		hosts, members, err := groupContents(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := deleteGroup(ctx, tx, id); err != nil {
			return err
		}
		if err := notifyAll(ctx, tx); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("group.delete", GroupRef{g.ID, g.Name}.target(), map[string]any{
			"hosts": firstOf(hosts, maxAuditNames), "host_count": len(hosts), "members": firstOf(members, maxAuditNames), "member_count": len(members)}))
	})
}

// maxAuditNames keeps an audit row readable; the counts beside it are whole.
const maxAuditNames = 50

func missingGroup(err error) error {
	if db.IsNoRows(err) {
		return apierr.NotFound("group")
	}
	return fmt.Errorf("find group: %w", err)
}
