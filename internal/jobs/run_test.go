package jobs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

func TestPatchJobRunsOnEveryHost(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	one, two := b.host("web-01", nil), b.host("web-02", nil)
	b.updates(one, "curl", "openssl")
	j := b.order(JobInput{Kind: KindPatch, HostIDs: []ids.ID{one, two}, Selection: &Selection{Mode: ModeSecurity}, Reboot: "never", Note: "n"})
	require.Equal(t, "Security updates on 2 hosts", j.Title)
	require.Equal(t, StateQueued, j.State)
	b.work(b.s)

	j = b.job(j.ID)
	require.Equal(t, StateSucceeded, j.State)
	require.Equal(t, 2, j.Counts.Succeeded)
	require.Equal(t, 100, j.Progress)
	require.NotNil(t, j.FinishedAt)
	h := b.hostOf(j.ID, one)
	require.Equal(t, HostSucceeded, h.State)
	require.Len(t, h.Changes, 2)
	require.Equal(t, "1.1", h.Changes[0].AfterVersion)
	require.Equal(t, agentapi.RollbackReady, h.Rollback.State)
	require.Positive(t, h.LogLines)
	require.True(t, b.agents[one].Orders()[0].Apply.SecurityOnly)
	require.Nil(t, b.agents[one].Orders()[0].Apply.Packages)
	b.requireEachEventOnce(j.ID, one, 1)
	require.Equal(t, 2, b.count("select count(*) from host_poll where next_due = '-infinity'"), "fresh facts are asked for")
	require.Equal(t, 2, b.count("select count(*) from audit_entry where action = 'job_host.finish'"))
	require.Equal(t, 1, b.count("select count(*) from audit_entry where action = 'job.finish'"))
	require.Equal(t, 1, b.count("select count(*) from audit_entry where action = 'job.create'"))
}

func TestOrderSentTwiceIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	b.agents[host].LoseAnswers(1)
	j := b.patchAll(host)
	b.work(b.s)
	h := b.hostOf(j.ID, host)
	require.Equal(t, HostQueued, h.State)
	require.Equal(t, 1, h.Attempts)
	require.Equal(t, b.clock.Now().Add(time.Minute).Truncate(time.Millisecond), h.NextAttemptAt.UTC().Truncate(time.Millisecond))
	b.clock.Advance(time.Minute)
	b.work(b.s)
	require.Equal(t, StateSucceeded, b.job(j.ID).State)
	require.Len(t, b.agents[host].Orders(), 1)
	b.requireEachEventOnce(j.ID, host, 1)
}

func TestUnreachableHostIsTriedFourTimes(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	b.agents[host].Stop()
	j := b.patchAll(host)
	for _, wait := range []time.Duration{0, time.Minute, 5 * time.Minute, 30 * time.Minute} {
		require.Equal(t, HostQueued, b.hostOf(j.ID, host).State)
		b.clock.Advance(wait)
		b.work(b.s)
	}
	h := b.hostOf(j.ID, host)
	require.Equal(t, HostFailed, h.State)
	require.Equal(t, CodeUnreachable, h.Error.Code)
	require.Equal(t, StateFailed, b.job(j.ID).State)
}

func TestPassingFailureStartsANewRun(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	tries := 0
	host := b.host("web-01", func(r *agenttest.Run) *agentapi.Error {
		if tries++; tries == 1 {
			return agentapi.NewError(agentapi.CodeRepoUnreachable, "the mirror does not answer")
		}
		return agenttest.DefaultScript(r)
	})
	j := b.patchAll(host)
	b.work(b.s)
	h := b.hostOf(j.ID, host)
	require.Equal(t, HostQueued, h.State)
	require.Equal(t, 2, h.Run)
	require.Contains(t, h.Error.Message, "the mirror does not answer")
	b.clock.Advance(time.Minute)
	b.work(b.s)
	h = b.hostOf(j.ID, host)
	require.Equal(t, HostSucceeded, h.State)
	require.Nil(t, h.Error)
	orders := b.agents[host].Orders()
	require.Len(t, orders, 2)
	require.NotEqual(t, orders[0].Key, orders[1].Key)
	b.requireEachEventOnce(j.ID, host, 1)
	b.requireEachEventOnce(j.ID, host, 2)
}

func TestPackageFailureIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	good := b.host("web-01", nil)
	bad := b.host("web-02", func(*agenttest.Run) *agentapi.Error {
		return agentapi.NewError(agentapi.CodeMaintainerScript, "broken-demo: postinst ended with 1")
	})
	j := b.patchAll(good, bad)
	b.work(b.s)
	j = b.job(j.ID)
	require.Equal(t, StatePartiallyFailed, j.State)
	h := b.hostOf(j.ID, bad)
	require.Equal(t, HostFailed, h.State)
	require.Equal(t, "MAINTAINER_SCRIPT_FAILED", h.Error.Code)
	require.Contains(t, h.Error.Message, "postinst ended with 1")

	b.agents[bad].SetScript(agenttest.DefaultScript)
	again, err := b.s.Rerun(t.Context(), b.admin, j.ID, nil)
	require.NoError(t, err)
	require.Equal(t, 1, again.Counts.Total)
	b.work(b.s)
	require.Equal(t, StateSucceeded, b.job(again.ID).State)
	require.Len(t, b.agents[good].Orders(), 1)
	require.Equal(t, again.ID, b.job(j.ID).Children[0].ID)
}

func TestRebootIsNeverRetried(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", func(*agenttest.Run) *agentapi.Error {
		return agentapi.NewError(agentapi.CodeAgentRestarted, "killed in the middle")
	})
	j := b.order(JobInput{Kind: KindReboot, HostIDs: []ids.ID{host}, Reboot: "always"})
	b.work(b.s)
	b.clock.Advance(time.Hour)
	b.work(b.s)
	require.Equal(t, StateFailed, b.job(j.ID).State)
	require.Len(t, b.agents[host].Orders(), 1)
}

func TestBusyAgentIsWaitedForUntilTheDeadline(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	release := make(chan struct{})
	host := b.host("web-01", func(r *agenttest.Run) *agentapi.Error {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return nil
	})
	_, err := b.client.For(b.agents[host].Target()).Refresh(t.Context(), "somebody else")
	require.NoError(t, err)
	j := b.patchAll(host)
	for range 5 {
		b.work(b.s)
		require.Equal(t, HostQueued, b.hostOf(j.ID, host).State)
		b.clock.Advance(busyDelay)
	}
	b.clock.Advance(startWithin)
	b.work(b.s)
	h := b.hostOf(j.ID, host)
	require.Equal(t, HostExpired, h.State)
	require.Equal(t, StateExpired, b.job(j.ID).State)
	close(release)
	require.Len(t, b.agents[host].Orders(), 1, "only somebody else's")
}

func TestOneHostRunsOneJobAtATime(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	first, second := b.patchAll(host), b.order(JobInput{Kind: KindRefresh, HostIDs: []ids.ID{host}, Reboot: "never"})
	b.work(b.s)
	require.Equal(t, StateSucceeded, b.job(first.ID).State)
	require.Equal(t, StateQueued, b.job(second.ID).State)
	b.work(b.s)
	require.Equal(t, StateSucceeded, b.job(second.ID).State)
}

func TestMaxParallelHolds(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	two := 2
	j := b.order(JobInput{Kind: KindRefresh, HostIDs: b.bareHosts(5), Reboot: "never", MaxParallel: &two})
	claims := b.claimAll(b.s)
	require.Len(t, claims, 2)
	require.Empty(t, b.claimAll(b.service(nil)))
	require.Equal(t, 3, b.job(j.ID).Counts.Queued)
}
