package jobs

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// api serves the routes as an actor.
func (b *bed) api(actor auth.Actor) *httptest.Server {
	mux := http.NewServeMux()
	b.s.Routes(httpx.NewAPI(mux, "test"))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(auth.WithActor(r.Context(), actor)))
	}))
	b.t.(*testing.T).Cleanup(srv.Close)
	return srv
}

func call(t *testing.T, srv *httptest.Server, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+httpx.BasePath+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(text)
}

func TestJobOverHTTP(t *testing.T) {
	b := newBed(t)
	host := b.host("web-01", talkative)
	srv := b.api(b.admin)
	status, body := call(t, srv, "POST", "/jobs", fmt.Sprintf(
		`{"kind":"patch","host_ids":["%s"],"selection":{"mode":"security"},"reboot":"never","allow_removals":false}`, host))
	require.Equal(t, http.StatusCreated, status, body)
	var j Job
	require.NoError(t, json.Unmarshal([]byte(body), &j))
	require.Contains(t, body, `"children":[]`)
	b.work(b.s)

	status, body = call(t, srv, "GET", "/jobs?state=succeeded,failed&kind=patch&host_id="+host.String()+"&q=web-01", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"total":1`)
	_, body = call(t, srv, "GET", "/jobs?state=running", "")
	require.Contains(t, body, `"items":[]`)
	_, body = call(t, srv, "GET", "/jobs?q=100%25", "")
	require.Contains(t, body, `"total":0`, "a percent sign is no wildcard")
	_, body = call(t, srv, "GET", "/jobs/"+j.ID.String()+"/hosts?state=succeeded", "")
	require.Contains(t, body, `"host_name":"web-01"`)
	require.Contains(t, body, `"changes":[]`)

	events := "/jobs/" + j.ID.String() + "/hosts/" + host.String() + "/events"
	_, body = call(t, srv, "GET", events+"?limit=3", "")
	var page EventPage
	require.NoError(t, json.Unmarshal([]byte(body), &page))
	require.Len(t, page.Items, 3)
	_, body = call(t, srv, "GET", fmt.Sprintf("%s?after=%d&limit=1000", events, page.LastID), "")
	var rest EventPage
	require.NoError(t, json.Unmarshal([]byte(body), &rest))
	require.Len(t, append(page.Items, rest.Items...), len(b.events(j.ID, host)))

	status, body = call(t, srv, "GET", "/jobs/"+j.ID.String()+"/hosts/"+host.String()+"/log.txt", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "line 11")
	require.Contains(t, body, "[succeeded]")
	require.Equal(t, 1, b.count("select count(*) from audit_entry where action = 'job_log.download'"))
}

func TestHTTPRefusals(t *testing.T) {
	b := newBed(t)
	host := b.host("web-01", nil)
	j := b.patchAll(host)
	srv := b.api(b.admin)
	for path, want := range map[string]int{
		"/jobs?state=runing": 422, "/jobs?host_id=x": 422, "/jobs?page=0": 422, "/jobs/x": 422,
		"/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV": 404, "/jobs/" + j.ID.String() + "/hosts/01ARZ3NDEKTSV4RRFFQ69G5FAV/events": 404,
		"/plans/01ARZ3NDEKTSV4RRFFQ69G5FAV": 404,
	} {
		status, body := call(t, srv, "GET", path, "")
		require.Equal(t, want, status, "%s: %s", path, body)
	}
	status, body := call(t, srv, "POST", "/jobs", `{"kind":"patch","host_ids":[],"reboot":"sometimes","allow_removals":false}`)
	require.Equal(t, 422, status)
	require.Contains(t, body, `"field":"reboot"`)
}

// TestOutOfScopeIsNotFound asks every route as somebody who sees no host.
func TestOutOfScopeIsNotFound(t *testing.T) {
	b := newBed(t)
	host := b.host("web-01", nil)
	j := b.patchAll(host)
	p, err := b.s.CreatePlan(t.Context(), b.admin, PlanInput{HostIDs: []ids.ID{host}, Selection: Selection{Mode: ModeAll}})
	require.NoError(t, err)
	operator := b.admin
	operator.Role = auth.RoleOperator
	srv := b.api(operator)
	id, of := j.ID.String(), "/jobs/"+j.ID.String()+"/hosts"
	for _, path := range []string{"GET /jobs/" + id, "GET " + of, "GET " + of + "/" + host.String() + "/events",
		"GET " + of + "/" + host.String() + "/log.txt", "POST /jobs/" + id + "/cancel", "POST /jobs/" + id + "/rollback",
		"POST /jobs/" + id + "/rerun", "GET /plans/" + p.ID.String()} {
		method, path, _ := strings.Cut(path, " ")
		body := ""
		if strings.HasSuffix(path, "rollback") || strings.HasSuffix(path, "rerun") {
			body = "{}"
		}
		status, text := call(t, srv, method, path, body)
		require.Equal(t, http.StatusNotFound, status, "%s %s: %s", method, path, text)
	}
	_, body := call(t, srv, "GET", "/jobs", "")
	require.Contains(t, body, `"total":0`)

	auditor := b.admin
	auditor.Role = auth.RoleAuditor
	status, _ := call(t, b.api(auditor), "POST", "/jobs/"+id+"/cancel", "")
	require.Equal(t, http.StatusForbidden, status)
}
