package agentclient_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

var short = agentclient.Timeouts{Dial: time.Second, Quick: time.Second, Read: time.Second, Plan: time.Second}

func client(t *testing.T, ca *agenttest.CA) *agentclient.Client {
	c := agentclient.New(agentclient.Config{TLS: ca.ClientTLS, Timeouts: short})
	t.Cleanup(c.Close)
	return c
}

// hostile is an agent whose every answer is h's.
func hostile(t *testing.T, h http.HandlerFunc) *agentclient.Agent {
	ca := agenttest.NewCA(t)
	a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: ids.New()})
	a.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		h(w, r)
		return true
	})
	return client(t, ca).For(a.Target())
}

func body(status int, contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, text) //nolint:errcheck // the client may be gone: that is its test
	}
}

const jsonType = "application/json"

func TestHostileAnswers(t *testing.T) {
	const ok = `{"success":true,"data":{"status":"healthy","version":"1"}}`
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		kind agentclient.Kind
		code agentapi.Code
	}{
		"good":                  {body(200, jsonType, ok), "", ""},
		"charset":               {body(200, jsonType+"; charset=utf-8", ok), "", ""},
		"html":                  {body(200, "text/html", "<html>"), agentclient.Protocol, ""},
		"not json":              {body(200, jsonType, "{"), agentclient.Protocol, ""},
		"empty":                 {body(200, jsonType, ""), agentclient.Protocol, ""},
		"array":                 {body(200, jsonType, "[]"), agentclient.Protocol, ""},
		"no data":               {body(200, jsonType, `{"success":true}`), agentclient.Protocol, ""},
		"data of wrong type":    {body(200, jsonType, `{"success":true,"data":{"status":[1]}}`), agentclient.Protocol, ""},
		"unknown status":        {body(200, jsonType, `{"success":true,"data":{"status":"splendid"}}`), agentclient.Protocol, ""},
		"success false at 200":  {body(200, jsonType, `{"success":false,"error":{"code":"INTERNAL","message":"x"}}`), agentclient.AgentError, agentapi.CodeInternal},
		"false without error":   {body(200, jsonType, `{"success":false}`), agentclient.Protocol, ""},
		"500 with success true": {body(500, jsonType, ok), agentclient.Protocol, ""},
		"500 html":              {body(500, "text/html", "oops"), agentclient.Protocol, ""},
		"plain 429":             {body(429, "text/plain", "slow down"), agentclient.AgentError, agentapi.CodeRateLimited},
		"empty 405":             {body(405, "", ""), agentclient.AgentError, agentapi.CodeUnsupported},
		"plain 400":             {body(400, "text/plain", "bad"), agentclient.AgentError, agentapi.CodeInvalid},
		"304 unasked":           {body(304, jsonType, ""), agentclient.Protocol, ""},
		"too large":             {body(200, jsonType, strings.Repeat(" ", 2<<20)), agentclient.Protocol, ""},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "{") //nolint:errcheck // cut off anyway
			panic(http.ErrAbortHandler)
		}, agentclient.Unreachable, ""},
		"never ends":   {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, agentclient.Unreachable, ""},
		"drips":        {drip, agentclient.Unreachable, ""},
		"gzip bomb":    {bomb(), agentclient.Protocol, ""},
		"huge headers": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, agentclient.Unreachable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hostile(t, c.h).Health(t.Context())
			if c.kind == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.Equal(t, c.kind, agentclient.KindOf(err), "%v", err)
			require.Equal(t, c.code, agentclient.CodeOf(err))
			require.NotContains(t, err.Error(), ".01", "the encoded authority is nobody's business")
		})
	}
}

// drip sends a byte at a time, each in time, all together never.
func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			io.WriteString(w, " ") //nolint:errcheck // it drips until the client goes
			w.(http.Flusher).Flush()
		}
	}
}

// bomb is a kilobyte that unpacks to megabytes.
func bomb() http.HandlerFunc {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.CopyN(z, zeros{}, 8<<20) //nolint:errcheck // into memory
	z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(b.Bytes()) //nolint:errcheck // the client stops reading it
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere int
	a := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			elsewhere++
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := a.Apply(t.Context(), "k", agentapi.ApplyRequest{})
	require.Equal(t, agentclient.Protocol, agentclient.KindOf(err))
	require.Zero(t, elsewhere)
}

