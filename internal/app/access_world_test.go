package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/metrics"
	"patchmanager/internal/runner"
	"patchmanager/internal/testkit/people"
	"patchmanager/internal/testkit/pgtest"
)

// world is the real product on a real database, reached over real HTTPS, with
// two groups and everybody who may come.
type world struct {
	t      *testing.T
	db     *db.DB
	url    string
	client *http.Client
	cfg    installation

	mine, foreign ids.ID // groups: of the operator in scope, and of the one out of it
	callers       map[string]*caller
	bodies        map[string]bool // operations that take one
	n             int             // counts objects, for names
	issuer        string          // of single sign-on; see describedIssuer
}

// newWorld starts a process without its listener and its worker half.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), cfg: newInstallation(t), callers: map[string]*caller{}, bodies: map[string]bool{}}
	require.NoError(t, makeDataDir(w.cfg.cfg.Data.Dir))
	p := &process{role: webRole, cfg: w.cfg.cfg, clock: clock.System(), metrics: metrics.New("test"), db: w.db}
	ctx, cancel := context.WithCancel(context.Background())
	require.NoError(t, p.assemble(ctx))
	var loops sync.WaitGroup
	loops.Go(func() { p.notified.Run(ctx) })
	loops.Go(func() { runner.Run(ctx, p.clock, p.loops(ctx)...) })
	srv := httptest.NewTLSServer(p.handler())
	w.url, w.client = srv.URL, srv.Client()
	w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		cancel()
		srv.CloseClientConnections()
		loops.Wait()
		srv.Close()
	})
	w.exec("insert into worker_heartbeat values ($1, 'worker', now(), now() + interval '1 h')", ids.New())
	w.mine, w.foreign = w.newGroup("mine"), w.newGroup("foreign")
	return w
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.db.Exec(w.t.Context(), sql, args...)
	require.NoError(w.t, err)
}

func (w *world) one(sql string, args ...any) (n int64) {
	w.t.Helper()
	require.NoError(w.t, w.db.QueryRow(w.t.Context(), sql, args...).Scan(&n))
	return n
}

func (w *world) name(kind string) string {
	w.n++
	return fmt.Sprintf("%s-%04d", kind, w.n)
}

// caller is somebody who calls operations.
type caller struct {
	user    ids.ID
	session ids.ID // zero for a token and for nobody
	token   ids.ID // zero for a session and for nobody
	bearer  string
	refresh string
}

// everybody are the callers of the matrix, in the order of the file, each with
// how it comes to be. What a public operation answers does not depend on them.
var everybody = []struct {
	name string
	make func(w *world) *caller
}{
	{"anonymous", func(*world) *caller { return &caller{} }},
	{"auditor", func(w *world) *caller { return w.signIn(people.User{Role: auth.RoleAuditor}, 0) }},
	{"operator_in", func(w *world) *caller {
		return w.signIn(people.User{Role: auth.RoleOperator, Groups: []ids.ID{w.mine}}, 0)
	}},
	{"operator_out", func(w *world) *caller {
		return w.signIn(people.User{Role: auth.RoleOperator, Groups: []ids.ID{w.foreign}}, 0)
	}},
	{"admin", func(w *world) *caller { return w.signIn(people.User{Role: auth.RoleAdmin}, 0) }},
	{"admin_stale", func(w *world) *caller { return w.signIn(people.User{Role: auth.RoleAdmin}, time.Hour) }},
	{"token", func(w *world) *caller { return w.withToken(people.Token{Role: auth.RoleAdmin}) }},
	{"token_read", func(w *world) *caller {
		return w.withToken(people.Token{Role: auth.RoleAdmin, ReadOnly: true})
	}},
	{"token_in", func(w *world) *caller {
		return w.withToken(people.Token{Role: auth.RoleAdmin, Groups: []ids.ID{w.mine}})
	}},
	{"token_out", func(w *world) *caller {
		return w.withToken(people.Token{Role: auth.RoleAdmin, Groups: []ids.ID{w.foreign}})
	}},
	{"disabled", func(w *world) *caller {
		c := w.signIn(people.User{Role: auth.RoleAdmin}, 0)
		w.exec("update auth_user set disabled_at = now() where id = $1", c.user)
		return c
	}},
	{"must_change", func(w *world) *caller {
		c := w.signIn(people.User{Role: auth.RoleAdmin}, 0)
		w.exec("update auth_user set must_change_password = true where id = $1", c.user)
		return c
	}},
	{"no_mfa", func(w *world) *caller { return w.signIn(people.User{Role: auth.RoleAdmin, NoMFA: true}, 0) }},
}

// as returns the caller of a name, made at the first use.
func (w *world) as(name string) *caller {
	w.t.Helper()
	if w.callers[name] == nil {
		for _, e := range everybody {
			if e.name == name {
				w.callers[name] = e.make(w)
			}
		}
		require.NotNil(w.t, w.callers[name], name)
	}
	return w.callers[name]
}

// signIn makes a user who showed the second factor some time ago.
func (w *world) signIn(u people.User, ago time.Duration) *caller {
	w.t.Helper()
	now := time.Now().UTC()
	at := now.Add(-ago)
	mfa := &at
	if u.NoMFA {
		mfa = nil
	}
	c := &caller{user: people.New(w.t, w.db, u, now)}
	s := people.SignIn(w.t, w.db, c.user, now, mfa)
	c.session, c.refresh = s.ID, s.Refresh
	w.renew(c)
	return c
}

