package jobs

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/ids"
)

func TestCancelQueuedAndRunning(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	started := make(chan struct{})
	running := b.host("web-01", waiting(started, make(chan struct{})))
	one := 1
	j := b.order(JobInput{Kind: KindPatch, HostIDs: []ids.ID{running, b.bareHosts(1)[0]}, Selection: &Selection{Mode: ModeAll},
		Reboot: "never", MaxParallel: &one})
	_, err := b.db.Exec(t.Context(), "update job_host set due_at = due_at - interval '1 s' where host_id = $1", running)
	require.NoError(t, err)
	w, accepted := b.watched("after accept")
	require.NoError(t, claimTurns(t.Context(), w))
	<-started
	<-accepted
	j, err = b.s.Cancel(t.Context(), b.admin, j.ID)
	require.NoError(t, err)
	require.NotNil(t, j.CancelRequestedAt)
	require.Equal(t, 1, j.Counts.Cancelled, "the queued one at once")
	_, err = b.s.Cancel(t.Context(), b.admin, j.ID)
	require.NoError(t, err, "asking twice changes nothing")
	b.work(w) // tells the agent
	require.Equal(t, StateCancelled, b.job(j.ID).State)
	require.Equal(t, HostCancelled, b.hostOf(j.ID, running).State)
	require.Equal(t, 1, b.count("select count(*) from audit_entry where action = 'job.cancel'"))
	_, err = b.s.Cancel(t.Context(), b.admin, j.ID)
	requireCode(t, "job_ended", err)
}

// TestCancelThatComesTooLateKeepsTheAgentsJob: the job ends between the look at
// it and the request to stop. Its log and its saved packages are still needed.
func TestCancelThatComesTooLateKeepsTheAgentsJob(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	started, release := make(chan struct{}), make(chan struct{})
	host := b.host("web-01", waiting(started, release))
	j := b.patchAll(host)
	accepted := make(chan struct{})
	var asked atomic.Bool
	w := b.service(func(point string) {
		switch point {
		case "after accept":
			close(accepted)
		case "before cancel":
			asked.Store(true)
			close(release)
			b.ended(host)
		}
	})
	require.NoError(t, claimTurns(t.Context(), w))
	<-started
	<-accepted
	_, err := b.s.Cancel(t.Context(), b.admin, j.ID)
	require.NoError(t, err)
	b.work(w) // tells the agent
	require.True(t, asked.Load())
	require.Equal(t, HostSucceeded, b.hostOf(j.ID, host).State)
	require.Len(t, b.agents[host].Jobs(), 1)
}

// ended waits for the end of a host's only job.
func (b *bed) ended(host ids.ID) {
	a := b.client.For(b.agents[host].Target())
	err := a.Events(b.t.Context(), b.agents[host].Jobs()[0].JobID, 0, func(agentapi.Event) error { return nil })
	if err != nil {
		b.t.Errorf("follow the agent's job: %v", err)
	}
}

func TestCancelOfAnOrderThatMayHaveArrivedAsksTheAgent(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	arrived := b.host("web-01", nil)
	b.agents[arrived].LoseAnswers(1)
	j := b.patchAll(arrived)
	b.work(b.s)
	require.Equal(t, HostQueued, b.hostOf(j.ID, arrived).State)
	_, err := b.s.Cancel(t.Context(), b.admin, j.ID)
	require.NoError(t, err)
	require.Equal(t, HostQueued, b.hostOf(j.ID, arrived).State, "nobody may say yet that it did not happen")
	b.work(b.s)
	require.Equal(t, HostSucceeded, b.hostOf(j.ID, arrived).State, "it had arrived and was done")
	require.Len(t, b.agents[arrived].Orders(), 1)
}

