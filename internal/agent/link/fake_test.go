package link_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agent/link"
	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agent/task"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
	"patchmanager/internal/testkit/testca"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == task.ToolCommand {
		os.Exit(task.RunTool(os.Args[2]))
	}
	os.Exit(m.Run())
}

// manager answers questions from memory; its only tool is a shell that speaks.
type manager struct {
	pkgmgr.Manager // what is not below is not called

	mu       sync.Mutex
	state    string
	problems []string
	asked    int
	script   string
}

func (m *manager) Fingerprint(context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

func (m *manager) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *manager) Problems(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.problems, nil
}

func (m *manager) Installed(context.Context) ([]agentapi.Package, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	var out []agentapi.Package
	for range 50 {
		out = append(out, agentapi.Package{Name: "openssl", Arch: "amd64", Version: "3.0-" + m.state})
	}
	return out, nil
}

func (m *manager) Patches(context.Context) (agentapi.PatchList, error) {
	return agentapi.PatchList{}, nil
}

func (m *manager) Plan(_ context.Context, o pkgmgr.Order) (agentapi.Plan, error) {
	if len(o.Packages) > 0 && o.Packages[0] == "nosuch" {
		return agentapi.Plan{}, agentapi.NewError(agentapi.CodePackageNotFound, "nosuch is not installed")
	}
	if len(o.Packages) > 0 && o.Packages[0] == "boom" {
		panic("boom")
	}
	return agentapi.Plan{PlanHash: "abc"}, nil
}

func (m *manager) Preflight(context.Context, agentapi.Plan, string) []agentapi.Check {
	return []agentapi.Check{{Name: "space", Level: agentapi.CheckOK}}
}

func (m *manager) Readiness(context.Context, agentapi.Plan) agentapi.Rollback {
	return agentapi.Rollback{State: agentapi.RollbackReady}
}
func (m *manager) Busy(context.Context) (string, error) { return "", nil }
func (m *manager) Refresh() pkgmgr.Command {
	return pkgmgr.Command{Args: []string{"sh", "-c", m.script}}
}
func (m *manager) Progress(string) (pkgmgr.Progress, bool) { return pkgmgr.Progress{}, false }
func (m *manager) Classify(pkgmgr.Outcome) *agentapi.Error {
	return agentapi.NewError(agentapi.CodeRepoUnreachable, "unreachable")
}

// rig is a server over real mutual TLS and the manager's client.
type rig struct {
	*manager
	t      *testing.T
	ca     *testca.CA
	url    string
	client *http.Client
	engine *task.Engine
}

func start(t *testing.T, change ...func(*link.Options)) *rig {
	t.Helper()
	r := &rig{t: t, ca: testca.New(t), manager: &manager{state: "1", script: "echo one; echo two"}}
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	var err error
	r.engine, err = task.New(task.Options{StateDir: dir, Manager: r.manager, Systemd: new(bool)})
	require.NoError(t, err)
	o := link.Options{
		Engine: r.engine, Manager: r.manager, Clock: clock.System(), Log: log, Version: "1.0", BootID: "boot", Identity: enrolled(t, r.ca, dir),
		Subject: func() identity.Subject { return identity.Subject{FQDN: "web-1.example.com"} },
		Info: func(context.Context) (agentapi.SystemInfo, error) {
			return agentapi.SystemInfo{Hostname: "web-1"}, nil
		},
		Reads: rate.NewLimiter(rate.Inf, 1), Orders: rate.NewLimiter(rate.Inf, 1),
	}
	for _, c := range change {
		c(&o)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	served, ran := make(chan error, 1), make(chan error, 1)
	go func() { served <- link.New(o).Serve(ctx, listener) }()
	go func() { ran <- r.engine.Run(ctx) }()
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		cancel()
		require.NoError(t, <-served)
		require.NoError(t, <-ran)
	})
	r.url = "https://" + listener.Addr().String()
	r.client = &http.Client{Transport: &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{
		RootCAs: r.ca.Pool(), Certificates: []tls.Certificate{r.ca.Manager()}, MinVersion: tls.VersionTLS13,
	}}}
	return r
}

// enrolled stores an identity the way an enrollment leaves it.
func enrolled(t *testing.T, ca *testca.CA, dir string) *identity.Store {
	t.Helper()
	require.NoError(t, testca.Enroll(dir, ca))
	s, err := identity.Open(dir)
	require.NoError(t, err)
	return s
}

// call sends one request and takes the envelope apart.
func (r *rig) call(method, path string, body any, headers ...string) (*http.Response, agentapi.Envelope) {
	r.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = bytes.NewBufferString(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(r.t, err)
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, in)
	require.NoError(r.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.client.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	var e agentapi.Envelope
	if resp.StatusCode == http.StatusNotModified || resp.Header.Get("Content-Encoding") == "gzip" {
		return resp, e
	}
	require.NoError(r.t, json.Unmarshal(text, &e), "%s", text)
	require.NotEmpty(r.t, e.RequestID)
	require.WithinDuration(r.t, time.Now(), e.Timestamp, time.Hour)
	require.Equal(r.t, resp.StatusCode < 300, e.Success)
	require.Equal(r.t, e.Success, e.Error == nil)
	return resp, e
}

func into[T any](t *testing.T, e agentapi.Envelope) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(e.Data, &v))
	return v
}
