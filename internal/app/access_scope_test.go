package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/dashboard"
	"patchmanager/internal/hosts"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
	"patchmanager/internal/live"
	"patchmanager/internal/testkit/people"
)

// fleet is hosts of three kinds and what they share.
type fleet struct {
	mine, foreign, none []ids.ID // in the group mine, in the group foreign, in none
	both                ids.ID   // in both groups
	shared              ids.ID   // a job on all of them
	ended               ids.ID   // another one, which has failed
	plan                ids.ID
	foreignJob          ids.ID
	hidden              []string // what operator_in must never be told
}

var requestID = regexp.MustCompile(`"request_id":"[^"]*"`)

// newFleet is 3 hosts for operator_in, 4 for operator_out, 1 of them for both.
func (w *world) newFleet() fleet {
	w.t.Helper()
	f := fleet{both: w.newHost(w.mine, w.foreign), none: []ids.ID{w.newHost()}}
	f.mine = []ids.ID{w.newHost(w.mine), w.newHost(w.mine)}
	f.foreign = []ids.ID{w.newHost(w.foreign), w.newHost(w.foreign), w.newHost(w.foreign)}
	all := slices.Concat(f.mine, f.foreign, f.none, []ids.ID{f.both})
	f.shared, f.ended, f.plan = w.newJob(false, all...), w.newJob(true, all...), w.newPlan(all...)
	f.foreignJob = w.newJob(false, f.foreign...)
	rows, err := w.db.Query(w.t.Context(), "select name from host where id = any($1)", slices.Concat(f.foreign, f.none))
	require.NoError(w.t, err)
	for rows.Next() {
		var name string
		require.NoError(w.t, rows.Scan(&name))
		f.hidden = append(f.hidden, name)
	}
	require.NoError(w.t, rows.Err())
	for _, id := range slices.Concat(f.foreign, f.none, []ids.ID{f.foreignJob, w.foreign}) {
		f.hidden = append(f.hidden, id.String())
	}
	f.hidden = append(f.hidden, "on 7 hosts")
	return f
}

func (f fleet) requireClean(t *testing.T, where, text string) {
	t.Helper()
	for _, h := range f.hidden {
		require.NotContains(t, text, h, where)
	}
}

// TestAccessNumbersAreOfTheOwnHosts: what an operator counts, finds and reads is
// of the own hosts, in every list, filter, number and sentence.
func TestAccessNumbersAreOfTheOwnHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.newFleet()
	for who, want := range map[string]struct{ hosts, jobs, total int }{
		"operator_in": {3, 2, 3}, "operator_out": {4, 3, 4}, "token_in": {3, 2, 3}, "admin": {7, 3, 7}, "auditor": {7, 3, 7},
	} {
		c := w.as(who)
		var d dashboard.Fleet
		w.send(c, http.MethodGet, "/api/v1/status/fleet", nil, &d)
		require.Equal(t, dashboard.FleetHosts{Total: want.hosts, Healthy: want.hosts}, d.Hosts, who)
		require.Equal(t, want.hosts, d.RebootNeeded, who)
		require.Equal(t, want.hosts, d.Pending.PatchesTotal, who)
		require.Equal(t, want.hosts, d.Pending.BySeverity.High, who)
		require.Equal(t, want.hosts, d.Compliance.NotCompliant, who)
		require.Equal(t, want.jobs-1, d.Jobs.Running, who)
		require.Len(t, d.Jobs.Recent, want.jobs, who)
		for _, a := range d.Attention {
			if a.Kind == dashboard.AttentionReboot {
				require.Equal(t, want.hosts, a.Count, who)
			}
		}
		var list hosts.HostPage
		w.send(c, http.MethodGet, "/api/v1/hosts?page_size=1", nil, &list)
		require.Equal(t, want.hosts, list.Total, who)
		var facets hosts.Facets
		w.send(c, http.MethodGet, "/api/v1/hosts/facets", nil, &facets)
		require.Equal(t, want.hosts, facets.States.Healthy, who)
		require.Equal(t, want.hosts, facets.OS[0].Count, who)
		var page jobs.JobPage
		w.send(c, http.MethodGet, "/api/v1/jobs", nil, &page)
		require.Equal(t, want.jobs, page.Total, who)
		var one jobs.Job
		w.send(c, http.MethodGet, "/api/v1/jobs/"+f.shared.String(), nil, &one)
		require.Equal(t, want.total, one.Counts.Total, who)
		require.Equal(t, fmt.Sprintf("All updates on %d hosts", want.total), one.Title, who)
		var rows jobs.JobHostPage
		w.send(c, http.MethodGet, "/api/v1/jobs/"+f.shared.String()+"/hosts", nil, &rows)
		require.Equal(t, want.total, rows.Total, who)
		var plan jobs.Plan
		w.send(c, http.MethodGet, "/api/v1/plans/"+f.plan.String(), nil, &plan)
		require.Equal(t, want.total, plan.Counts.Hosts, who)
	}
}