func TestCancelOfAnOrderThatDidNotArrive(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	b.agents[host].Stop()
	j := b.patchAll(host)
	b.work(b.s)
	_, err := b.s.Cancel(t.Context(), b.admin, j.ID)
	require.NoError(t, err)
	b.agents[host].Restart()
	b.clock.Advance(time.Hour)
	b.work(b.s)
	require.Equal(t, StateCancelled, b.job(j.ID).State)
	require.Empty(t, b.agents[host].Orders())
}

func TestRollbackTakesBackOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	b.updates(host, "curl")
	j := b.patchAll(host)
	b.work(b.s)
	require.Equal(t, "1.1", b.agents[host].Packages()[0].Version)

	back, err := b.s.Rollback(t.Context(), b.admin, j.ID, nil)
	require.NoError(t, err)
	require.Equal(t, j.ID, *back.ParentJobID)
	require.Contains(t, back.Title, "Rollback of job")
	_, err = b.s.Rollback(t.Context(), b.admin, j.ID, nil)
	requireCode(t, "rollback_impossible", err)
	b.work(b.s)
	require.Equal(t, StateSucceeded, b.job(back.ID).State)
	require.Equal(t, "1.0", b.agents[host].Packages()[0].Version)
	orders := b.agents[host].Orders()
	require.Equal(t, agentapi.OpRollback, orders[1].Operation, "a rollback is never sent as an update")
	require.Equal(t, orders[0].JobID, orders[1].RollbackOf)
	_, err = b.s.Rollback(t.Context(), b.admin, j.ID, nil)
	requireCode(t, "rollback_impossible", err)
	_, err = b.s.Rollback(t.Context(), b.admin, back.ID, nil)
	requireCode(t, "rollback_impossible", err)
}

func TestRollbackThatCannotWorkIsRefusedWithReasons(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	good, bad, same := b.host("web-01", nil), b.host("web-02", nil), b.host("web-03", nil)
	b.updates(good, "curl")
	b.updates(bad, "curl")
	j := b.patchAll(good, bad, same)
	b.work(b.s)
	_, err := b.db.Exec(t.Context(), `update job_host set rollback_state = 'partial', rollback_reasons = '{"curl 1.0 is gone."}' where host_id = $1`, bad)
	require.NoError(t, err)
	_, err = b.s.Rollback(t.Context(), b.admin, j.ID, nil)
	requireCode(t, "rollback_impossible", err)
	e := coded(t, err)
	require.Len(t, e.Details, 1)
	require.Equal(t, "web-02", e.Details[0].Value)
	require.Contains(t, e.Details[0].Message, "curl 1.0 is gone.")
	back, err := b.s.Rollback(t.Context(), b.admin, j.ID, []ids.ID{good})
	require.NoError(t, err)
	require.Equal(t, 1, back.Counts.Total)
	_, err = b.s.Rollback(t.Context(), b.admin, j.ID, []ids.ID{same})
	requireCode(t, "rollback_impossible", err)
}

func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	require.Equal(t, code, coded(t, err).Code, err)
}

// coded returns the error for a look at what it says.
func coded(t *testing.T, err error) *apierr.Error {
	t.Helper()
	e, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	return e
}

// TestCancelAfterAWorkerDiedBehindItsOrder: the row does not say whether the
// order was given, so nobody may call it off without asking the agent.
func TestCancelAfterAWorkerDiedBehindItsOrder(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	j := b.patchAll(host)
	require.Equal(t, "after send", b.workAndDie(6, nil), "the steps of a run have changed")
	require.Equal(t, HostClaimed, b.hostOf(j.ID, host).State)
	_, err := b.s.Cancel(t.Context(), b.admin, j.ID)
	require.NoError(t, err)
	require.Equal(t, HostClaimed, b.hostOf(j.ID, host).State)
	b.clock.Advance(leaseTime)
	b.work(b.service(nil))
	require.Len(t, b.agents[host].Orders(), 1)
	require.Equal(t, HostSucceeded, b.hostOf(j.ID, host).State, "it had been carried out")
}
