package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Member is a user in a group.
type Member struct {
	ID          ids.ID `json:"id"`
	Username    string `json:"username"`
	DisplayName string `json:"display_name"`
	Role        Role   `json:"role" enum:"admin,operator,auditor"`
	Disabled    bool   `json:"disabled"`
}

// MemberList is all members of a group, by name.
type MemberList struct {
	Items []Member `json:"items" nullable:"false"`
	Total int      `json:"total"`
}

// Members lists who is in a group.
func (s *Service) Members(ctx context.Context, actor Actor, group ids.ID) (MemberList, error) {
	if err := actor.Require(SeeUsers); err != nil {
		return MemberList{}, err
	}
	groups, err := groupNames(ctx, s.db, []ids.ID{group})
	if err != nil {
		return MemberList{}, err
	}
	if len(groups) == 0 || !actor.seesGroup(group) {
		return MemberList{}, apierr.NotFound("group")
	}
	items, err := listMembers(ctx, s.db, group)
	return MemberList{Items: items, Total: len(items)}, err
}

// seesGroup reports whether a token is not narrowed to other groups.
func (a Actor) seesGroup(group ids.ID) bool {
	for _, id := range a.Groups {
		if id == group {
			return true
		}
	}
	return a.Groups == nil
}

// SetMembers makes exactly these users the members of a group. It is in force
// for their next request, and within seconds for open connections.
func (s *Service) SetMembers(ctx context.Context, actor Actor, group ids.ID, users []ids.ID) (MemberList, error) {
	if err := actor.RequireFresh(ManageGroups, s.clock.Now()); err != nil {
		return MemberList{}, err
	}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		if err := s.lockUsers(ctx, tx, actor); err != nil {
			return err
		}
		return s.writeMembers(ctx, tx, actor, group, users)
	})
	if err != nil {
		return MemberList{}, fmt.Errorf("set members of group: %w", err)
	}
	return s.Members(ctx, actor, group)
}

func (s *Service) writeMembers(ctx context.Context, tx db.Tx, actor Actor, group ids.ID, wanted []ids.ID) error {
	groups, err := groupNames(ctx, tx, []ids.ID{group})
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return apierr.NotFound("group")
	}
	users, err := userNames(ctx, tx, wanted)
	if err != nil {
		return err
	}
	for _, id := range wanted {
		if !contains(users, id) {
			return apierr.Invalid(apierr.Detail{Field: "user_ids", Value: id.String(), Message: "There is no such user."})
		}
	}
	before, err := membersOf(ctx, tx, group)
	if err != nil {
		return err
	}
	added, removed := difference(before, users)
	if len(added)+len(removed) == 0 {
		return nil
	}
	if err := removeMemberships(ctx, tx, idsOf(removed), []ids.ID{group}); err != nil {
		return err
	}
	if err := addMemberships(ctx, tx, idsOf(added), []ids.ID{group}); err != nil {
		return err
	}
	target := audit.Target{Kind: "group", ID: group.String(), Name: groups[0].Name}
	return audit.Append(ctx, tx, actor.Entry("group.members_change", target, membershipDetails(added, removed)))
}