// TestAccessAnswersNameNothingForeign reads every answer that an operator, or a
// token that is narrowed, gets about what is shared with others.
func TestAccessAnswersNameNothingForeign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.newFleet()
	_, api := newAPI(describe(), &health{})
	asked := 0
	for _, who := range []string{"operator_in", "token_in"} {
		for name, op := range operations(api) {
			if op.Method != http.MethodGet || httpx.IsPublic(op) {
				continue
			}
			c := w.as(who)
			r := w.requestFor(op.OperationID, op.Path, c)
			switch {
			case strings.Contains(op.Path, "/jobs/{id}"):
				r.path["id"], r.path["host_id"] = f.shared.String(), f.both.String()
			case strings.Contains(op.Path, "/plans/{id}"):
				r.path["id"] = f.plan.String()
			case strings.Contains(op.Path, "/hosts/{id}"):
				r.path["id"] = f.both.String()
			case strings.Contains(op.Path, "/groups/{id}"):
				r.path["id"] = w.mine.String()
			}
			path := parameter.ReplaceAllStringFunc(op.Path, func(p string) string { return r.path[p[1:len(p)-1]] })
			var text string
			if res := w.send(c, op.Method, path+r.query, nil, &text); res.StatusCode < 300 {
				asked++
			}
			f.requireClean(t, who+" "+name, text)
		}
		for _, query := range []string{"/hosts?q=host", "/hosts?group_id=" + w.foreign.String(), "/hosts?group_id=none", "/hosts?sort=pending&order=desc",
			"/jobs?q=hosts", "/jobs?q=7+hosts", "/jobs?host_id=" + f.foreign[0].String(), "/groups?q=foreign",
			"/jobs/" + f.shared.String() + "/hosts?state=queued", "/hosts/" + f.both.String() + "/timeline?page_size=500"} {
			var text string
			res := w.send(w.as(who), http.MethodGet, "/api/v1"+query, nil, &text)
			require.Equal(t, http.StatusOK, res.StatusCode, query)
			f.requireClean(t, who+" "+query, text)
		}
	}
	require.Greater(t, asked, 25, "most of them were answered")
}

// TestAccessActsReachTheOwnHostsAlone cancels and repeats what is shared.
func TestAccessActsReachTheOwnHostsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.newFleet()
	var text string
	res := w.send(w.as("operator_in"), http.MethodPost, "/api/v1/jobs/"+f.shared.String()+"/cancel", nil, &text)
	require.Equal(t, http.StatusOK, res.StatusCode, text)
	f.requireClean(t, "cancel", text)
	require.Equal(t, int64(3), w.one("select count(*) from job_host where job_id = $1 and state = 'cancelled'", f.shared))
	require.Equal(t, int64(4), w.one("select count(*) from job_host where job_id = $1 and state = 'queued'", f.shared))
	res = w.send(w.as("operator_in"), http.MethodPost, "/api/v1/jobs/"+f.ended.String()+"/rerun", map[string]any{}, &text)
	require.Equal(t, http.StatusCreated, res.StatusCode, text)
	f.requireClean(t, "rerun", text)
	var again jobs.Job
	require.NoError(t, json.Unmarshal([]byte(text), &again))
	require.Equal(t, int64(3), w.one("select count(*) from job_host where job_id = $1", again.ID))
}

