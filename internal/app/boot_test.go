package app

import (
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/enrollment"
	"patchmanager/internal/httpx"
	"patchmanager/internal/live"
	"patchmanager/internal/testkit/signin"
)

func firstPassword(t *testing.T, i installation) string {
	b, err := os.ReadFile(firstPasswordFile(i.cfg))
	require.NoError(t, err)
	return strings.TrimSpace(string(b))
}

// ownPassword replaces the one-time passwords of these tests.
const ownPassword = "plenty of quiet gravel"

// login is the password step of a sign-in.
func (s *server) login(t *testing.T, password string) (auth.SignIn, int) {
	var in auth.SignIn
	res := s.call(t, "POST", "/api/v1/auth/login", "", auth.LoginInput{Username: "admin", Password: password}, &in)
	return in, res.StatusCode
}

// enter is the whole first sign-in of the administrator.
func (s *server) enter(t *testing.T, oneTime string) *signin.Person {
	return signin.First(t, s.ask, clock.System(), "admin", oneTime, ownPassword)
}

func TestAFirstStartNeedsNothingAndASecondFindsEverything(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := i.start(t)
	checkAnswers(t, s)
	checkFiles(t, i)
	fingerprint, err := Fingerprint(i.cfg)
	require.NoError(t, err)
	require.Contains(t, s.log(), fingerprint)
	password := firstPassword(t, i)
	require.NotContains(t, s.log(), password)
	s.stop(t)
	require.NoFileExists(t, filepath.Join(privateDir(i.cfg), "data", "postmaster.pid"))

	s = i.start(t)
	again, err := Fingerprint(i.cfg)
	require.NoError(t, err)
	require.Equal(t, fingerprint, again)
	checkFirstSignIn(t, i, s, password)
	s.stop(t)
}

// checkAnswers looks at one of everything that the listener serves.
func checkAnswers(t *testing.T, s *server) {
	for _, path := range []string{"/status/health", "/api/v1/status/health"} {
		var h Health
		require.Equal(t, http.StatusOK, s.call(t, "GET", path, "", nil, &h).StatusCode, h)
		require.Equal(t, "ok", h.Status)
		require.True(t, h.Checks.Process.OK && h.Checks.Database.OK && h.Checks.Worker.OK && h.Checks.Schema.OK)
	}
	var metrics, page string
	require.Equal(t, http.StatusOK, s.call(t, "GET", "/metrics", "", nil, &metrics).StatusCode)
	require.Contains(t, metrics, `patch_manager_http_requests_total{method="GET",route="GET /status/health",status="200"} 1`)
	require.Contains(t, metrics, `patch_manager_loop_turns_total{loop="poll hosts",result="ok"}`)
	res := s.call(t, "GET", "/sign-in", "", nil, &page)
	require.Equal(t, 2, res.ProtoMajor)
	require.Equal(t, uint16(0x0304), res.TLS.Version, "TLS 1.3")
	if res.StatusCode == http.StatusOK {
		require.Contains(t, page, `<div id="root">`)
	} else {
		require.Contains(t, page, "not part of this build")
	}
	var e httpx.Envelope
	require.Equal(t, http.StatusUnauthorized, s.call(t, "GET", "/api/v1/auth/me", "", nil, &e).StatusCode)
	require.Equal(t, http.StatusNotFound, s.call(t, "GET", "/api/v1/no/such", "", nil, &e).StatusCode)
	require.Equal(t, "not_found", e.Err.Code)
	require.Equal(t, http.StatusUnprocessableEntity, s.call(t, "POST", "/api/v1/auth/login", "", map[string]int{"username": 1}, &e).StatusCode)
	require.NotEmpty(t, e.Err.Details)
}

