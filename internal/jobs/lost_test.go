package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/agenttest"
)

func TestAgentRestartedInTheMiddleOfTheLog(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	half, rest := make(chan struct{}), make(chan struct{})
	host := b.host("web-01", func(r *agenttest.Run) *agentapi.Error {
		for range 50 {
			r.Log("before")
		}
		close(half)
		<-rest
		for range 50 {
			r.Log("after")
		}
		return nil
	})
	j := b.patchAll(host)
	w, stored := b.watched("after events")
	require.NoError(t, claimTurns(t.Context(), w))
	<-half
	<-stored
	a := b.agents[host]
	a.Stop()
	b.clock.BlockUntil(1) // the follower waits before it asks again
	a.Restart()
	close(rest)
	b.clock.Advance(firstRetry)
	b.finishRuns(w)
	require.Equal(t, StateSucceeded, b.job(j.ID).State)
	b.requireEachEventOnce(j.ID, host, 1)
	require.Len(t, a.Orders(), 1)
}

func TestHostGoneInTheMiddleIsLostAndComesBack(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	started, release := make(chan struct{}), make(chan struct{})
	host := b.host("web-01", waiting(started, release))
	j := b.patchAll(host)
	w, accepted := b.watched("after accept")
	require.NoError(t, claimTurns(t.Context(), w))
	<-started
	<-accepted
	b.agents[host].Stop()
	b.clock.BlockUntil(1)
	b.clock.Advance(patience)
	b.clock.BlockUntil(1)
	h := b.hostOf(j.ID, host)
	require.Equal(t, HostLost, h.State)
	require.Contains(t, h.Message, "silent since")
	b.agents[host].Restart()
	close(release)
	b.clock.Advance(lastRetry)
	b.finishRuns(w)
	require.Equal(t, StateSucceeded, b.job(j.ID).State)
	require.Len(t, b.agents[host].Orders(), 1)
	b.requireEachEventOnce(j.ID, host, 1)
}

func TestHostGoneForGoodFailsInTheEnd(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	started := make(chan struct{})
	host := b.host("web-01", waiting(started, make(chan struct{})))
	j := b.patchAll(host)
	w, accepted := b.watched("after accept")
	require.NoError(t, claimTurns(t.Context(), w))
	<-started
	<-accepted
	b.agents[host].Stop()
	b.clock.BlockUntil(1)
	b.clock.Advance(patience)
	b.clock.BlockUntil(1)
	b.clock.Advance(startWithin + lostFor)
	b.finishRuns(w)
	h := b.hostOf(j.ID, host)
	require.Equal(t, HostFailed, h.State)
	require.Equal(t, CodeStateUnknown, h.Error.Code)
}

func TestAgentThatForgotTheJobEndsAsUnknown(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	started := make(chan struct{})
	host := b.host("web-01", waiting(started, make(chan struct{})))
	j := b.patchAll(host)
	w, accepted := b.watched("after accept")
	require.NoError(t, claimTurns(t.Context(), w))
	<-started
	<-accepted
	b.agents[host].Stop()
	b.agents[host].ForgetJobs()
	b.clock.BlockUntil(1)
	b.agents[host].Restart()
	b.clock.Advance(firstRetry)
	b.finishRuns(w)
	require.Equal(t, CodeStateUnknown, b.hostOf(j.ID, host).Error.Code)
	b.clock.Advance(time.Hour)
	b.work(b.s)
	require.Len(t, b.agents[host].Orders(), 1, "never ordered again")
}

// waiting is a script that starts and then waits for the test.
func waiting(started, release chan struct{}) agenttest.Script {
	return func(r *agenttest.Run) *agentapi.Error {
		r.Log("begins")
		close(started)
		select {
		case <-release:
			return nil
		case <-r.Cancelled():
			return agentapi.NewError(agentapi.CodeCancelled, "stopped at a safe point")
		case <-r.Context().Done():
			return nil
		}
	}
}

// finishRuns waits for started runs, moving time for those that wait for it.
func (b *bed) finishRuns(s *Service) {
	b.t.Helper()
	s.work.runs.Wait()
	_, err := s.rollUp(context.WithoutCancel(b.t.Context()))
	require.NoError(b.t, err)
}
