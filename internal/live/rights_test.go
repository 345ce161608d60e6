package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/people"
)

// TestChangesOfAUserCloseTheirConnections: what an administrator, or the user
// in another browser, does to an account and its sessions reaches the account's
// open connections with their next check, 2 seconds later at most.
func TestChangesOfAUserCloseTheirConnections(t *testing.T) {
	t.Parallel()
	auditor := auth.RoleAuditor
	disabled := true
	for name, c := range map[string]struct {
		change func(s *auth.Service, admin auth.Actor, user, session ids.ID) error
		reason string
	}{
		"disabled": {func(s *auth.Service, a auth.Actor, u, _ ids.ID) error {
			_, err := s.UpdateUser(t.Context(), a, u, auth.UserChange{Disabled: &disabled})
			return err
		}, "session_ended"},
		"another role": {func(s *auth.Service, a auth.Actor, u, _ ids.ID) error {
			_, err := s.UpdateUser(t.Context(), a, u, auth.UserChange{Role: &auditor})
			return err
		}, "rights_changed"},
		"out of the group": {func(s *auth.Service, a auth.Actor, u, _ ids.ID) error {
			_, err := s.UpdateUser(t.Context(), a, u, auth.UserChange{GroupIDs: &[]ids.ID{}})
			return err
		}, "rights_changed"},
		"deleted": {func(s *auth.Service, a auth.Actor, u, _ ids.ID) error { return s.DeleteUser(t.Context(), a, u) }, "session_ended"},
		"password reset": {func(s *auth.Service, a auth.Actor, u, _ ids.ID) error {
			_, err := s.ResetUserPassword(t.Context(), a, u)
			return err
		}, "session_ended"},
		"second factors reset": {func(s *auth.Service, a auth.Actor, u, _ ids.ID) error { return s.ResetMFA(t.Context(), a, u) }, "session_ended"},
		"session ended by the admin": {func(s *auth.Service, a auth.Actor, u, id ids.ID) error {
			return s.EndUserSession(t.Context(), a, u, id)
		}, "session_ended"},
		"all ended by the admin": {func(s *auth.Service, a auth.Actor, u, _ ids.ID) error {
			_, err := s.EndUserSessions(t.Context(), a, u)
			return err
		}, "session_ended"},
		"ended in another browser": {func(s *auth.Service, _ auth.Actor, u, id ids.ID) error {
			return s.EndSession(t.Context(), auth.Actor{UserID: u, SessionID: ids.New(), Role: auth.RoleOperator}, id)
		}, "session_ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clk := fakeclock.New(clock.System().Now())
			r := newRig(t, clk, 0)
			r.operate()
			r.exec("update auth_user set role = 'operator' where id = $1", r.actor.UserID)
			r.exec("update auth_session set mfa_at = now() where id = $1", r.actor.SessionID)
			users := auth.New(auth.Deps{DB: r.db, Clock: clk, Argon: auth.Params{Memory: 64, Time: 1, Lanes: 1}})
			r.s.sessions = users
			conn := r.dial()
			defer conn.CloseNow()
			r.subscribe(conn, 0)
			r.until(conn, "caught_up")
			require.NoError(t, c.change(users, bossOf(t, r.db, clk), r.actor.UserID, r.actor.SessionID))
			clk.Advance(checkEvery)
			require.Equal(t, c.reason, r.reason(conn))
		})
	}
}

// bossOf is another administrator, who has just shown a second factor.
func bossOf(t *testing.T, d *db.DB, c clock.Clock) auth.Actor {
	id := people.New(t, d, people.User{Name: "boss", Role: auth.RoleAdmin}, c.Now())
	return auth.Actor{UserID: id, SessionID: ids.New(), Name: "boss", Role: auth.RoleAdmin, FreshUntil: c.Now().Add(checkEvery)}
}