// TestAccessUnknownAndForeignLookTheSame asks every operation on one thing for
// a thing that is out of scope and for one that does not exist.
func TestAccessUnknownAndForeignLookTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, api := newAPI(describe(), &health{})
	for _, who := range []string{"operator_out", "token_out"} {
		for _, name := range slices.Sorted(maps.Keys(operations(api))) {
			op := operations(api)[name]
			if httpx.IsPublic(op) || !strings.Contains(op.Path, "{") || strings.HasPrefix(op.Path, "/api/v1/auth/") {
				continue
			}
			c := w.as(who)
			r := w.requestFor(op.OperationID, op.Path, c)
			if r.body == nil && op.RequestBody != nil {
				r.body = map[string]any{}
			}
			var there, nowhere string
			ask := func(path map[string]string, out *string) int {
				p := parameter.ReplaceAllStringFunc(op.Path, func(p string) string { return path[p[1:len(p)-1]] })
				status := w.send(c, op.Method, p+r.query, r.body, out).StatusCode
				for _, id := range path {
					*out = strings.ReplaceAll(*out, id, "ID")
				}
				*out = requestID.ReplaceAllString(*out, "")
				return status
			}
			none := maps.Clone(r.path)
			for k, v := range none {
				if none[k] = ids.New().String(); !strings.ContainsFunc(v, unicode.IsLetter) {
					none[k] = "999999999" // counted, not an id
				}
			}
			status := ask(r.path, &there)
			require.Equal(t, ask(none, &nowhere), status, "%s as %s: %s and %s", name, who, there, nowhere)
			require.Equal(t, nowhere, there, "%s as %s", name, who)
			require.Contains(t, []int{401, 403, 404}, status, "%s as %s: %s", name, who, there)
		}
	}
}

// TestAccessBulkInputsTellNothing: a list with a foreign host is refused in the
// same words as one with a host that does not exist.
func TestAccessBulkInputsTellNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.newFleet()
	for path, body := range map[string]func(id ids.ID) any{
		"/api/v1/jobs": func(id ids.ID) any {
			return map[string]any{"kind": "refresh", "host_ids": []ids.ID{f.mine[0], id}, "reboot": "never", "allow_removals": false}
		},
		"/api/v1/plans": func(id ids.ID) any {
			return map[string]any{"host_ids": []ids.ID{f.mine[0], id}, "selection": map[string]string{"mode": "all"}, "allow_removals": false}
		},
		"/api/v1/jobs/" + f.ended.String() + "/rerun":    func(id ids.ID) any { return object1("host_ids", []ids.ID{f.mine[0], id}) },
		"/api/v1/jobs/" + f.ended.String() + "/rollback": func(id ids.ID) any { return object1("host_ids", []ids.ID{f.mine[0], id}) },
	} {
		var foreign, unknown string
		none := ids.New()
		res := w.send(w.as("operator_in"), http.MethodPost, path, body(f.foreign[0]), &foreign)
		require.Equal(t, http.StatusUnprocessableEntity, res.StatusCode, path)
		w.send(w.as("operator_in"), http.MethodPost, path, body(none), &unknown)
		foreign = requestID.ReplaceAllString(strings.ReplaceAll(foreign, f.foreign[0].String(), "ID"), "")
		require.Equal(t, requestID.ReplaceAllString(strings.ReplaceAll(unknown, none.String(), "ID"), ""), foreign, path)
	}
}

// TestAccessHostsOfNoGroupAreClosed: to operators, unless a setting opens them.
func TestAccessHostsOfNoGroupAreClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.newHost()
	for who, want := range map[string]int{"operator_in": 404, "token_in": 404, "auditor": 200, "admin": 200} {
		require.Equal(t, want, w.send(w.as(who), http.MethodGet, "/api/v1/hosts/"+h.String(), nil, nil).StatusCode, who)
	}
}

// dial opens a live connection of a caller.
func (w *world) dial(c *caller) *websocket.Conn {
	w.t.Helper()
	var ticket live.Ticket
	require.Equal(w.t, http.StatusCreated, w.send(c, http.MethodPost, "/api/v1/ws/ticket", nil, &ticket).StatusCode)
	tr := w.client.Transport.(*http.Transport).Clone()
	tr.ForceAttemptHTTP2, tr.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
	conn, _, err := websocket.Dial(w.t.Context(), w.url+live.SocketPath+"?ticket="+ticket.Ticket, &websocket.DialOptions{HTTPClient: &http.Client{Transport: tr}})
	require.NoError(w.t, err)
	conn.SetReadLimit(1 << 20)
	w.t.Cleanup(func() { conn.CloseNow() })
	return conn
}

func (w *world) say(conn *websocket.Conn, format string, args ...any) {
	w.t.Helper()
	require.NoError(w.t, conn.Write(w.t.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)))
}

// hear reads until a message contains a text and returns all that came; an end
// of the connection ends it too.
func (w *world) hear(conn *websocket.Conn, text string) (all string, err error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for {
		_, b, err := conn.Read(ctx)
		all += string(b) + "\n"
		if err != nil || strings.Contains(string(b), text) {
			return all, err
		}
	}
}

