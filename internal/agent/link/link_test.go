package link_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"patchmanager/internal/agent/link"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/testca"
)

func TestEveryAnswerIsTheEnvelope(t *testing.T) {
	r := start(t, func(o *link.Options) { o.Orders = rate.NewLimiter(0, 8) })
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		code         agentapi.Code
	}{
		"no such path":        {"GET", "/api/v1/nothing", nil, 404, agentapi.CodeNotFound},
		"no path at all":      {"GET", "/", nil, 404, agentapi.CodeNotFound},
		"path to be cleaned":  {"GET", "/api/v1//health", nil, 404, agentapi.CodeNotFound},
		"wrong method":        {"POST", "/api/v1/health", nil, 405, agentapi.CodeMethod},
		"no JSON":             {"POST", "/api/v1/patches/plan", "{", 422, agentapi.CodeInvalid},
		"too large":           {"POST", "/api/v1/patches/plan", `{"packages":["` + strings.Repeat("a", agentapi.MaxBodyBytes) + `"]}`, 413, agentapi.CodeTooLarge},
		"unknown parameter":   {"GET", "/api/v1/packages?upgradable=true", nil, 422, agentapi.CodeInvalid},
		"unknown job":         {"GET", "/api/v1/jobs/x", nil, 404, agentapi.CodeJobNotFound},
		"unknown job's log":   {"GET", "/api/v1/jobs/x/log", nil, 404, agentapi.CodeJobNotFound},
		"unknown package":     {"POST", "/api/v1/patches/plan", map[string]any{"packages": []string{"nosuch"}}, 409, agentapi.CodePackageNotFound},
		"a fault of our own":  {"POST", "/api/v1/patches/plan", map[string]any{"packages": []string{"boom"}}, 500, agentapi.CodeInternal},
		"rollback of nothing": {"POST", "/api/v1/jobs/x/rollback", nil, 404, agentapi.CodeJobNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			resp, e := r.call(c.method, c.path, c.body)
			require.Equal(t, c.status, resp.StatusCode)
			require.Equal(t, c.code, e.Error.Code, e.Error.Message)
			if c.status == 405 {
				require.Equal(t, "GET", resp.Header.Get("Allow"))
			}
		})
	}
	for range 20 { // the burst is used up at last
		resp, e := r.call("POST", "/api/v1/jobs/x/rollback", nil)
		if resp.StatusCode == 404 {
			continue
		}
		require.Equal(t, 429, resp.StatusCode)
		require.Equal(t, agentapi.CodeRateLimited, e.Error.Code)
		require.NotEmpty(t, resp.Header.Get("Retry-After"))
		return
	}
	t.Fatal("no limit")
}

func TestRequestIDIsTakenOverUnlessItIsNonsense(t *testing.T) {
	r := start(t)
	_, e := r.call("GET", "/api/v1/health", nil, agentapi.HeaderRequestID, "abc-1")
	require.Equal(t, "abc-1", e.RequestID)
	_, e = r.call("GET", "/api/v1/health", nil, agentapi.HeaderRequestID, "a b\"")
	require.Regexp(t, "^[0-9a-f]{24}$", e.RequestID)
}

func TestHealthSaysWhatIsWrong(t *testing.T) {
	r := start(t)
	_, e := r.call("GET", "/api/v1/health", nil)
	h := into[agentapi.Health](t, e)
	require.Equal(t, agentapi.HealthDegraded, h.Status, "the test's certificate runs out tomorrow")
	require.Len(t, h.Reasons, 1)
	require.Contains(t, h.Reasons[0], "runs out")
	require.Contains(t, h.Capabilities, agentapi.CapRollback)
	require.Equal(t, "none", h.CRLStatus)
	require.Equal(t, "boot", h.BootID)

	r.set(func() { r.state, r.problems = "2", []string{"demo is half-configured"} })
	_, e = r.call("GET", "/api/v1/health", nil)
	require.Contains(t, into[agentapi.Health](t, e).Reasons, "demo is half-configured")
}

