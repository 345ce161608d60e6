package agent_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/hostbed"
	"patchmanager/internal/testkit/testca"
)

// program builds the agent once for all tests of this package.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "patch-agent-test-")
	if err != nil {
		return "", err
	}
	cleanup = append(cleanup, func() { os.RemoveAll(dir) })
	file := filepath.Join(dir, "patch-agent")
	build := exec.Command("go", "build", "-o", file, "patchmanager/cmd/patch-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the agent: %w\n%s", err, out)
	}
	return file, nil
})

var cleanup []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range cleanup {
		f()
	}
	os.Exit(code)
}

// rig is the real agent on a throw-away Debian host, and a manager's client.
type rig struct {
	t       *testing.T
	host    *hostbed.Host
	process *hostbed.Process
	ca      *testca.CA
	client  *http.Client
}

func onHost(t *testing.T, h *hostbed.Host) *rig {
	t.Helper()
	file, err := program()
	require.NoError(t, err)
	r := &rig{t: t, host: h, ca: testca.New(t)}
	h.CopyIn(t, file, "/usr/bin/patch-agent")
	require.NoError(t, testca.Enroll(filepath.Join(h.Root, "var/lib/patch-agent"), r.ca))
	r.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: r.ca.Pool(), Certificates: []tls.Certificate{r.ca.Manager()}, ServerName: "localhost",
	}}}
	t.Cleanup(r.client.CloseIdleConnections)
	r.process = h.Start(t, []string{"/usr/bin/patch-agent", "run"}, "agent.log")
	t.Cleanup(func() {
		if log, err := os.ReadFile(r.process.Log); err == nil && t.Failed() {
			t.Logf("agent.log:\n%s", log)
		}
	})
	r.up()
	return r
}

// up waits until the agent listens.
func (r *rig) up() {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		conn, err := net.Dial("tcp", r.address())
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, time.Minute, 5*time.Millisecond)
}

// crash kills the agent and nothing else, and starts it again.
func (r *rig) crash() {
	r.t.Helper()
	require.NoError(r.t, r.host.Kill9(r.process.Inner))
	r.process.Wait()
	r.process = r.host.Restart(r.t, r.process)
	r.up()
}

func (r *rig) address() string { return net.JoinHostPort(r.host.IP, "12443") }

// call returns the data of a success.
func call[T any](r *rig, method, path, key string, body any) T {
	r.t.Helper()
	var out T
	e := r.envelope(method, path, key, body)
	require.True(r.t, e.Success, "%v", e.Error)
	require.NoError(r.t, json.Unmarshal(e.Data, &out))
	return out
}

func (r *rig) envelope(method, path, key string, body any) agentapi.Envelope {
	r.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(r.t, err)
	req, err := http.NewRequestWithContext(r.t.Context(), method, "https://"+r.address()+agentapi.BasePath+path, bytes.NewReader(text))
	require.NoError(r.t, err)
	req.Header.Set(agentapi.HeaderIdempotencyKey, key)
	resp, err := r.client.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	var e agentapi.Envelope
	require.NoError(r.t, json.NewDecoder(resp.Body).Decode(&e))
	return e
}

func (r *rig) apply(key string, a agentapi.ApplyRequest) agentapi.Job {
	r.t.Helper()
	return call[agentapi.Job](r, "POST", "/patches/apply", key, a)
}

func (r *rig) job(id string) agentapi.Job {
	r.t.Helper()
	return call[agentapi.Job](r, "GET", "/jobs/"+id, "", nil)
}

// follow reads events after a number until until says stop or the connection
// ends; like a manager it comes back with what it has.
func (r *rig) follow(id string, have []agentapi.Event, until func(agentapi.Event) bool) []agentapi.Event {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	for {
		more, stop := r.stream(ctx, id, have, until)
		have = more
		if stop {
			return have
		}
		require.NoError(r.t, ctx.Err(), "the events do not end: %v", have)
	}
}

func (r *rig) stream(ctx context.Context, id string, have []agentapi.Event, until func(agentapi.Event) bool) ([]agentapi.Event, bool) {
	conn, _, err := websocket.Dial(ctx, "https://"+r.address()+agentapi.BasePath+"/ws/jobs", &websocket.DialOptions{HTTPClient: r.client})
	if err != nil {
		return have, false
	}
	defer conn.CloseNow()
	sub := agentapi.Subscribe{Action: "subscribe", JobID: id}
	if n := len(have); n > 0 {
		sub.After = have[n-1].Seq
	}
	if err := wsjson.Write(ctx, conn, sub); err != nil {
		return have, false
	}
	for {
		var e agentapi.Event
		if err := wsjson.Read(ctx, conn, &e); err != nil {
			return have, websocket.CloseStatus(err) == websocket.StatusNormalClosure
		}
		have = append(have, e)
		if until(e) {
			return have, true
		}
	}
}

func (r *rig) wait(id string) (agentapi.Job, []agentapi.Event) {
	r.t.Helper()
	events := r.follow(id, nil, atEnd)
	return r.job(id), events
}

func atEnd(e agentapi.Event) bool { return e.Kind == agentapi.EventStatus && e.Status.Final() }

func says(text string) func(agentapi.Event) bool {
	return func(e agentapi.Event) bool {
		return strings.Contains(e.Line, text) || strings.Contains(e.Message, text)
	}
}

// versions is what dpkg says, in full: name, version, state, and the marks.
func (r *rig) versions() string {
	r.t.Helper()
	return r.host.Exec(r.t, "dpkg-query", "-W", "-f", "${binary:Package} ${Version} ${db:Status-Abbrev}\n") +
		r.host.Exec(r.t, "apt-mark", "showauto")
}

func count(events []agentapi.Event, line string) int {
	n := 0
	for _, e := range events {
		if e.Stream == "tool" && e.Line == line {
			n++
		}
	}
	return n
}

func texts(events []agentapi.Event) string {
	var out strings.Builder
	for _, e := range events {
		fmt.Fprintf(&out, "%d %s %s %s%s\n", e.Seq, e.Phase, e.Stream, e.Line, e.Message)
	}
	return out.String()
}
