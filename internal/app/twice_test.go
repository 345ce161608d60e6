package app

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/live"
	"patchmanager/internal/testkit/signin"
	"patchmanager/internal/testkit/testidp"
)

// Nothing that a person or an agent begins at one process needs the same one to
// end it: every request lands on another one.
func TestEveryRequestMayLandOnAnotherProcess(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ada := c.visitor(t, "198.51.100.7")
	who := ada
	p := signin.First(t, func(t testing.TB, method, path, bearer string, body, out any) int {
		return who.ask(t, method, path, bearer, body, out)
	}, clock.System(), "admin", firstPassword(t, c.i), ownPassword)
	require.NoFileExists(t, firstPasswordFile(c.i.cfg))

	c.fence(t, ada, p.Session.AccessToken)
	require.True(t, p.StepUp(t).After(clock.System().Now()))
	p.SignIn(t)
	require.Equal(t, http.StatusOK, ada.ask(t, "POST", "/api/v1/auth/refresh", "", nil, &p.Session))
	require.Equal(t, http.StatusOK, ada.ask(t, "POST", "/api/v1/auth/refresh", "", nil, &p.Session))
	ada.both(t, http.StatusOK, "GET", "/api/v1/auth/me", p.Session.AccessToken)
	mine := p.Session

	who = c.visitor(t, "198.51.100.8")
	theirs := p.SignIn(t)
	c.endSession(t, ada, mine, who, theirs)
	c.useToken(t, ada, mine.AccessToken)
	c.enroll(t, ada, mine.AccessToken)
	c.verifyTrail(t, ada, mine.AccessToken)
	c.singleSignOn(t, ada, mine.AccessToken)
	c.passkeys(t, ada, mine)
	c.lockOut(t)
	c.signOut(t, ada, p, &who)
	require.NoError(t, ResetAccess(t.Context(), c.i.cfg))
	c.visitor(t, "203.0.113.9").until(t, http.StatusOK, "GET", "/api/v1/ca/root.crt")
	c.webs[1].stop(t)
	c.worker.stop(t)
	require.Positive(t, c.served[0].Load())
	require.Positive(t, c.served[1].Load())
	require.Positive(t, ada.cookies)
}

// fence lets only ada's network in; the other process knows it too.
func (c *cluster) fence(t *testing.T, ada *visitor, access string) {
	t.Helper()
	stranger, liar := c.visitor(t, "203.0.113.9"), c.visitor(t, "203.0.113.9")
	liar.forged = "198.51.100.7"
	stranger.both(t, http.StatusOK, "GET", "/api/v1/ca/root.crt", "")
	lists := map[string]any{"version": 0, "ui": []string{"198.51.100.0/24"}, "enrollment": []string{"203.0.113.0/24"},
		"metrics": []string{"192.0.2.3"}, "trusted_proxies": []string{"127.0.0.1"}}
	require.Equal(t, http.StatusOK, ada.ask(t, "PUT", "/api/v1/settings/access", access, lists, nil))
	stranger.until(t, http.StatusForbidden, "GET", "/api/v1/ca/root.crt")
	for _, path := range []string{"/", "/sign-in", "/assets/x.js", live.SocketPath, "/api/v1/auth/login", metricsPath, healthPath} {
		stranger.both(t, http.StatusForbidden, "GET", path, "")
		liar.both(t, http.StatusForbidden, "GET", path, access)
	}
	ada.both(t, http.StatusOK, "GET", "/api/v1/auth/me", access)
	c.visitor(t, "192.0.2.3").both(t, http.StatusOK, "GET", metricsPath, "")
	ada.both(t, http.StatusForbidden, "GET", metricsPath, "")
	for _, s := range c.webs { // this machine without a proxy
		require.Equal(t, http.StatusOK, s.call(t, "GET", healthPath, "", nil, nil).StatusCode)
		require.Equal(t, http.StatusForbidden, s.call(t, "GET", "/sign-in", "", nil, nil).StatusCode)
	}
}