func TestListsAreComputedOnceForEachState(t *testing.T) {
	r := start(t)
	resp, e := r.call("GET", "/api/v1/packages", nil)
	require.Len(t, into[agentapi.PackageList](t, e).Packages, 50)
	tag := resp.Header.Get("ETag")
	require.NotEmpty(t, tag)

	resp, _ = r.call("GET", "/api/v1/packages", nil, "If-None-Match", tag)
	require.Equal(t, http.StatusNotModified, resp.StatusCode)
	r.call("GET", "/api/v1/packages", nil)
	require.Equal(t, 1, r.asked)

	r.set(func() { r.state = "2" })
	resp, e = r.call("GET", "/api/v1/packages", nil, "If-None-Match", tag)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "3.0-2", into[agentapi.PackageList](t, e).Packages[0].Version)

	resp, _ = r.call("GET", "/api/v1/packages", nil, "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))

	_, e = r.call("GET", "/api/v1/patches", nil)
	require.JSONEq(t, `[]`, string(into[map[string]rawJSON](t, e)["patches"]), "a list, never null")
}

type rawJSON []byte

// UnmarshalJSON implements json.Unmarshaler.
func (r *rawJSON) UnmarshalJSON(b []byte) error { *r = append([]byte{}, b...); return nil }

func TestPlanHasChecksAndRollback(t *testing.T) {
	r := start(t)
	_, e := r.call("POST", "/api/v1/patches/plan", agentapi.ApplyRequest{})
	plan := into[agentapi.Plan](t, e)
	require.Equal(t, "abc", plan.PlanHash)
	require.Len(t, plan.Preflight, 1)
	require.Equal(t, agentapi.RollbackReady, plan.Rollback.State)
	_, e = r.call("POST", "/api/v1/patches/plan", agentapi.ApplyRequest{PlanHash: "old"})
	require.Equal(t, agentapi.CodePlanChanged, e.Error.Code)
}

func TestOrderIsAcceptedOnceForAKey(t *testing.T) {
	r := start(t)
	resp, e := r.call("POST", "/api/v1/refresh", nil, agentapi.HeaderIdempotencyKey, "host-1:1")
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	first := into[agentapi.Job](t, e)
	resp, e = r.call("POST", "/api/v1/refresh", nil, agentapi.HeaderIdempotencyKey, "host-1:1")
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	require.Equal(t, first.JobID, into[agentapi.Job](t, e).JobID)
	resp, e = r.call("POST", "/api/v1/system/reboot", agentapi.RebootRequest{DelaySeconds: 5}, agentapi.HeaderIdempotencyKey, "host-1:1")
	require.Equal(t, http.StatusConflict, resp.StatusCode)
	require.Equal(t, agentapi.CodeKeyReused, e.Error.Code)
	resp, e = r.call("POST", "/api/v1/refresh", nil, agentapi.HeaderIdempotencyKey, strings.Repeat("k", 129))
	require.Equal(t, 422, resp.StatusCode)
	require.Equal(t, "header.Idempotency-Key", e.Error.Details[0].Field)
}

func TestFinishedJobStaysWhenAskedTo(t *testing.T) {
	r := start(t)
	_, e := r.call("POST", "/api/v1/refresh", nil, agentapi.HeaderIdempotencyKey, "host-1:1")
	path := "/api/v1/jobs/" + into[agentapi.Job](t, e).JobID
	r.follow(into[agentapi.Job](t, e).JobID, 0)
	for _, c := range []struct {
		method, query string
		status        int
	}{
		{"DELETE", "?finished=drop", 422},
		{"DELETE", "?finished=keep", 200},
		{"GET", "", 200},
		{"DELETE", "", 200},
		{"GET", "", 404},
	} {
		resp, _ := r.call(c.method, path+c.query, nil)
		require.Equal(t, c.status, resp.StatusCode, "%s %s", c.method, c.query)
	}
}

// follow reads a job's events from a number on until the server closes.
func (r *rig) follow(id string, after int64) []agentapi.Event {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, r.url+"/api/v1/ws/jobs", &websocket.DialOptions{HTTPClient: r.client})
	require.NoError(r.t, err)
	defer conn.CloseNow()
	require.NoError(r.t, wsjson.Write(ctx, conn, agentapi.Subscribe{Action: "subscribe", JobID: id, After: after}))
	var out []agentapi.Event
	for {
		var e agentapi.Event
		if err := wsjson.Read(ctx, conn, &e); err != nil {
			require.Equal(r.t, websocket.StatusNormalClosure, websocket.CloseStatus(err), "%v", err)
			return out
		}
		out = append(out, e)
	}
}

