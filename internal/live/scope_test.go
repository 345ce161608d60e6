package live

import (
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/ids"
)

// operate makes the signed-in user an operator of a new group with the host.
func (r *rig) operate() (group ids.ID) {
	r.actor.Role = auth.RoleOperator
	group = ids.New()
	r.exec("insert into host_group (id, name, created_at) values ($1, $2, now())", group, group.String())
	r.exec("insert into host_group_host (group_id, host_id, added_at) values ($1, $2, now())", group, r.host)
	r.exec("insert into auth_user_group (group_id, user_id) values ($1, $2)", group, r.actor.UserID)
	return group
}

// reason reads to the end of a connection and returns its reason.
func (r *rig) reason(conn *websocket.Conn) string {
	r.t.Helper()
	for {
		if _, err := r.next(conn); err != nil {
			var e websocket.CloseError
			require.ErrorAs(r.t, err, &e)
			return e.Reason
		}
	}
}

// TestMembershipsReachOpenConnections: the scope of an operator stays equal when
// hosts come into a group or leave it, when the operator does, or when the group
// goes. Nothing but the change itself moves the connection: the clock stands.
func TestMembershipsReachOpenConnections(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *rig, group, other ids.ID){
		"host leaves":      func(r *rig, g, _ ids.ID) { r.exec("delete from host_group_host where group_id = $1", g) },
		"host comes":       func(r *rig, g, o ids.ID) { r.exec("insert into host_group_host values ($1, $2, now())", g, o) },
		"operator leaves":  func(r *rig, g, _ ids.ID) { r.exec("delete from auth_user_group where group_id = $1", g) },
		"group is deleted": func(r *rig, g, _ ids.ID) { r.exec("delete from host_group where id = $1", g) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, clock.System(), 0)
			_, _, other := r.newJob("web-02")
			group := r.operate()
			conn := r.dial()
			defer conn.CloseNow()
			r.subscribe(conn, 0)
			r.until(conn, "caught_up")
			r.tell("log", "mine")
			require.Equal(t, "mine", r.until(conn, "event").Line)
			change(r, group, other)
			require.Equal(t, "rights_changed", r.reason(conn))
		})
	}
}

// TestMembershipsOfOthersDisturbNobody: what does not change the own view does
// not cost a connection.
func TestMembershipsOfOthersDisturbNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	_, _, other := r.newJob("web-02")
	r.operate()
	conn := r.dial()
	defer conn.CloseNow()
	r.subscribe(conn, 0)
	r.until(conn, "caught_up")
	before := r.s.hub.position().notes
	foreign := ids.New()
	r.exec("insert into host_group (id, name, created_at) values ($1, 'foreign', now())", foreign)
	r.exec("insert into host_group_host values ($1, $2, now())", foreign, other)
	r.hear(before + 1)
	r.tell("log", "still here")
	require.Equal(t, "still here", r.until(conn, "event").Line)
}

// TestOperatorsHearOfTheirHostsAlone: neither the log, nor the job, nor the host
// of another group is told.
func TestOperatorsHearOfTheirHostsAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, clock.System(), 0)
	foreignJob, _, foreign := r.newJob("db-01")
	r.operate()
	shared := ids.New()
	r.exec(`insert into job_host (id, job_id, host_id, state, due_at, deadline_at) values ($1, $2, $3, 'queued', now(), now())`, shared, r.job, foreign)
	conn := r.dial()
	defer conn.CloseNow()
	r.send(conn, `{"action":"subscribe","channel":"fleet"}`)
	r.send(conn, `{"action":"subscribe","channel":"job","job_id":"%s"}`, foreignJob)
	require.Equal(t, "not_found", r.until(conn, "error").Code)
	r.subscribe(conn, 0)
	r.until(conn, "caught_up")

	mine, mineRow := r.host, r.jobHost
	r.host, r.jobHost = foreign, shared
	r.tell("log", "of the foreign host")
	r.exec("select pg_notify('pm_events', $1)", "hosts "+foreign.String())
	r.exec("select pg_notify('pm_events', $1)", "job "+foreignJob.String())
	r.host, r.jobHost = mine, mineRow
	r.tell("log", "mine")
	require.Equal(t, "mine", r.until(conn, "event").Line)
	r.exec("select pg_notify('pm_events', $1)", "hosts "+mine.String())
	require.Equal(t, mine.String(), r.until(conn, "host").HostID)
	r.exec("select pg_notify('pm_events', $1)", "job "+r.job.String())
	job := r.until(conn, "job")
	require.Contains(t, string(job.Job), r.job.String())
	require.Contains(t, string(job.Job), `"total":1`)
}