func TestRetryAfterIsReported(t *testing.T) {
	a := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		http.Error(w, "slow", http.StatusTooManyRequests)
	})
	_, err := a.Health(t.Context())
	var e *agentclient.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 7*time.Second, e.RetryAfter)
	require.True(t, e.Agent.Retryable)
}

func TestOnlyTheHostItselfIsBelieved(t *testing.T) {
	ca, foreign := agenttest.NewCA(t), agenttest.NewCA(t)
	host := ids.New()
	for name, cert := range map[string]tls.Certificate{
		"other CA":             foreign.HostCertificate(host),
		"other host":           ca.HostCertificate(ids.New()),
		"the manager":          ca.Issue(agentapi.ManagerURI, x509.ExtKeyUsageServerAuth),
		"host's, for clients":  ca.Issue(agentclient.HostURI(host), x509.ExtKeyUsageClientAuth),
		"no host in it at all": ca.Issue("https://example.com", x509.ExtKeyUsageServerAuth),
	} {
		t.Run(name, func(t *testing.T) {
			a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: host, Certificate: &cert})
			_, err := client(t, ca).For(a.Target()).Apply(t.Context(), "k", agentapi.ApplyRequest{})
			require.Equal(t, agentclient.Refused, agentclient.KindOf(err), "%v", err)
			require.Empty(t, a.Orders())
		})
	}
	t.Run("a manager of another CA is refused by the agent", func(t *testing.T) {
		a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: host})
		mixed := agentclient.New(agentclient.Config{Timeouts: short, TLS: func() *tls.Config {
			cfg := foreign.ClientTLS()
			cfg.RootCAs = ca.Pool()
			return cfg
		}})
		defer mixed.Close()
		_, err := mixed.For(a.Target()).Health(t.Context())
		require.Equal(t, agentclient.Refused, agentclient.KindOf(err), "%v", err)
	})
}

// A host that takes over another's address never gets the other's orders, also
// while a connection to that address is open.
func TestConnectionsAreNotSharedBetweenHosts(t *testing.T) {
	ca := agenttest.NewCA(t)
	a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: ids.New()})
	c := client(t, ca)
	_, err := c.For(a.Target()).Health(t.Context())
	require.NoError(t, err)
	other := a.Target()
	other.HostID = ids.New()
	_, err = c.For(other).Health(t.Context())
	require.Equal(t, agentclient.Refused, agentclient.KindOf(err), "%v", err)
	_, err = c.For(a.Target()).Health(t.Context())
	require.NoError(t, err)
}

func TestPlainTextPortIsNoAgent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n") //nolint:errcheck // the client may be gone
			io.Copy(io.Discard, conn)                       //nolint:errcheck // until it is
		}
	}()
	at := ln.Addr().(*net.TCPAddr)
	_, err = client(t, agenttest.NewCA(t)).For(agentclient.Target{HostID: ids.New(), Address: at.IP.String(), Port: at.Port}).Health(t.Context())
	require.Equal(t, agentclient.Protocol, agentclient.KindOf(err), "%v", err)
}

func TestListsAreChecked(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, p := range map[string]agentapi.Package{
		"no name":     {Version: "1"},
		"no version":  {Name: "a"},
		"long name":   {Name: long, Version: "1"},
		"long origin": {Name: "a", Version: "1", Origin: long},
		"long arch":   {Name: "a", Version: "1", Arch: long[:65]},
	} {
		data, err := json.Marshal(agentapi.Envelope{Success: true, Data: mustJSON(t, agentapi.PackageList{Packages: []agentapi.Package{p}})})
		require.NoError(t, err)
		_, err = hostile(t, body(200, jsonType, string(data))).Packages(t.Context(), "")
		require.Equal(t, agentclient.Protocol, agentclient.KindOf(err), name)
	}
}

func mustJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestNULIsReplacedAndNothingElse(t *testing.T) {
	a := hostile(t, body(200, jsonType, `{"success":true,"data":{"hostname":"a\u0000b","fqdn":"c\\u0000d","kernel":"e\\\u0000f"}}`))
	s, err := a.SystemInfo(t.Context())
	require.NoError(t, err)
	require.Equal(t, "a\ufffdb", s.Hostname)
	require.Equal(t, `c\u0000d`, s.FQDN)
	require.Equal(t, "e\\\ufffdf", s.Kernel)
}