func TestStreamTellsEachEventOnceFromAnyNumber(t *testing.T) {
	r := start(t)
	_, e := r.call("POST", "/api/v1/refresh", nil)
	id := into[agentapi.Job](t, e).JobID
	all := r.follow(id, 0)
	require.Equal(t, agentapi.JobCompleted, all[len(all)-1].Status)
	for i, event := range all {
		require.Equal(t, int64(i+1), event.Seq)
		require.Equal(t, id, event.JobID)
	}
	for after := range all {
		require.Equal(t, all[after:], r.follow(id, int64(after)))
	}
	require.Empty(t, r.follow(id, int64(len(all))))

	_, e = r.call("GET", fmt.Sprintf("/api/v1/jobs/%s/log?after=2", id), nil)
	page := into[agentapi.LogPage](t, e)
	require.Equal(t, all[2:], page.Events)
	require.Equal(t, int64(len(all)), page.Last)
	resp, _ := r.call("GET", "/api/v1/jobs/"+id+"/log?after=x", nil)
	require.Equal(t, 422, resp.StatusCode)
}

func TestStreamRefusesWhatIsNotThere(t *testing.T) {
	r := start(t)
	for _, sub := range []any{agentapi.Subscribe{Action: "subscribe", JobID: "x"}, agentapi.Subscribe{Action: "other"}, map[string]int{"what": 1}} {
		conn, _, err := websocket.Dial(t.Context(), r.url+"/api/v1/ws/jobs", &websocket.DialOptions{HTTPClient: r.client})
		require.NoError(t, err)
		require.NoError(t, wsjson.Write(t.Context(), conn, sub))
		_, _, err = conn.Read(t.Context())
		require.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err))
	}
}

func TestCertificateIsRenewedOverTheLink(t *testing.T) {
	r := start(t)
	_, e := r.call("POST", "/api/v1/pki/csr", nil)
	crt := r.ca.SignCSR(into[agentapi.CSR](t, e).CSR)
	resp, e := r.call("PUT", "/api/v1/pki/certificate", agentapi.CertificateUpdate{ServerCrt: testca.New(t).SignCSR(into[agentapi.CSR](t, e).CSR)})
	require.Equal(t, 422, resp.StatusCode)
	require.Equal(t, agentapi.CodeInvalid, e.Error.Code)
	resp, _ = r.call("PUT", "/api/v1/pki/certificate", agentapi.CertificateUpdate{ServerCrt: crt, CAChain: testca.PEM(r.ca.Root)})
	require.Equal(t, 200, resp.StatusCode)
	r.client.CloseIdleConnections()
	resp, _ = r.call("GET", "/api/v1/health", nil)
	require.Equal(t, crt, testca.PEM(resp.TLS.PeerCertificates[0]))
}

// Any certificate of the CA commanded every agent of the seed project.
func TestOtherClientsNeverReachHTTP(t *testing.T) {
	r := start(t)
	for name, certs := range map[string][]tls.Certificate{
		"another host": {r.ca.Issue(testca.Leaf{Name: "host", URI: "spiffe://patch-manager/host/1", Usage: x509.ExtKeyUsageClientAuth})},
		"another CA":   {testca.New(t).Manager()},
		"nobody":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.ca.Pool(), Certificates: certs}}}
			resp, err := client.Get(r.url + "/api/v1/health")
			if err == nil {
				resp.Body.Close()
			}
			require.ErrorContains(t, err, "tls:")
		})
	}
}

func TestAllowlistComesBeforeTheHandshake(t *testing.T) {
	r := start(t, func(o *link.Options) { o.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	resp, err := r.client.Get(r.url + "/api/v1/health")
	if err == nil {
		resp.Body.Close()
	}
	require.Error(t, err)
	r = start(t, func(o *link.Options) { o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	r.call("GET", "/api/v1/health", nil)
}
