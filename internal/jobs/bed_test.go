package jobs

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/queue"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

// bed is a manager without loops: the test makes every turn by hand, and owns
// the time of manager and agents.
type bed struct {
	t      testing.TB
	db     *db.DB
	clock  *fakeclock.Clock
	ca     *agenttest.CA
	client *agentclient.Client
	queue  *queue.Client
	admin  auth.Actor
	scope  hosts.Scope
	agents map[ids.ID]*agenttest.Agent
	s      *Service // of the person; works too
}

func newBed(t testing.TB) *bed {
	d := pgtest.New(t)
	b := &bed{t: t, db: d, clock: fakeclock.New(clock.System().Now()), ca: agenttest.NewCA(t), agents: map[ids.ID]*agenttest.Agent{}}
	b.client = agentclient.New(agentclient.Config{TLS: b.ca.ClientTLS})
	t.Cleanup(b.client.Close)
	var err error
	b.queue, err = queue.NewInserter(d, nil)
	require.NoError(t, err)
	b.admin = auth.Actor{UserID: ids.New(), Name: "admin", Role: auth.RoleAdmin, Address: netip.MustParseAddr("192.0.2.9"), RequestID: "r"}
	b.scope = hosts.ScopeOf(b.admin)
	b.s = b.service(nil)
	return b
}

// service is one more manager process on the same database.
func (b *bed) service(crash func(string)) *Service {
	return New(Deps{DB: b.db, Clock: b.clock, Queue: b.queue, Agents: AgentsOf(b.client), Crash: crash})
}

// host registers a host whose agent runs.
func (b *bed) host(name string, script agenttest.Script) ids.ID {
	b.t.Helper()
	id := ids.New()
	a := agenttest.Start(b.t, agenttest.Options{CA: b.ca, HostID: id, Clock: b.clock, Script: script})
	b.agents[id] = a
	insertHost(b.t, b.db, id, name, a.Target())
	return id
}

func insertHost(t testing.TB, d *db.DB, id ids.ID, name string, at agentclient.Target) {
	t.Helper()
	_, err := d.Exec(t.Context(), `insert into host (id, name, machine_id, address, port, enrolled_at, state_since)
		values ($1, $2, $3, $4, $5, now(), now())`, id, name, id.String(), at.Address, at.Port)
	require.NoError(t, err)
	_, err = d.Exec(t.Context(), `insert into host_poll (host_id, kind, next_due) values ($1, 'patches', 'infinity')`, id)
	require.NoError(t, err)
}

// bareHosts registers hosts that nobody listens for.
func (b *bed) bareHosts(n int) []ids.ID {
	out := make([]ids.ID, n)
	for i := range out {
		out[i] = ids.New()
		insertHost(b.t, b.db, out[i], fmt.Sprintf("bare-%03d", i), agentclient.Target{Address: "127.0.0.1", Port: 1})
	}
	return out
}

func (b *bed) order(in JobInput) Job {
	b.t.Helper()
	j, err := b.s.Create(b.t.Context(), b.admin, in)
	require.NoError(b.t, err)
	return j
}

// patchAll orders all updates on hosts.
func (b *bed) patchAll(hostIDs ...ids.ID) Job {
	b.t.Helper()
	return b.order(JobInput{Kind: KindPatch, HostIDs: hostIDs, Selection: &Selection{Mode: ModeAll}, Reboot: "never"})
}

