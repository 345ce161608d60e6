package hosts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// person is a user who is there.
func (b *bed) person(name string, role auth.Role) auth.Actor {
	b.t.Helper()
	a := auth.Actor{UserID: ids.New(), SessionID: ids.New(), Name: name, Role: role}
	b.exec("insert into auth_user (id, username, role, created_at, password_changed_at) values ($1, $2, $3, $4, $4)", a.UserID, name, string(role), start)
	return a
}

func (b *bed) view(a auth.Actor, in hosts.SavedViewInput) hosts.SavedView {
	b.t.Helper()
	v, err := b.svc.CreateView(b.t.Context(), a, in)
	require.NoError(b.t, err)
	return v
}

func (b *bed) views(a auth.Actor) []string {
	b.t.Helper()
	list, err := b.svc.Views(b.t.Context(), a)
	require.NoError(b.t, err)
	names := []string{}
	for _, v := range list.Items {
		names = append(names, v.Name)
	}
	return names
}

func code(t *testing.T, err error) string {
	t.Helper()
	e, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	return e.Code
}

func TestViewsAreSeenByTheirOwnerAndWhenShared(t *testing.T) {
	b := newBed(t)
	ann, bob := b.person("ann", auth.RoleOperator), b.person("bob", auth.RoleAuditor)
	wanted := hosts.SavedViewInput{Name: " Late ", Filter: hosts.FilterSpec{State: []hosts.State{"unreachable"}, Label: []string{"env=test,tier"}, UnseenHours: 24},
		Sort: "last_seen", Order: "desc", Columns: []string{"name", "last_seen"}}
	v := b.view(ann, wanted)
	b.view(ann, hosts.SavedViewInput{Name: "Shared", Shared: true})
	b.view(bob, hosts.SavedViewInput{Name: "Zoo"})
	require.Equal(t, []string{"Late", "Shared"}, b.views(ann))
	require.Equal(t, []string{"Zoo", "Shared"}, b.views(bob), "own ones first")
	list, err := b.svc.Views(t.Context(), ann)
	require.NoError(t, err)
	require.Equal(t, v, list.Items[0], "it comes back as it was answered")
	require.Equal(t, wanted.Filter, v.Filter)
	require.Equal(t, "ann", list.Items[0].Owner)
	list, err = b.svc.Views(t.Context(), bob)
	require.NoError(t, err)
	require.False(t, list.Items[1].Mine)
	require.Equal(t, "name", list.Items[1].Sort)
	_, err = b.svc.Views(t.Context(), auth.Actor{})
	require.Equal(t, "unauthorized", code(t, err))
}

func TestOnlyTheOwnerAndAdminsChangeAView(t *testing.T) {
	b := newBed(t)
	ann, bob, root := b.person("ann", auth.RoleOperator), b.person("bob", auth.RoleOperator), b.person("root", auth.RoleAdmin)
	private, shared := b.view(ann, hosts.SavedViewInput{Name: "private"}), b.view(ann, hosts.SavedViewInput{Name: "shared", Shared: true})
	name := "other"
	for _, c := range []struct {
		who  auth.Actor
		id   ids.ID
		want string
	}{{bob, private.ID, "not_found"}, {root, private.ID, "not_found"}, {bob, shared.ID, "forbidden"}, {root, ids.New(), "not_found"}} {
		_, err := b.svc.UpdateView(t.Context(), c.who, c.id, hosts.SavedViewChange{Name: &name})
		require.Equal(t, c.want, code(t, err), c.who.Name)
		require.Equal(t, c.want, code(t, b.svc.DeleteView(t.Context(), c.who, c.id)), c.who.Name)
	}
	v, err := b.svc.UpdateView(t.Context(), root, shared.ID, hosts.SavedViewChange{Name: &name})
	require.NoError(t, err)
	require.Equal(t, "ann", v.Owner, "it stays with its owner")
	b.clock.Advance(time.Hour)
	v, err = b.svc.UpdateView(t.Context(), ann, private.ID, hosts.SavedViewChange{Filter: &hosts.FilterSpec{Pending: "any"}})
	require.NoError(t, err)
	require.Equal(t, hosts.FilterSpec{Pending: "any"}, v.Filter)
	require.Equal(t, "private", v.Name, "what is absent stays")
	require.Equal(t, start.Add(time.Hour), v.UpdatedAt.UTC())
	require.NoError(t, b.svc.DeleteView(t.Context(), root, shared.ID))
	require.Equal(t, []string{"private"}, b.views(ann))
}

