package auth

import (
	"cmp"
	"context"
	"slices"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// named is an object as the audit trail names it.
type named struct {
	ID   ids.ID `json:"id"`
	Name string `json:"name"`
}

// setGroups makes a user a member of exactly these groups, and says which ones
// that added and removed. Groups that do not exist are refused.
func setGroups(ctx context.Context, tx db.Tx, user ids.ID, wanted []ids.ID) (added, removed []named, err error) {
	groups, err := groupNames(ctx, tx, wanted)
	if err != nil {
		return nil, nil, err
	}
	if err := refuseUnknownGroups(wanted, groups); err != nil {
		return nil, nil, err
	}
	before, err := groupsOfUser(ctx, tx, user)
	if err != nil {
		return nil, nil, err
	}
	added, removed = difference(before, groups)
	if err := removeMemberships(ctx, tx, []ids.ID{user}, idsOf(removed)); err != nil {
		return nil, nil, err
	}
	return added, removed, addMemberships(ctx, tx, []ids.ID{user}, idsOf(added))
}

func refuseUnknownGroups(wanted []ids.ID, found []named) error {
	for _, id := range wanted {
		if !contains(found, id) {
			return apierr.Invalid(apierr.Detail{Field: "group_ids", Value: id.String(), Message: "There is no such group."})
		}
	}
	return nil
}

func contains(list []named, id ids.ID) bool {
	return slices.ContainsFunc(list, func(n named) bool { return n.ID == id })
}

// difference is what has to be added and removed to come from before to after,
// by name.
func difference(before, after []named) (added, removed []named) {
	for _, n := range after {
		if !contains(before, n.ID) {
			added = append(added, n)
		}
	}
	for _, n := range before {
		if !contains(after, n.ID) {
			removed = append(removed, n)
		}
	}
	byName := func(a, b named) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(added, byName)
	slices.SortFunc(removed, byName)
	return added, removed
}

func idsOf(list []named) []ids.ID {
	out := make([]ids.ID, len(list))
	for i, n := range list {
		out[i] = n.ID
	}
	return out
}

// membershipDetails are for the audit trail; empty lists are left out.
func membershipDetails(added, removed []named) map[string]any {
	d := map[string]any{}
	if len(added) > 0 {
		d["added"] = added
	}
	if len(removed) > 0 {
		d["removed"] = removed
	}
	return d
}