// claimTurns makes dispatcher turns until there is nothing more to claim.
func claimTurns(ctx context.Context, s *Service) error {
	for again := true; again; {
		var err error
		if again, err = s.work.dispatch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// work makes turns until every host run that was started has ended.
func (b *bed) work(s *Service) {
	b.t.Helper()
	require.NoError(b.t, claimTurns(b.t.Context(), s))
	s.work.runs.Wait()
	_, err := s.rollUp(b.t.Context())
	require.NoError(b.t, err)
}

func (b *bed) job(id ids.ID) Job {
	b.t.Helper()
	j, err := b.s.Get(b.t.Context(), b.scope, id)
	require.NoError(b.t, err)
	return j
}

func (b *bed) hostOf(job, host ids.ID) JobHost {
	b.t.Helper()
	hs, err := b.s.JobHosts(b.t.Context(), b.scope, job, []ids.ID{host})
	require.NoError(b.t, err)
	require.Len(b.t, hs, 1)
	return hs[0]
}

func (b *bed) events(job, host ids.ID) []JobEvent {
	b.t.Helper()
	events, err := b.s.Events(b.t.Context(), b.scope, job, host, 0, 1000)
	require.NoError(b.t, err)
	return events
}

// requireEachEventOnce compares what is stored with what the agent told in a run.
func (b *bed) requireEachEventOnce(job, host ids.ID, run int) {
	b.t.Helper()
	rows, err := b.db.Query(b.t.Context(), `select e.seq from job_event e join job_host jh on jh.id = e.job_host_id
		where jh.job_id = $1 and jh.host_id = $2 and e.run = $3 and e.seq > 0 order by e.id`, job, host, run)
	require.NoError(b.t, err)
	var want, got []int64
	var seq int64
	for rows.Next() {
		require.NoError(b.t, rows.Scan(&seq))
		got = append(got, seq)
	}
	require.NoError(b.t, rows.Err())
	agentJobs := b.agents[host].Jobs()
	for n := range agentJobs[run-1].LastSeq {
		want = append(want, n+1)
	}
	require.Equal(b.t, want, got, "the agent's events, in order, each once")
}

func (b *bed) count(sql string, args ...any) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.db.QueryRow(b.t.Context(), sql, args...).Scan(&n))
	return n
}

// killer ends a worker at one of its steps, as kill -9 would: whatever it was
// about to do does not happen any more.
type killer struct {
	at     int64
	n      atomic.Int64
	dead   atomic.Bool
	cancel context.CancelFunc
	where  atomic.Pointer[string]
}

func (k *killer) step(point string) {
	if k.dead.Load() {
		runtime.Goexit()
	}
	if k.n.Add(1) == k.at {
		k.where.Store(&point)
		k.dead.Store(true)
		k.cancel()
		runtime.Goexit()
	}
}

// workAndDie lets a fresh worker work until its n-th step. It reports where it
// died; empty when it came to its end.
func (b *bed) workAndDie(n int, tune func(*Service)) string {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	defer cancel()
	k := &killer{at: int64(n), cancel: cancel}
	s := b.service(k.step)
	if tune != nil {
		tune(s)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := claimTurns(ctx, s); err != nil && ctx.Err() == nil {
			b.t.Errorf("dispatch: %v", err)
		}
		s.work.runs.Wait()
		if _, err := s.rollUp(ctx); err != nil && ctx.Err() == nil {
			b.t.Errorf("roll-up: %v", err)
		}
	}()
	<-done
	s.work.runs.Wait()
	s.work.writer.drains.Wait()
	b.unlocked()
	if p := k.where.Load(); p != nil {
		return *p
	}
	return ""
}

// unlocked waits until the transactions of a killed worker are gone: the server
// learns of a lost connection a moment later, and until then the next worker
// passes over the rows that are locked.
func (b *bed) unlocked() {
	b.t.Helper()
	require.NoError(b.t, b.db.InTx(b.t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(b.t.Context(), "lock table job, job_host in exclusive mode")
		return err
	}))
}

// watched is a worker that tells when it has passed a step for the first time.
func (b *bed) watched(point string) (*Service, <-chan struct{}) {
	passed := make(chan struct{})
	var once sync.Once
	return b.service(func(p string) {
		if p == point {
			once.Do(func() { close(passed) })
		}
	}), passed
}

// updates gives the agent of a host pending updates that it can install.
func (b *bed) updates(host ids.ID, names ...string) {
	var have []agentapi.Package
	var pending []agentapi.Patch
	for _, n := range names {
		have = append(have, agentapi.Package{Name: n, Arch: "amd64", Version: "1.0"})
		pending = append(pending, agentapi.Patch{Name: n, Arch: "amd64", CurrentVersion: "1.0", AvailableVersion: "1.1", Security: true})
	}
	b.agents[host].SetPackages(have...)
	b.agents[host].SetPatches(pending...)
}
