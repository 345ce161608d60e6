package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/config"
	"patchmanager/internal/testkit/pgtest"
)

// The tests that start and kill the product run this test binary once more, as
// that product: the value of the first is its configuration, of the second one
// of processes.
const (
	envServe = "PM_TEST_SERVE"
	envRole  = "PM_TEST_ROLE"
)

var processes = map[string]func(context.Context, config.Config) error{"serve": Serve, "web": Web, "worker": Worker}

func TestMain(m *testing.M) {
	if os.Getenv(envServe) == "" {
		os.Exit(m.Run())
	}
	os.Exit(beServer())
}

func beServer() int {
	cfg, err := config.Load(os.Getenv(envServe), os.Environ())
	if err == nil {
		SetUpLog(os.Stderr, cfg.Log)
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = processes[os.Getenv(envRole)](ctx, cfg)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "{\"msg\":\"failed\",\"error\":%q}\n", err.Error())
		return 1
	}
	return 0
}

// installation is a data directory and a configuration file for it.
type installation struct {
	dir, file string
	cfg       config.Config
}

func newInstallation(t *testing.T, lines ...string) installation {
	dir := pgtest.Dir(t)
	i := installation{dir: filepath.Join(dir, "d"), file: filepath.Join(dir, "manager.toml")}
	text := fmt.Sprintf("data.dir = %q\nlog.level = \"debug\"\n", i.dir) + strings.Join(lines, "\n")
	if !strings.Contains(text, "http.listen") {
		text += "\nhttp.listen = \"127.0.0.1:0\"\n"
	}
	require.NoError(t, os.WriteFile(i.file, []byte(text), 0o600))
	var err error
	i.cfg, err = config.Load(i.file, nil)
	require.NoError(t, err)
	return i
}

// server is a running product.
type server struct {
	cmd    *exec.Cmd
	client *http.Client
	url    string
	listen string

	mu    sync.Mutex
	lines []string
	said  chan logLine // every line of the log, until it is read
}

type logLine struct {
	Msg    string `json:"msg"`
	Error  string `json:"error"`
	Listen string `json:"listen"`
}

// launch starts the product without waiting for anything.
func (i installation) launch(t *testing.T) *server { return i.launchAs(t, "serve") }

// launchAs starts one process of the product.
func (i installation) launchAs(t *testing.T, role string) *server {
	self, err := os.Executable()
	require.NoError(t, err)
	s := &server{cmd: exec.Command(self), said: make(chan logLine, 10_000)}
	s.cmd.Env = append(os.Environ(), envServe+"="+i.file, envRole+"="+role)
	stderr, err := s.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	go func() {
		defer close(s.said)
		for in := bufio.NewScanner(stderr); in.Scan(); {
			s.mu.Lock()
			s.lines = append(s.lines, in.Text())
			s.mu.Unlock()
			var l logLine
			if json.Unmarshal(in.Bytes(), &l) == nil {
				s.said <- l
			}
		}
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // ended already in most tests
		_ = s.cmd.Wait()
		if t.Failed() {
			t.Log(s.log())
		}
	})
	return s
}

func (s *server) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// await returns the next log line with this message; the log's end fails.
func (s *server) await(t *testing.T, msg string) logLine {
	for l := range s.said {
		if l.Msg == msg {
			return l
		}
	}
	require.FailNow(t, "the server ended without saying "+msg)
	return logLine{}
}

// start waits until the product is ready, and makes a client that trusts its CA.
func (i installation) start(t *testing.T) *server { return i.ready(t, i.launch(t)) }

func (i installation) ready(t *testing.T, s *server) *server {
	s.listen = s.await(t, "ready").Listen
	s.url = "https://" + s.listen
	root, err := os.ReadFile(filepath.Join(i.dir, "ca", "root.crt"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(root))
	s.client = &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// stop asks for an orderly end.
func (s *server) stop(t *testing.T) {
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	for range s.said { // its pipe is read to the end before Wait closes it
	}
	require.NoError(t, s.cmd.Wait(), s.log())
}

// call sends a request and decodes the answer into out, which may be nil.
func (s *server) call(t testing.TB, method, path, token string, body, out any) *http.Response {
	var b bytes.Buffer
	if body != nil {
		require.NoError(t, json.NewEncoder(&b).Encode(body))
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, &b)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(res.Body)
	require.NoError(t, err)
	if out == nil {
		return res
	}
	if p, ok := out.(*string); ok {
		*p = text.String()
		return res
	}
	require.NoError(t, json.Unmarshal(text.Bytes(), out), text.String())
	return res
}

// ask is call for the kit that signs people in.
func (s *server) ask(t testing.TB, method, path, bearer string, body, out any) int {
	return s.call(t, method, path, bearer, body, out).StatusCode
}