func TestEveryChangeOfAViewIsAudited(t *testing.T) {
	b := newBed(t)
	ann := b.person("ann", auth.RoleOperator)
	v := b.view(ann, hosts.SavedViewInput{Name: "one"})
	shared := true
	for range 2 { // the second time nothing changes
		_, err := b.svc.UpdateView(t.Context(), ann, v.ID, hosts.SavedViewChange{Shared: &shared})
		require.NoError(t, err)
	}
	require.NoError(t, b.svc.DeleteView(t.Context(), ann, v.ID))
	require.Error(t, b.svc.DeleteView(t.Context(), ann, v.ID))
	var actions []string
	require.NoError(t, b.db.QueryRow(t.Context(), "select array_agg(action order by id) from audit_entry where target_id = $1", v.ID.String()).Scan(&actions))
	require.Equal(t, []string{"host_view.create", "host_view.update", "host_view.delete"}, actions)
}

func TestViewsThatCannotBeAreRefused(t *testing.T) {
	b := newBed(t)
	ann, bob := b.person("ann", auth.RoleOperator), b.person("bob", auth.RoleOperator)
	b.view(ann, hosts.SavedViewInput{Name: "Taken"})
	b.view(bob, hosts.SavedViewInput{Name: "taken"}) // another user's
	for field, in := range map[string]hosts.SavedViewInput{
		"name":            {Name: "TAKEN"},
		"filter.label[0]": {Name: "x", Filter: hosts.FilterSpec{Label: []string{"ENV"}}},
		"sort":            {Name: "x", Sort: "colour"},
		"order":           {Name: "x", Order: "up"},
		"columns[1]":      {Name: "x", Columns: []string{"name", "name"}},
		"columns[0]":      {Name: "x", Columns: []string{"<b>"}},
	} {
		_, err := b.svc.CreateView(t.Context(), ann, in)
		e, ok := apierr.As(err)
		require.True(t, ok, "%s: %v", field, err)
		require.Equal(t, field, e.Details[0].Field)
	}
	_, err := b.svc.CreateView(t.Context(), ann, hosts.SavedViewInput{Name: "  "})
	require.Equal(t, "validation_failed", code(t, err))
	other := b.view(ann, hosts.SavedViewInput{Name: "Other"})
	name := "taken"
	_, err = b.svc.UpdateView(t.Context(), ann, other.ID, hosts.SavedViewChange{Name: &name})
	require.Equal(t, "validation_failed", code(t, err))
	token := ann
	token.TokenID = ids.New()
	_, err = b.svc.CreateView(t.Context(), token, hosts.SavedViewInput{Name: "by a token"})
	require.Equal(t, "person_required", code(t, err))
}

func TestNobodyHasMoreThanFiftyViews(t *testing.T) {
	b := newBed(t)
	ann, bob := b.person("ann", auth.RoleOperator), b.person("bob", auth.RoleOperator)
	var all errgroup.Group
	all.SetLimit(8)
	for n := range 60 {
		all.Go(func() error {
			_, err := b.svc.CreateView(t.Context(), ann, hosts.SavedViewInput{Name: fmt.Sprint(n)})
			if e, ok := apierr.As(err); ok && e.Code == "too_many_views" {
				return nil
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.Len(t, b.views(ann), 50)
	b.view(bob, hosts.SavedViewInput{Name: "another user's"})
	b.exec("delete from auth_user where id = $1", ann.UserID)
	var left int
	require.NoError(t, b.db.QueryRow(t.Context(), "select count(*) from host_view").Scan(&left))
	require.Equal(t, 1, left, "views leave with their owner")
}