func (w *world) tell(job, host ids.ID, line string) {
	w.t.Helper()
	w.exec(`with locked as materialized (select pg_advisory_xact_lock(1886191618)), e as (
		insert into job_event (id, job_id, host_id, job_host_id, run, seq, at, kind, phase, line, stream, state, progress, message, package)
		select nextval('job_event_id'), job_id, host_id, id, 1, 0, now(), 'log', 'unpack', $3, 'tool', 'running', 0, '', ''
		from locked, job_host where job_id = $1 and host_id = $2 returning 1)
		select pg_notify('pm_events', 'events') from e`, job, host, line)
}

// TestAccessLiveEventsAreOfTheOwnHosts: the whole way, ticket to message.
func TestAccessLiveEventsAreOfTheOwnHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.newFleet()
	conn := w.dial(w.as("operator_in"))
	w.say(conn, `{"action":"subscribe","channel":"fleet"}`)
	w.say(conn, `{"action":"subscribe","channel":"job","job_id":"%s"}`, f.foreignJob)
	all, err := w.hear(conn, "not_found")
	require.NoError(t, err)
	w.say(conn, `{"action":"subscribe","channel":"job","job_id":"%s"}`, f.shared)
	more, err := w.hear(conn, "caught_up")
	require.NoError(t, err)
	require.Contains(t, more, f.both.String())
	all += more
	w.tell(f.foreignJob, f.foreign[0], "foreign line")
	w.tell(f.shared, f.foreign[1], "foreign line")
	w.exec("select pg_notify('pm_events', $1)", "hosts "+f.foreign[0].String()+" "+f.none[0].String())
	w.exec("select pg_notify('pm_events', $1)", "job "+f.foreignJob.String())
	w.tell(f.shared, f.both, "shared line")
	more, err = w.hear(conn, "shared line")
	require.NoError(t, err)
	all += more
	w.exec("select pg_notify('pm_events', $1)", "hosts "+f.both.String())
	more, err = w.hear(conn, `{"type":"host","host_id":"`+f.both.String())
	require.NoError(t, err)
	all += more
	require.NotContains(t, all, "foreign line")
	f.requireClean(t, "live", all)
}

// TestAccessChangesReachOpenConnections: an admin changes who sees what over the
// API, and the operator's open connection ends.
func TestAccessChangesReachOpenConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.newFleet()
	admin := w.as("admin")
	reason := func(change func(op *caller)) string {
		op := w.signIn(people.User{Role: auth.RoleOperator, Groups: []ids.ID{w.mine}}, 0)
		conn := w.dial(op)
		w.say(conn, `{"action":"subscribe","channel":"job","job_id":"%s"}`, f.shared)
		_, err := w.hear(conn, "caught_up")
		require.NoError(t, err)
		change(op)
		_, err = w.hear(conn, "nobody says this")
		var e websocket.CloseError
		require.ErrorAs(t, err, &e)
		return e.Reason
	}
	require.Equal(t, "rights_changed", reason(func(*caller) {
		res := w.send(admin, http.MethodPost, "/api/v1/groups/"+w.mine.String()+"/hosts/remove", object1("host_ids", f.mine[:1]), nil)
		require.Equal(t, http.StatusOK, res.StatusCode)
	}))
	require.Equal(t, "rights_changed", reason(func(*caller) {
		res := w.send(admin, http.MethodPut, "/api/v1/hosts/"+f.mine[0].String()+"/groups", object1("group_ids", []ids.ID{w.mine}), nil)
		require.Equal(t, http.StatusOK, res.StatusCode)
	}))
	require.Equal(t, "rights_changed", reason(func(op *caller) { w.exec("delete from auth_user_group where user_id = $1", op.user) }))
	require.Equal(t, "session_ended", reason(func(op *caller) { w.exec("update auth_user set disabled_at = now() where id = $1", op.user) }))
	require.Equal(t, "rights_changed", reason(func(op *caller) { w.exec("update auth_user set role = 'auditor' where id = $1", op.user) }))
	require.Equal(t, "rights_changed", reason(func(*caller) {
		res := w.send(admin, http.MethodDelete, "/api/v1/groups/"+w.mine.String(), nil, nil)
		require.Equal(t, http.StatusNoContent, res.StatusCode)
	}))
}