func checkFiles(t *testing.T, i installation) {
	for name, mode := range map[string]os.FileMode{"initial-admin-password": 0o600, "secret.key": 0o600, "ca/root.key": 0o600, "ca": 0o700} {
		st, err := os.Stat(filepath.Join(i.dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, st.Mode().Perm(), name)
	}
}

// checkFirstSignIn does what the first sign-in must, and sees its file go.
func checkFirstSignIn(t *testing.T, i installation, s *server, oneTime string) {
	in, status := s.login(t, oneTime)
	require.Equal(t, http.StatusOK, status)
	require.True(t, in.Session.User.MustChangePassword)
	var e httpx.Envelope
	require.Equal(t, http.StatusForbidden, s.call(t, "GET", "/api/v1/jobs", in.Session.AccessToken, nil, &e).StatusCode)
	require.Equal(t, "password_change_required", e.Err.Code)
	p := s.enter(t, oneTime)
	require.NoFileExists(t, firstPasswordFile(i.cfg))
	for range 4 { // with the authenticator, then with recovery codes
		session := p.SignIn(t)
		require.Equal(t, http.StatusOK, s.call(t, "GET", "/api/v1/jobs", session.AccessToken, nil, nil).StatusCode)
	}
	require.NotContains(t, s.log(), p.Session.AccessToken)
}

func TestAKilledProductStartsAgain(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := i.start(t)
	pid := postmaster(t, i)
	require.NoError(t, s.cmd.Process.Kill())
	awaitEnd(t, pid)
	s = i.start(t)
	_, status := s.login(t, firstPassword(t, i))
	require.Equal(t, http.StatusOK, status)
	s.stop(t)
}

func TestAKilledDatabaseIsStartedAgain(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := i.start(t)
	require.NoError(t, syscall.Kill(postmaster(t, i), syscall.SIGKILL))
	s.await(t, "the private database died and is started again")
	s.await(t, "the private database is back")
	var h Health
	for h.Status != "ok" { // connections that died with the old server are found one by one
		s.call(t, "GET", "/status/health", "", nil, &h)
	}
	_, status := s.login(t, firstPassword(t, i))
	require.Equal(t, http.StatusOK, status)
	s.stop(t)
}

func postmaster(t *testing.T, i installation) int {
	b, err := os.ReadFile(filepath.Join(privateDir(i.cfg), "data", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}

func awaitEnd(t *testing.T, pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	require.NoError(t, err)
	defer unix.Close(fd)
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
			require.NoError(t, err)
			return
		}
	}
}

// refused expects a start to end with an error that says why.
func (i installation) refused(t *testing.T) string {
	s := i.launch(t)
	l := s.await(t, "failed")
	require.Error(t, s.cmd.Wait())
	return l.Error
}

func TestWhatKeepsItFromStartingIsSaidInPlainWords(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := i.start(t)
	require.Contains(t, i.refused(t), "is in use by another running manager")

	taken := newInstallation(t, `http.listen = "`+s.listen+`"`)
	require.Contains(t, taken.refused(t), s.listen+" is in use by another process")
	require.NoDirExists(t, taken.dir, "the port is tried before anything is made")

	require.NoError(t, os.Chmod(filepath.Join(i.dir, "secret.key"), 0o644))
	s.stop(t)
	require.Contains(t, i.refused(t), "chmod 600")
}

func TestTheConsoleResetsAPassword(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	_, err := ResetPassword(t.Context(), i.cfg, "admin")
	require.ErrorContains(t, err, "there is no installation in "+i.dir)
	_, err = Fingerprint(i.cfg)
	require.ErrorContains(t, err, "start `patch-manager serve` first")
	s := i.start(t)
	password, err := ResetPassword(t.Context(), i.cfg, "admin")
	require.NoError(t, err)
	_, status := s.login(t, firstPassword(t, i))
	require.Equal(t, http.StatusUnauthorized, status)
	_, status = s.login(t, password)
	require.Equal(t, http.StatusOK, status)
	s.stop(t)

	_, err = ResetPassword(t.Context(), i.cfg, "admin")
	require.NoError(t, err, "also while nothing runs")
	_, err = ResetPassword(t.Context(), i.cfg, "nobody")
	require.ErrorContains(t, err, "no such user")
	require.NoFileExists(t, filepath.Join(privateDir(i.cfg), "data", "postmaster.pid"))
}

func TestTheConsoleMakesATokenThatWorks(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := i.start(t)
	_, _, err := EnrollToken(t.Context(), i.cfg, "demo", 0, 24)
	require.ErrorContains(t, err, `uses = "0": `)
	token, _, err := EnrollToken(t.Context(), i.cfg, "demo", 2, 24)
	require.NoError(t, err)
	require.NotContains(t, s.log(), token)
	password, err := ResetPassword(t.Context(), i.cfg, "admin")
	require.NoError(t, err)
	session := s.enter(t, password).Session
	var page enrollment.EnrollmentTokenPage
	require.Equal(t, http.StatusOK, s.call(t, "GET", "/api/v1/enrollment-tokens", session.AccessToken, nil, &page).StatusCode)
	require.Len(t, page.Items, 1)
	require.Equal(t, "demo", page.Items[0].Note)
	require.Equal(t, 2, page.Items[0].Uses)
	s.stop(t)
}

// The connection goes through everything that stands around the handlers, and
// the end of the product does not leave the browser waiting.
func TestALiveConnectionIsToldThatTheServerStops(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := i.start(t)
	session := s.enter(t, firstPassword(t, i)).Session
	var ticket live.Ticket
	require.Equal(t, http.StatusCreated, s.call(t, "POST", "/api/v1/ws/ticket", session.AccessToken, nil, &ticket).StatusCode)
	tr := s.client.Transport.(*http.Transport).Clone()
	tr.ForceAttemptHTTP2, tr.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
	conn, _, err := websocket.Dial(t.Context(), s.url+live.SocketPath+"?ticket="+ticket.Ticket,
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: tr}})
	require.NoError(t, err)
	defer conn.CloseNow()
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(`{"action":"subscribe","channel":"fleet"}`)))
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	for err == nil { // what was sent before the end
		_, _, err = conn.Read(t.Context())
	}
	require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err), "%v", err)
	for range s.said {
	}
	require.NoError(t, s.cmd.Wait())
	require.NotContains(t, s.log(), ticket.Ticket)
	require.NotContains(t, s.log(), session.AccessToken)
}

func TestHalfAProductNeedsADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	require.ErrorContains(t, Web(t.Context(), i.cfg), "database.url: is empty")
	require.ErrorContains(t, Worker(t.Context(), i.cfg), "database.url: is empty")
}
