package hosts

import (
	"context"
	"slices"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// AddGroupHosts puts hosts into a group. Those that are in it already stay. One
// that does not exist for the actor refuses all of them.
func (s *Service) AddGroupHosts(ctx context.Context, actor auth.Actor, group ids.ID, list []ids.ID) (Group, error) {
	return s.moveHosts(ctx, actor, group, list, "group.add_hosts", insertMemberships)
}

// RemoveGroupHosts takes hosts out of a group.
func (s *Service) RemoveGroupHosts(ctx context.Context, actor auth.Actor, group ids.ID, list []ids.ID) (Group, error) {
	return s.moveHosts(ctx, actor, group, list, "group.remove_hosts", deleteMemberships)
}

// moveHosts changes the hosts of one group: who sees them changes with it, so it
// needs a second factor that was shown just now.
func (s *Service) moveHosts(ctx context.Context, actor auth.Actor, group ids.ID, list []ids.ID, action string,
	change func(context.Context, db.Tx, memberships) ([]ids.ID, error)) (Group, error) {
	if err := actor.RequireFresh(auth.ManageGroups, s.now()); err != nil {
		return Group{}, err
	}
	if err := checkIDs("host_ids", "host", list, 1); err != nil {
		return Group{}, err
	}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		g, err := lockGroup(ctx, tx, ScopeOf(actor), group)
		if err != nil {
			return err
		}
		names, err := knownHosts(ctx, tx, ScopeOf(actor), list)
		if err != nil {
			return err
		}
		if err := errUnknown("host_ids", "host", list, names); err != nil {
			return err
		}
		changed, err := change(ctx, tx, memberships{groups: []ids.ID{group}, hosts: list, at: s.now()})
		if err != nil || len(changed) == 0 {
			return err
		}
		if err := NotifyChanged(ctx, tx, changed...); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry(action, GroupRef{g.ID, g.Name}.target(),
			map[string]any{"hosts": someNames(changed, names), "host_count": len(changed)}))
	})
	if err != nil {
		return Group{}, err
	}
	return s.Group(ctx, ScopeOf(actor), group)
}

func someNames(list []ids.ID, names map[ids.ID]string) []string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = names[id]
	}
	slices.Sort(out)
	return firstOf(out, maxAuditNames)
}

// SetHostGroups makes these the groups of a host.
func (s *Service) SetHostGroups(ctx context.Context, actor auth.Actor, host ids.ID, groups []ids.ID) (Host, error) {
	if err := actor.RequireFresh(auth.ManageGroups, s.now()); err != nil {
		return Host{}, err
	}
	if err := checkIDs("group_ids", "group", groups, 0); err != nil {
		return Host{}, err
	}
	h, err := s.Get(ctx, ScopeOf(actor), host)
	if err != nil {
		return Host{}, err
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error { return s.setHostGroups(ctx, tx, actor, h, groups) })
	if err != nil {
		return Host{}, err
	}
	return s.Get(ctx, ScopeOf(actor), host)
}

func (s *Service) setHostGroups(ctx context.Context, tx db.Tx, actor auth.Actor, h Host, groups []ids.ID) error {
	names, err := lockGroups(ctx, tx, ScopeOf(actor), groups)
	if err != nil {
		return err
	}
	if err := errUnknown("group_ids", "group", groups, names); err != nil {
		return err
	}
	before, err := groupsOf(ctx, tx, h.ID)
	if err != nil {
		return err
	}
	gone, fresh := difference(before, groups, names)
	if len(gone)+len(fresh) == 0 {
		return nil
	}
	if _, err := deleteMemberships(ctx, tx, memberships{groups: idsOf(gone), hosts: []ids.ID{h.ID}}); err != nil {
		return err
	}
	if _, err := insertMemberships(ctx, tx, memberships{groups: idsOf(fresh), hosts: []ids.ID{h.ID}, at: s.now()}); err != nil {
		return err
	}
	if err := NotifyChanged(ctx, tx, h.ID); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("host.set_groups", audit.Target{Kind: "host", ID: h.ID.String(), Name: h.Name},
		map[string]any{"added": namesOf(fresh), "removed": namesOf(gone)}))
}

// difference is which groups a host leaves and which it joins.
func difference(before []GroupRef, wanted []ids.ID, names map[ids.ID]string) (gone, fresh []GroupRef) {
	had := idsOf(before)
	for _, g := range before {
		if !slices.Contains(wanted, g.ID) {
			gone = append(gone, g)
		}
	}
	for _, id := range wanted {
		if !slices.Contains(had, id) {
			fresh = append(fresh, GroupRef{id, names[id]})
		}
	}
	return gone, fresh
}

func idsOf(list []GroupRef) []ids.ID {
	out := make([]ids.ID, len(list))
	for i, g := range list {
		out[i] = g.ID
	}
	return out
}

func namesOf(list []GroupRef) []string {
	out := make([]string, len(list))
	for i, g := range list {
		out[i] = g.Name
	}
	slices.Sort(out)
	return out
}