// renew exchanges the refresh cookie of a caller.
func (w *world) renew(c *caller) {
	w.t.Helper()
	var out auth.Session
	res := w.send(&caller{}, http.MethodPost, "/api/v1/auth/refresh", nil, &out, "Cookie", people.RefreshCookie+"="+c.refresh)
	require.Equal(w.t, http.StatusOK, res.StatusCode)
	for _, k := range res.Cookies() {
		if k.Name == people.RefreshCookie {
			c.refresh = k.Value
		}
	}
	c.bearer = out.AccessToken
}

func (w *world) withToken(t people.Token) *caller {
	now := time.Now().UTC()
	c := &caller{user: people.New(w.t, w.db, people.User{Role: auth.RoleAdmin}, now)}
	c.token, c.bearer = people.Issue(w.t, w.db, c.user, t, now)
	return c
}

// send makes one request and decodes the answer into out: a struct, a *string
// for the text, or nil. Headers come in pairs.
func (w *world) send(c *caller, method, path string, body, out any, headers ...string) *http.Response {
	w.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(w.t, err)
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, in)
	require.NoError(w.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.client.Do(req)
	require.NoError(w.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	switch v := out.(type) {
	case nil:
	case *string:
		*v = string(text)
	default:
		require.NoError(w.t, json.Unmarshal(text, out), "%s %s: %s", method, path, text)
	}
	return res
}

// codeOf is the error code of an answer's text.
func codeOf(text string) string {
	var e httpx.Envelope
	if json.Unmarshal([]byte(text), &e) != nil {
		return ""
	}
	return e.Err.Code
}

// ------------------------------------------------------------------ objects

func (w *world) newGroup(kind string) ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec("insert into host_group (id, name, created_at) values ($1, $2, now())", id, w.name(kind))
	return id
}

// newHost is a healthy host in groups, with one security update pending.
func (w *world) newHost(groups ...ids.ID) ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec(`with h as (insert into host (id, name, machine_id, address, port, enrolled_at, state, state_since, os, reboot_needed)
			values ($1, $2, $2, '192.0.2.10', 12443, now(), 'healthy', now(), 'Debian 12', true) returning id, no),
		i as (insert into host_inventory (host_id, host_no, patches_at, lists_at, package_count, total, security, high)
			select id, no, now(), now(), 1, 1, 1, 1 from h),
		p as (insert into host_poll (host_id, kind, next_due) select h.id, k, now() + interval '1 d' from h, unnest(enum_range(null::host_poll_kind)) k)
		insert into host_group_host (group_id, host_id, added_at) select g, h.id, now() from h, unnest($3::uuid[]) g`, id, w.name("host"), groups)
	return id
}

// newJob is a job on hosts; ended says that it failed on all of them.
func (w *world) newJob(ended bool, hosts ...ids.ID) ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec(`insert into job (id, kind, title, reboot, allow_removals, selection, state, created_at, created_by, deadline_at, started_at, finished_at)
		values ($1, 'patch', $2, 'never', false, '{"mode":"all"}', case when $3 then 'failed' else 'queued' end::job_state, now(), 'somebody',
			now() + interval '1 d', case when $3 then now() end, case when $3 then now() end)`,
		id, fmt.Sprintf("All updates on %d hosts", len(hosts)), ended)
	w.exec(`insert into job_host (id, job_id, host_id, state, due_at, deadline_at, finished_at, error_code, error_message)
		select gen_random_uuid(), $1, h, case when $3 then 'failed' else 'queued' end::job_host_state, now() + interval '1 d', now() + interval '1 d',
			case when $3 then now() end, case when $3 then 'X' end, case when $3 then 'x' end from unnest($2::uuid[]) h`, id, hosts, ended)
	w.exec(`insert into job_event (id, job_id, host_id, job_host_id, run, seq, at, kind, phase, line, stream, state, progress, message, package)
		select nextval('job_event_id'), job_id, host_id, id, 1, 0, now(), 'log', 'unpack', 'a line about ' || host_id, 'tool', 'running', 0, '', ''
		from job_host where job_id = $1`, id)
	return id
}

// newUndoable is a job that changed a package and can be taken back.
func (w *world) newUndoable(host ids.ID) ids.ID {
	w.t.Helper()
	id := w.newJob(true, host)
	w.exec("update job set state = 'succeeded' where id = $1", id)
	w.exec(`update job_host set state = 'succeeded', error_code = null, error_message = null, changed = 1, agent_job = id::text,
		rollback_state = 'ready' where job_id = $1`, id)
	return id
}

func (w *world) newPlan(hosts ...ids.ID) ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec(`insert into job_plan (id, selection, allow_removals, created_at, created_by, expires_at)
		values ($1, '{"mode":"all"}', false, now(), 'somebody', now() + interval '1 d')`, id)
	w.exec("insert into job_plan_host (plan_id, host_id, state) select $1, unnest($2::uuid[]), 'pending'", id, hosts)
	return id
}

// newUser is an operator in the group of the operator in scope, signed in once.
func (w *world) newUser() *caller {
	w.t.Helper()
	now := time.Now().UTC()
	c := &caller{user: people.New(w.t, w.db, people.User{Role: auth.RoleOperator, Groups: []ids.ID{w.mine}}, now)}
	c.session = people.SignIn(w.t, w.db, c.user, now, &now).ID
	c.token, _ = people.Issue(w.t, w.db, c.user, people.Token{Role: auth.RoleOperator}, now)
	return c
}