func TestOrdersWithoutAKeyAndEmptySelectionsAreNeverSent(t *testing.T) {
	calls := 0
	a := hostile(t, func(http.ResponseWriter, *http.Request) { calls++ })
	_, err := a.Apply(t.Context(), "", agentapi.ApplyRequest{})
	require.ErrorContains(t, err, "idempotency key")
	_, err = a.Apply(t.Context(), "k", agentapi.ApplyRequest{Packages: []string{}})
	require.ErrorContains(t, err, "empty list")
	_, err = a.Plan(t.Context(), agentapi.ApplyRequest{Packages: []string{}})
	require.ErrorContains(t, err, "empty list")
	require.Zero(t, calls)
}

// stream serves one event stream that sends the given messages.
func stream(t *testing.T, messages ...string) *agentclient.Agent {
	return hostile(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		if _, _, err := conn.Read(r.Context()); err != nil {
			return
		}
		for _, m := range messages {
			if conn.Write(r.Context(), websocket.MessageText, []byte(m)) != nil {
				return
			}
		}
		conn.Close(websocket.StatusNormalClosure, "")
	})
}

func event(kind agentapi.EventKind, job string, seq int, status agentapi.JobStatus) string {
	return fmt.Sprintf(`{"event":%q,"job_id":%q,"seq":%d,"status":%q,"line":"x"}`, kind, job, seq, status)
}

func TestEventsOfOtherJobsAndRepeatedOnesAreDropped(t *testing.T) {
	a := stream(t, event("job_log", "j1", 1, ""), event("job_status", "other", 2, "completed"), event("job_log", "j1", 1, ""),
		event("job_new_kind", "j1", 2, "completed"), event("job_log", "j1", 3, ""), event("job_log", "j1", 2, ""), event("job_status", "j1", 4, "failed"))
	var got []int64
	err := a.Events(t.Context(), "j1", 0, func(e agentapi.Event) error {
		got = append(got, e.Seq)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []int64{1, 3, 4}, got)
}

func TestBrokenStreams(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		kind    agentclient.Kind
	}{
		"ends early": {event("job_log", "j1", 1, ""), agentclient.Unreachable},
		"no json":    {"{", agentclient.Protocol},
		"too large":  {`{"event":"job_log","line":"` + strings.Repeat("x", 1<<20) + `"}`, agentclient.Protocol},
	} {
		err := stream(t, c.message).Events(t.Context(), "j1", 0, func(agentapi.Event) error { return nil })
		require.Equal(t, c.kind, agentclient.KindOf(err), "%s: %v", name, err)
	}
	err := hostile(t, body(404, jsonType, "{}")).Events(t.Context(), "j1", 0, nil)
	require.Equal(t, agentclient.Protocol, agentclient.KindOf(err))
	mine := errors.New("mine")
	err = stream(t, event("job_log", "j1", 1, "")).Events(t.Context(), "j1", 0, func(agentapi.Event) error { return mine })
	require.ErrorIs(t, err, mine)
}

// manual is a clock whose waiting ends when the test says so.
type manual struct{ ch chan time.Time }

func (m manual) Now() time.Time                       { return time.Time{} }
func (m manual) After(time.Duration) <-chan time.Time { return m.ch }

func TestASilentStreamEnds(t *testing.T) {
	ca := agenttest.NewCA(t)
	a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: ids.New()})
	quiet, open := make(chan struct{}), make(chan struct{})
	var once sync.Once
	a.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return true
		}
		conn.Read(r.Context()) //nolint:errcheck // the subscription, or the end of the test
		once.Do(func() { close(open) })
		<-quiet // reads nothing more, so it answers no ping
		conn.CloseNow()
		return true
	})
	defer close(quiet)
	clock := manual{make(chan time.Time)}
	c := agentclient.New(agentclient.Config{TLS: ca.ClientTLS, Clock: clock, Timeouts: short})
	defer c.Close()
	done := make(chan error, 1)
	go func() {
		done <- c.For(a.Target()).Events(context.Background(), "j1", 0, func(agentapi.Event) error { return nil })
	}()
	<-open
	clock.ch <- time.Time{}
	err := <-done
	require.Equal(t, agentclient.Unreachable, agentclient.KindOf(err))
	require.ErrorContains(t, err, "does not answer")
}