// endSession ends another one's session, which its live connection, on a third
// request, hears of.
func (c *cluster) endSession(t *testing.T, ada *visitor, mine auth.Session, other *visitor, theirs auth.Session) {
	t.Helper()
	var ticket live.Ticket
	require.Equal(t, http.StatusCreated, other.ask(t, "POST", "/api/v1/ws/ticket", theirs.AccessToken, nil, &ticket))
	conn, _, err := websocket.Dial(t.Context(), clusterURL+live.SocketPath+"?ticket="+ticket.Ticket,
		&websocket.DialOptions{HTTPClient: other.socketClient(), HTTPHeader: http.Header{fromHeader: {other.from}, "Origin": {clusterURL}}})
	require.NoError(t, err)
	defer conn.CloseNow()
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(`{"action":"subscribe","channel":"fleet"}`)))

	other.both(t, http.StatusOK, "GET", "/api/v1/auth/me", theirs.AccessToken)
	require.Equal(t, http.StatusOK, ada.ask(t, "POST", "/api/v1/auth/sessions/end-others", mine.AccessToken, nil, nil))
	other.both(t, http.StatusUnauthorized, "GET", "/api/v1/auth/me", theirs.AccessToken)
	require.Equal(t, http.StatusUnauthorized, other.ask(t, "POST", "/api/v1/auth/refresh", "", nil, nil))
	for err == nil { // what came before the end
		_, _, err = conn.Read(t.Context())
	}
	require.NotEqual(t, websocket.StatusCode(-1), websocket.CloseStatus(err), "told why: %v", err)
	ada.both(t, http.StatusOK, "GET", "/api/v1/auth/me", mine.AccessToken)
}

func (c *cluster) useToken(t *testing.T, ada *visitor, access string) {
	t.Helper()
	var token struct{ ID, Token string }
	order := map[string]any{"name": "script", "role": "admin", "read_only": true, "group_ids": nil, "expires_in_days": 1}
	require.Equal(t, http.StatusCreated, ada.ask(t, "POST", "/api/v1/auth/tokens", access, order, &token))
	script := c.visitor(t, "198.51.100.20")
	script.both(t, http.StatusOK, "GET", "/api/v1/hosts", token.Token)
	c.visitor(t, "203.0.113.9").both(t, http.StatusForbidden, "GET", "/api/v1/hosts", token.Token)
	require.Equal(t, http.StatusNoContent, ada.ask(t, "DELETE", "/api/v1/auth/tokens/"+token.ID, access, nil, nil))
	script.both(t, http.StatusUnauthorized, "GET", "/api/v1/hosts", token.Token)
}

// enroll lets an agent in that may enroll, and nothing else.
func (c *cluster) enroll(t *testing.T, ada *visitor, access string) {
	t.Helper()
	agent := c.visitor(t, "203.0.113.50")
	request := agentapi.EnrollRequest{MachineID: "machine-1", Hostname: "web-01", IPAddress: "203.0.113.50", Port: 12443,
		OSDetails: map[string]string{}, CSR: (&world{t: t}).newCSR()}
	require.Equal(t, http.StatusForbidden, ada.ask(t, "POST", enrollPath, "", request, nil), "not from ada's network")
	var accepted agentapi.EnrollAccepted
	require.Equal(t, http.StatusAccepted, agent.ask(t, "POST", enrollPath, "", request, &accepted))
	var page struct{ Items []struct{ ID string } }
	require.Equal(t, http.StatusOK, ada.ask(t, "GET", "/api/v1/enrollments?status=pending", access, nil, &page))
	require.Len(t, page.Items, 1)
	require.Equal(t, http.StatusOK, ada.ask(t, "POST", "/api/v1/enrollments/"+page.Items[0].ID+"/approve", access, nil, nil))
	var bundle agentapi.EnrollBundle
	status := enrollPath + "/status/" + accepted.PollingToken
	require.Equal(t, http.StatusOK, agent.ask(t, "GET", status, "", nil, &bundle))
	require.Equal(t, agentapi.EnrollApproved, bundle.Status)
	require.NotEmpty(t, bundle.ServerCrt)
	require.Equal(t, http.StatusNoContent, agent.ask(t, "POST", status+"/ack", "", nil, nil))
}

