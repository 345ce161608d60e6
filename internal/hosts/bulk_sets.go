package hosts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// LabelChange is which labels hosts get and lose.
type LabelChange struct {
	Add    []Label
	Remove []string // key, or key=value for only this value
}

// labelPlan is a checked LabelChange.
type labelPlan struct {
	add   []Label
	keys  []string // to take off with any value
	exact []Label  // to take off with this value
}

func (c LabelChange) plan() (p labelPlan, err error) {
	bad := CheckLabels("add", c.Add)
	for i, text := range c.Remove {
		l, err := ParseLabel(text)
		switch {
		case err != nil:
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("remove[%d]", i), Value: clip(text, 200), Message: `Must be "key" or "key=value".`})
		case slices.ContainsFunc(c.Add, func(a Label) bool { return a.Key == l.Key }):
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("remove[%d]", i), Value: clip(text, 200), Message: "This key is added too; adding replaces its value."})
		case strings.Contains(text, "="):
			p.exact = append(p.exact, l)
		default:
			p.keys = append(p.keys, l.Key)
		}
	}
	if len(c.Add)+len(c.Remove) == 0 {
		bad = append(bad, apierr.Detail{Field: "add", Message: "Name at least one label to add or to remove."})
	}
	if len(bad) > 0 {
		return p, apierr.Invalid(bad...)
	}
	p.add = c.Add
	return p, nil
}

// LabelMany adds labels to many hosts and takes labels off. A host that would
// have too many keeps what it has.
func (s *Service) LabelMany(ctx context.Context, actor auth.Actor, t Target, change LabelChange) (BulkResult, error) {
	if err := actor.Require(auth.ManageHosts); err != nil {
		return BulkResult{}, err
	}
	p, err := change.plan()
	if err != nil {
		return BulkResult{}, err
	}
	added := labelTexts(p.add)
	return s.runBulk(ctx, actor, t, bulk{action: "hosts.label", line: "host.label", detail: plusMinus(added, change.Remove),
		details: map[string]any{"added": added, "removed": change.Remove},
		do: func(tx db.Tx, c chosenHosts, r *BulkResult) ([]ids.ID, error) {
			crowded, err := crowdedAmong(ctx, tx, ScopeOf(actor), c.ids, p)
			if err != nil {
				return nil, err
			}
			list := r.refuse("too_many_labels", fmt.Sprintf("A host has at most %d labels. Take some off first.", maxLabels), crowded, c)
			changed, err := dropLabels(ctx, tx, list, p.keys, p.exact)
			if err != nil {
				return nil, err
			}
			more, _, err := mergeLabels(ctx, tx, list, p.add)
			return uniqueIDs(append(changed, more...)), err
		}})
}

// GroupMoves is which groups hosts join and leave.
type GroupMoves struct {
	Add    []ids.ID
	Remove []ids.ID
}

func (m GroupMoves) check() error {
	if len(m.Add)+len(m.Remove) == 0 {
		return apierr.Invalid(apierr.Detail{Field: "add", Message: "Name at least one group to join or to leave."})
	}
	if err := checkIDs("add", "group", m.Add, 0); err != nil {
		return err
	}
	if err := checkIDs("remove", "group", m.Remove, 0); err != nil {
		return err
	}
	for i, id := range m.Remove {
		if slices.Contains(m.Add, id) {
			return apierr.Invalid(apierr.Detail{Field: fmt.Sprintf("remove[%d]", i), Value: id.String(), Message: "This group is to be joined too."})
		}
	}
	return nil
}

// GroupMany puts many hosts into groups and takes them out of others: who sees
// them changes, so it needs a second factor shown just now.
func (s *Service) GroupMany(ctx context.Context, actor auth.Actor, t Target, m GroupMoves) (BulkResult, error) {
	if err := actor.RequireFresh(auth.ManageGroups, s.now()); err != nil {
		return BulkResult{}, err
	}
	if err := m.check(); err != nil {
		return BulkResult{}, err
	}
	b := bulk{action: "hosts.group", line: "host.set_groups", details: map[string]any{}}
	b.do = func(tx db.Tx, c chosenHosts, _ *BulkResult) ([]ids.ID, error) {
		names, err := lockGroups(ctx, tx, ScopeOf(actor), slices.Concat(m.Add, m.Remove))
		if err != nil {
			return nil, err
		}
		for field, list := range map[string][]ids.ID{"add": m.Add, "remove": m.Remove} {
			if err := errUnknown(field, "group", list, names); err != nil {
				return nil, err
			}
			b.details[field] = someNames(list, names)
		}
		gone, err := deleteMemberships(ctx, tx, memberships{groups: m.Remove, hosts: c.ids})
		if err != nil {
			return nil, err
		}
		fresh, err := insertMemberships(ctx, tx, memberships{groups: m.Add, hosts: c.ids, at: s.now()})
		return uniqueIDs(append(gone, fresh...)), err
	}
	return s.runBulk(ctx, actor, t, b)
}

// plusMinus is a change in one line: +new -old.
func plusMinus(added, removed []string) string {
	var out []string
	for _, a := range added {
		out = append(out, "+"+a)
	}
	for _, r := range removed {
		out = append(out, "-"+r)
	}
	return strings.Join(out, " ")
}
