package auth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/people"
)

func TestMySessions(t *testing.T) {
	r := emptyRig(t)
	first := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	r.clock.Advance(time.Minute)
	second := r.again(first.user.ID)
	r.person(people.User{Name: "other", Role: auth.RoleAdmin})
	r.exec(`update auth_session set user_agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' where id = $1`, second.session())

	list := read[auth.SessionList](first, first.get("/auth/sessions"))
	require.Equal(t, 2, list.Total)
	require.Equal(t, second.session(), list.Items[0].ID, "the last used first")
	require.Equal(t, "Firefox on Linux", list.Items[0].Device)
	require.Equal(t, []string{"password", "totp"}, list.Items[0].Methods)
	require.False(t, list.Items[0].Current)
	require.True(t, list.Items[1].Current)
	require.Equal(t, "192.0.2.1", list.Items[1].Address)
	require.Equal(t, start.Add(12*hour), list.Items[1].ExpiresAt)

	// what nobody can use any more is not shown: an hour without refresh
	r.clock.Advance(50 * time.Minute)
	first.post("/auth/refresh", nil)
	r.clock.Advance(11 * time.Minute)
	list = read[auth.SessionList](first, first.get("/auth/sessions"))
	require.Equal(t, 1, list.Total)
	require.Equal(t, first.session(), list.Items[0].ID)
}

func TestEndingSessions(t *testing.T) {
	r := emptyRig(t)
	a := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	b, c := r.again(a.user.ID), r.again(a.user.ID)
	stranger := r.admin("stranger")
	lost := b.session()

	require.Equal(t, "not_found", code(t, stranger.delete(path("/auth/sessions/", lost))), "not even an admin ends others' by this way")
	require.Equal(t, "not_found", code(t, stranger.delete(path("/auth/sessions/", ids.New()))))
	require.Equal(t, 200, b.get("/probe").Code)
	require.Equal(t, http.StatusNoContent, a.delete(path("/auth/sessions/", lost)).Code)
	require.Equal(t, "session_ended", code(t, b.get("/probe")))
	require.Equal(t, "session_ended", code(t, b.post("/auth/refresh", nil)))
	require.Equal(t, "not_found", code(t, a.delete(path("/auth/sessions/", lost))), "once")
	e := r.audited("session.end")[0]
	require.Equal(t, lost.String(), e.Target.ID)
	require.Equal(t, "op", e.Actor.Name)

	require.Equal(t, auth.Ended{Ended: 1}, read[auth.Ended](a, a.post("/auth/sessions/end-others", nil)))
	require.Equal(t, "session_ended", code(t, c.get("/probe")))
	require.Equal(t, 200, a.get("/probe").Code)
	require.Equal(t, 200, stranger.get("/probe").Code, "others' sessions go on")
	require.Equal(t, auth.Ended{}, read[auth.Ended](a, a.post("/auth/sessions/end-others", nil)))
	require.Len(t, r.audited("session.end_all"), 1)
}

func TestAdminsEndSessions(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	a := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	b := r.again(a.user.ID)
	other := r.person(people.User{Name: "other", Role: auth.RoleOperator})
	of := func(u *browser) string { return path("/users/", u.user.ID) }

	require.Equal(t, 2, read[auth.SessionList](boss, boss.get(of(a)+"/sessions")).Total)
	require.Equal(t, "not_found", code(t, boss.delete(path(of(other), "/sessions/", b.session()))), "it belongs to somebody else")
	require.Equal(t, http.StatusNoContent, boss.delete(path(of(a), "/sessions/", b.session())).Code)
	require.Equal(t, "session_ended", code(t, b.get("/probe")))
	require.Equal(t, auth.Ended{Ended: 1}, read[auth.Ended](boss, boss.post(of(a)+"/end-sessions", nil)))
	require.Equal(t, "session_ended", code(t, a.get("/probe")))
	require.Equal(t, 200, other.get("/probe").Code)
	require.Equal(t, "boss", r.audited("session.end_all")[0].Actor.Name)

	for _, w := range []string{
		code(t, other.get(of(a)+"/sessions")), code(t, other.post(of(a)+"/end-sessions", nil)), code(t, other.get("/users")),
		code(t, other.get(of(a))), code(t, other.get(of(a)+"/tokens")), code(t, other.delete(of(a))),
	} {
		require.Equal(t, "forbidden", w, "the same for users that there are")
	}
	nobody := path("/users/", ids.New())
	require.Equal(t, "forbidden", code(t, other.get(nobody)), "and for those that there are not")
	require.Equal(t, "not_found", code(t, boss.get(nobody+"/sessions")))
	require.Equal(t, "not_found", code(t, boss.get(nobody+"/tokens")))
	require.Equal(t, "not_found", code(t, boss.post(nobody+"/end-sessions", nil)))
	auditor := r.person(people.User{Role: auth.RoleAuditor})
	require.Equal(t, 200, auditor.get(of(other)+"/sessions").Code)
	require.Equal(t, "forbidden", code(t, auditor.post(of(other)+"/end-sessions", nil)))
}

// What a WebSocket asks every two seconds tells of every change at once.
func TestSessionActorFollowsEveryChange(t *testing.T) {
	r := emptyRig(t)
	boss, web := r.admin("boss"), r.group("Web")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator, Groups: []ids.ID{web}})
	id, ses := op.user.ID, op.session()
	actor := func() (auth.Actor, error) { return r.svc.SessionActor(t.Context(), ses, r.clientAddr()) }
	a, err := actor()
	require.NoError(t, err)
	require.Equal(t, auth.RoleOperator, a.Role)
	boss.patch(path("/users/", id), map[string]any{"role": "auditor"})
	a, err = actor()
	require.NoError(t, err)
	require.Equal(t, auth.RoleAuditor, a.Role)
	boss.patch(path("/users/", id), map[string]any{"disabled": true})
	_, err = actor()
	require.ErrorContains(t, err, "session has ended")
	boss.patch(path("/users/", id), map[string]any{"disabled": false})
	op = r.again(id)
	ses = op.session()
	op.delete(path("/auth/sessions/", ses))
	_, err = actor()
	require.ErrorContains(t, err, "session has ended")
	op = r.again(id)
	ses = op.session()
	boss.delete(path("/users/", id))
	_, err = actor()
	require.ErrorContains(t, err, "session has ended")
}