// verifyTrail has the worker look at the whole trail, which must hold, and know
// people by their own addresses.
func (c *cluster) verifyTrail(t *testing.T, ada *visitor, access string) {
	t.Helper()
	var v struct{ ID, State string }
	require.Equal(t, http.StatusAccepted, ada.ask(t, "POST", "/api/v1/audit/verifications", access, nil, &v))
	for v.State == "running" {
		require.Equal(t, http.StatusOK, ada.ask(t, "GET", "/api/v1/audit/verifications/"+v.ID, access, nil, &v))
	}
	require.Equal(t, "intact", v.State)
	var page struct {
		Items []struct{ Address string }
		Total int
	}
	require.Equal(t, http.StatusOK, ada.ask(t, "GET", "/api/v1/audit?action=session.login&address=198.51.100.8", access, nil, &page))
	require.Equal(t, 1, page.Total)
}

// singleSignOn leaves from one process and comes back to the other.
func (c *cluster) singleSignOn(t *testing.T, ada *visitor, access string) {
	t.Helper()
	idp := testidp.Start(t, clusterURL+"/api/v1/auth/sso/callback")
	idp.SetUser(testidp.User{Username: "eve", Subject: "eve-1", Name: "Eve", Email: "eve@example.com", Groups: []string{"operators"}, AMR: []string{"mfa"}})
	var provider struct{ ID string }
	order := map[string]any{"name": "Test provider", "kind": "oidc", "issuer": idp.Issuer, "client_id": testidp.ClientID, "client_secret": testidp.Secret,
		"scopes": []string{"openid", "profile", "email", "groups"}, "enabled": true, "groups_claim": "groups", "create_users": true,
		"accept_mfa": true, "mfa_values": []string{"mfa"}, "mappings": []any{map[string]any{"claim_value": "operators", "role": "operator", "group_ids": []string{}}}}
	require.Equal(t, http.StatusCreated, ada.ask(t, "POST", "/api/v1/sso/providers", access, order, &provider))
	eve := c.visitor(t, "198.51.100.30")
	away := eve.send(t, "GET", "/api/v1/auth/sso/"+provider.ID+"/start?return_to=/hosts", "", nil, nil)
	require.Equal(t, http.StatusFound, away.StatusCode)
	back, status := idp.Visitor().SignIn(away.Header.Get("Location"), "eve")
	require.Equal(t, http.StatusFound, status)
	end := eve.send(t, "GET", back.RequestURI(), "", nil, nil)
	require.Equal(t, "/hosts", end.Header.Get("Location"))
	var s auth.Session
	require.Equal(t, http.StatusOK, eve.ask(t, "POST", "/api/v1/auth/refresh", "", nil, &s))
	eve.both(t, http.StatusOK, "GET", "/api/v1/hosts", s.AccessToken)
}

// lockOut guesses a password; the next process knows of the guesses before it.
func (c *cluster) lockOut(t *testing.T) {
	t.Helper()
	guesser := c.visitor(t, "198.51.100.66")
	guess := auth.LoginInput{Username: "somebody", Password: "wrong"}
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, guesser.ask(t, "POST", "/api/v1/auth/login", "", guess, nil))
	}
	for range 2 {
		require.Equal(t, http.StatusTooManyRequests, guesser.ask(t, "POST", "/api/v1/auth/login", "", guess, nil))
	}
}

// signOut ends with one process dead, which nobody notices.
func (c *cluster) signOut(t *testing.T, ada *visitor, p *signin.Person, who **visitor) {
	t.Helper()
	require.NoError(t, c.webs[0].cmd.Process.Kill())
	c.only.Store(2)
	*who = ada
	var s auth.Session
	require.Equal(t, http.StatusOK, ada.ask(t, "POST", "/api/v1/auth/refresh", "", nil, &s))
	require.Equal(t, http.StatusNoContent, ada.ask(t, "POST", "/api/v1/auth/logout", s.AccessToken, nil, nil))
	require.Equal(t, http.StatusUnauthorized, ada.ask(t, "GET", "/api/v1/auth/me", s.AccessToken, nil, nil))
	p.SignIn(t)
}
