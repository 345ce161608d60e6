package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/hostbed"
)

func TestRealUpdatesAreAppliedAndTakenBackExactly(t *testing.T) {
	r := onHost(t, hostbed.Open(t).Debian(t))
	before := r.versions()
	pending := call[agentapi.PatchList](r, "GET", "/patches", "", nil)
	require.NotEmpty(t, pending.Patches)

	order := agentapi.ApplyRequest{Packages: someOf(t, pending)}
	plan := call[agentapi.Plan](r, "POST", "/patches/plan", "", order)
	require.NotEmpty(t, plan.Changes)
	order.PlanHash = plan.PlanHash
	job, events := r.wait(r.apply("run-1", order).JobID)
	require.Equal(t, agentapi.JobCompleted, job.Status, "%s\n%s", job.Message, texts(events))
	require.Contains(t, job.Message, fmt.Sprintf("%d of %d as planned", len(plan.Changes), len(plan.Changes)))
	require.Equal(t, agentapi.RollbackReady, job.Rollback.State, "%v\n%s", job.Rollback.Reasons, texts(events))
	require.NotEqual(t, before, r.versions())
	require.Empty(t, call[agentapi.Plan](r, "POST", "/patches/plan", "", agentapi.ApplyRequest{Packages: order.Packages}).Changes)
	require.Equal(t, job.JobID, r.apply("run-1", order).JobID, "the same key, the same job")

	back, events := r.wait(call[agentapi.Job](r, "POST", "/jobs/"+job.JobID+"/rollback", "run-2", nil).JobID)
	require.Equal(t, agentapi.JobCompleted, back.Status, "%s\n%s", back.Message, texts(events))
	require.Equal(t, before, r.versions(), "versions and automatic marks, exactly")
}

// someOf chooses pending updates whose old versions the bed's mirror still has:
// it does not keep those of the essential packages.
func someOf(t *testing.T, pending agentapi.PatchList) []string {
	t.Helper()
	kept := []string{"openssl", "libssl3", "rsync", "unzip", "redis-server", "redis-tools", "expat", "libexpat1", "memcached"}
	var out []string
	for _, p := range pending.Patches {
		if slices.Contains(kept, p.Name) {
			out = append(out, p.Name)
		}
	}
	require.GreaterOrEqual(t, len(out), 3, "of %v", pending)
	return out
}

func TestAgentKilledInARealTransaction(t *testing.T) {
	r := onHost(t, hostbed.Open(t).Demo(t))
	id := r.apply("k", agentapi.ApplyRequest{Packages: []string{"demo-slow", "demo-n1"}}).JobID
	events := r.follow(id, nil, says("demo-slow: step 2"))
	r.crash()
	events = r.follow(id, events, says("demo-slow: step 5"))
	r.crash()
	events = r.follow(id, events, atEnd)

	job := r.job(id)
	require.Equal(t, agentapi.JobCompleted, job.Status, "%s\n%s", job.Message, texts(events))
	require.Contains(t, job.Message, "2 of 2 as planned")
	for i, e := range events {
		require.Equal(t, int64(i+1), e.Seq)
	}
	for step := range hostbed.SlowSteps {
		require.Equal(t, 1, count(events, fmt.Sprintf("demo-slow: step %d", step+1)), texts(events))
	}
}

func TestPowerCutInARealTransaction(t *testing.T) {
	r := onHost(t, hostbed.Open(t).Demo(t))
	id := r.apply("k", agentapi.ApplyRequest{Packages: []string{"demo-slow"}}).JobID
	events := r.follow(id, nil, says("demo-slow: step 2"))
	require.NoError(t, r.host.Reboot())
	r.up()
	events = r.follow(id, events, atEnd)
	job := r.job(id)
	require.Equal(t, agentapi.JobCompleted, job.Status, "%s\n%s", job.Message, texts(events))
	require.Contains(t, job.Message, "repaired")
	require.Equal(t, "ii  1.1", r.host.Exec(t, "dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", "demo-slow"))
	require.Empty(t, r.host.Exec(t, "dpkg", "--audit"))
}

func TestFailingScriptIsToldInItsOwnWordsAndTakenBack(t *testing.T) {
	r := onHost(t, hostbed.Open(t).Demo(t))
	before := r.versions()
	id := r.apply("k", agentapi.ApplyRequest{Packages: []string{"demo-broken", "demo-n1"}}).JobID
	job, events := r.wait(id)
	require.Equal(t, agentapi.JobFailed, job.Status, texts(events))
	require.Equal(t, agentapi.CodeMaintainerScript, job.Error.Code, job.Message)
	require.Contains(t, job.Message, hostbed.BrokenWords)
	require.Contains(t, job.Message, "demo-broken is 1.1 (")
	require.Contains(t, fmt.Sprint(call[agentapi.Health](r, "GET", "/health", "", nil).Reasons), "demo-broken")

	back, events := r.wait(call[agentapi.Job](r, "POST", "/jobs/"+id+"/rollback", "r", nil).JobID)
	require.Equal(t, agentapi.JobCompleted, back.Status, "%s\n%s", back.Message, texts(events))
	require.Equal(t, before, r.versions())
}

func TestRealRebootIsProvedByTheBootID(t *testing.T) {
	r := onHost(t, hostbed.Open(t).Demo(t))
	before, err := r.host.BootID()
	require.NoError(t, err)
	id := r.apply("k", agentapi.ApplyRequest{Packages: []string{"demo-reboot"}, Reboot: agentapi.RebootIfNeeded}).JobID
	job, events := r.wait(id)
	require.Equal(t, agentapi.JobCompleted, job.Status, "%s\n%s", job.Message, texts(events))
	after, err := r.host.BootID()
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	require.False(t, job.Reboot, "no longer needed")
	require.Equal(t, after, call[agentapi.Health](r, "GET", "/health", "", nil).BootID)
	for i, e := range events {
		require.Equal(t, int64(i+1), e.Seq)
	}
}

func TestCancelOfARealDownload(t *testing.T) {
	r := onHost(t, hostbed.Open(t).Demo(t))
	release := holdLock(t, r)
	id := r.apply("k", agentapi.ApplyRequest{Packages: []string{"demo-n1"}}).JobID
	r.follow(id, nil, says("waits for the package lock"))
	call[agentapi.Job](r, "DELETE", "/jobs/"+id, "", nil)
	job, events := r.wait(id)
	require.Equal(t, agentapi.JobCancelled, job.Status, texts(events))
	release()
	job, _ = r.wait(r.apply("k2", agentapi.ApplyRequest{Packages: []string{"demo-n1"}}).JobID)
	require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
}

// holdLock takes dpkg's locks the way dpkg does, until release.
func holdLock(t *testing.T, r *rig) (release func()) {
	t.Helper()
	p := r.host.Start(t, []string{"/usr/bin/perl", "-e", `
use Fcntl; open(my $f, "+>>", "/var/lib/dpkg/lock-frontend") or die;
my $l = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0);
fcntl($f, F_SETLK, $l) or die "lock: $!"; open(my $o, ">", "/run/locked"); close $o; sleep 1000;`}, "lock.log")
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(r.host.Root, "run/locked"))
		return err == nil
	}, time.Minute, 5*time.Millisecond)
	return func() {
		require.NoError(t, r.host.Kill9(p.Inner))
		p.Wait()
	}
}
