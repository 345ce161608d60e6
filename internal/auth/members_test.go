package auth_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/people"
)

func TestGroupMembers(t *testing.T) {
	r := emptyRig(t)
	boss, web := r.admin("boss"), r.group("Web")
	a := r.person(people.User{Name: "ann", Role: auth.RoleOperator, Groups: []ids.ID{web}})
	b := r.person(people.User{Name: "bob", Role: auth.RoleOperator})
	members := path("/groups/", web, "/members")
	list := read[auth.MemberList](boss, boss.call(http.MethodPut, members, map[string]any{"user_ids": []ids.ID{b.user.ID, b.user.ID}}))
	require.Equal(t, []auth.Member{{ID: b.user.ID, Username: "bob", Role: auth.RoleOperator}}, list.Items)
	require.Equal(t, list, read[auth.MemberList](boss, boss.get(members)))
	e := r.audited("group.members_change")[0]
	require.Equal(t, audit.Target{Kind: "group", ID: web.String(), Name: "Web"}, e.Target)
	require.JSONEq(t, fmt.Sprintf(`{"added":[{"id":%q,"name":"bob"}],"removed":[{"id":%q,"name":"ann"}]}`, b.user.ID, a.user.ID), string(e.Details))
	boss.call(http.MethodPut, members, map[string]any{"user_ids": []ids.ID{b.user.ID}})
	require.Len(t, r.audited("group.members_change"), 1, "nothing changed")

	require.Equal(t, "validation_failed", code(t, boss.call(http.MethodPut, members, map[string]any{"user_ids": []ids.ID{ids.New()}})))
	require.Equal(t, "not_found", code(t, boss.call(http.MethodPut, path("/groups/", ids.New(), "/members"), map[string]any{"user_ids": []ids.ID{}})))
	require.Equal(t, "not_found", code(t, boss.get(path("/groups/", ids.New(), "/members"))))
	require.Equal(t, "forbidden", code(t, a.get(members)))
	require.Equal(t, "forbidden", code(t, a.call(http.MethodPut, members, map[string]any{"user_ids": []ids.ID{a.user.ID}})))
}
