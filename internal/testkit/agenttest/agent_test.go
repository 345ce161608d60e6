package agenttest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

func openssl() agentapi.Patch {
	return agentapi.Patch{Name: "openssl", Arch: "amd64", Source: "openssl", CurrentVersion: "3.0.1", AvailableVersion: "3.0.2",
		Origin: "Debian-Security", Suite: "bookworm-security", Security: true, Severity: agentapi.SeverityHigh, SizeBytes: 100}
}

func start(t *testing.T) (*agenttest.Agent, *agentclient.Agent) {
	ca := agenttest.NewCA(t)
	a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: ids.New()})
	client := agentclient.New(agentclient.Config{TLS: ca.ClientTLS})
	t.Cleanup(client.Close)
	return a, client.For(a.Target())
}

func follow(t *testing.T, c *agentclient.Agent, job string, after int64) []agentapi.Event {
	t.Helper()
	var got []agentapi.Event
	require.NoError(t, c.Events(t.Context(), job, after, func(e agentapi.Event) error {
		got = append(got, e)
		return nil
	}))
	return got
}

func TestOrderIsCarriedOutOnceWhateverIsSent(t *testing.T) {
	a, c := start(t)
	a.SetPatches(openssl())
	a.LoseAnswers(1)
	_, err := c.Apply(t.Context(), "k1", agentapi.ApplyRequest{})
	require.Equal(t, agentclient.Unreachable, agentclient.KindOf(err), "%v", err)
	first, err := c.Apply(t.Context(), "k1", agentapi.ApplyRequest{})
	require.NoError(t, err)
	events := follow(t, c, first.JobID, 0)
	again, err := c.Apply(t.Context(), "k1", agentapi.ApplyRequest{})
	require.NoError(t, err)
	require.Equal(t, first.JobID, again.JobID)
	require.Equal(t, agentapi.JobCompleted, again.Status)
	require.Len(t, again.Packages, 1)
	require.Len(t, a.Orders(), 1)
	for i, e := range events {
		require.EqualValues(t, i+1, e.Seq)
	}
	require.Equal(t, events[2:], follow(t, c, first.JobID, 2), "replay after a number")
	_, err = c.Apply(t.Context(), "k1", agentapi.ApplyRequest{SecurityOnly: true})
	require.Equal(t, agentapi.CodeKeyReused, agentclient.CodeOf(err))
	list, err := c.Patches(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, list.Data.Patches, "what was applied is no longer pending")
}

func TestOneJobAtATimeAndCancel(t *testing.T) {
	a, c := start(t)
	a.SetScript(func(r *agenttest.Run) *agentapi.Error {
		select {
		case <-r.Cancelled():
		case <-r.Context().Done():
		}
		return agentapi.NewError(agentapi.CodeCancelled, "Stopped.")
	})
	j, err := c.Refresh(t.Context(), "k1")
	require.NoError(t, err)
	_, err = c.Reboot(t.Context(), "k2", agentapi.RebootRequest{})
	require.Equal(t, agentapi.CodeBusy, agentclient.CodeOf(err))
	_, err = c.Cancel(t.Context(), j.JobID)
	require.NoError(t, err)
	last := follow(t, c, j.JobID, 0)
	require.Equal(t, agentapi.JobCancelled, last[len(last)-1].Status)
	_, err = c.Cancel(t.Context(), j.JobID)
	require.NoError(t, err)
	kept, err := c.Job(t.Context(), j.JobID)
	require.NoError(t, err, "asked too late, it stays in the history")
	require.Equal(t, agentapi.JobCancelled, kept.Status)
}

func TestCrashCutsStreamsAndKeepsTheJournal(t *testing.T) {
	a, c := start(t)
	goOn := make(chan struct{})
	a.SetScript(func(r *agenttest.Run) *agentapi.Error {
		r.Log("before")
		select {
		case <-goOn:
		case <-r.Context().Done():
		}
		r.Log("after")
		return nil
	})
	j, err := c.Refresh(t.Context(), "k1")
	require.NoError(t, err)
	var last int64
	err = c.Events(t.Context(), j.JobID, 0, func(e agentapi.Event) error {
		last = e.Seq
		if e.Line == "before" {
			a.Stop()
		}
		return nil
	})
	require.Equal(t, agentclient.Unreachable, agentclient.KindOf(err), "%v", err)
	_, err = c.Health(t.Context())
	require.Equal(t, agentclient.Unreachable, agentclient.KindOf(err))
	a.Restart()
	close(goOn)
	rest := follow(t, c, j.JobID, last)
	require.Equal(t, "after", rest[0].Line)
	found, ok, err := c.JobByKey(t.Context(), "k1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, j.JobID, found.JobID)
}

func TestRollbackRestoresAndRefusesWhatItCannot(t *testing.T) {
	a, c := start(t)
	a.SetPackages(agentapi.Package{Name: "openssl", Arch: "amd64", Version: "3.0.1"})
	a.SetPatches(openssl())
	j, err := c.Apply(t.Context(), "k1", agentapi.ApplyRequest{})
	require.NoError(t, err)
	follow(t, c, j.JobID, 0)
	require.Equal(t, "3.0.2", a.Packages()[0].Version)
	back, err := c.Rollback(t.Context(), "k2", j.JobID)
	require.NoError(t, err)
	follow(t, c, back.JobID, 0)
	require.Equal(t, "3.0.1", a.Packages()[0].Version)
	_, err = c.Rollback(t.Context(), "k3", back.JobID)
	require.Equal(t, agentapi.CodeRollbackImpossible, agentclient.CodeOf(err))
}

func TestPlanIsBoundByItsHash(t *testing.T) {
	a, c := start(t)
	a.SetPatches(openssl())
	p, err := c.Plan(t.Context(), agentapi.ApplyRequest{SecurityOnly: true})
	require.NoError(t, err)
	require.Len(t, p.Changes, 1)
	a.SetPatches()
	j, err := c.Apply(t.Context(), "k1", agentapi.ApplyRequest{SecurityOnly: true, PlanHash: p.PlanHash})
	require.NoError(t, err)
	follow(t, c, j.JobID, 0)
	j, err = c.Job(context.Background(), j.JobID)
	require.NoError(t, err)
	require.Equal(t, agentapi.CodePlanChanged, j.Error.Code)
}
