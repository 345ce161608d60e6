package task

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/fakeclock"
)

func orderOf(o Order) pkgmgr.Order { return pkgmgr.Order{ApplyRequest: *o.Apply} }

func TestCancelBeforeTheTransaction(t *testing.T) {
	for _, at := range []string{"refresh", "save", "download"} {
		t.Run(at, func(t *testing.T) {
			f := newFake(t)
			reached, _ := f.hold(t, at) // never released: only the signal ends it
			b := start(t, f)
			id := b.submit(t, "k", apply()).JobID
			reached()
			_, err := b.Cancel(id)
			require.NoError(t, err)
			job, _ := b.wait(t, id)
			require.Equal(t, agentapi.JobCancelled, job.Status)
			require.Equal(t, agentapi.CodeCancelled, job.Error.Code)
			require.Zero(t, f.runs(t)["install"])
		})
	}
}

func TestCancelIsRememberedOverARestart(t *testing.T) {
	f := newFake(t)
	reached, _ := f.hold(t, "download")
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	reached()
	b.stop()
	_, err := b.Cancel(id) // nobody is there to stop it now
	require.NoError(t, err)
	b = start(t, f)
	job, _ := b.wait(t, id)
	require.Equal(t, agentapi.JobCancelled, job.Status)
}

func TestCancelInTheTransactionIsRefused(t *testing.T) {
	f := newFake(t)
	reached, release := f.hold(t, "install-beta")
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	reached()
	job, err := b.Cancel(id)
	require.NoError(t, err)
	require.Contains(t, job.Message, "cannot be stopped now")
	release()
	job, _ = b.wait(t, id)
	require.Equal(t, agentapi.JobCompleted, job.Status)
}

// TestCancelThatComesTooLateKeepsTheJob: whoever wanted to stop a job that ended
// a moment before still needs its log, and the packages for a rollback.
func TestCancelThatComesTooLateKeepsTheJob(t *testing.T) {
	f := newFake(t)
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	done, events := b.wait(t, id)
	late, err := b.Cancel(id)
	require.NoError(t, err)
	require.Equal(t, done, late)
	kept, again := b.wait(t, id)
	require.Equal(t, done, kept)
	require.Equal(t, events, again)
	back, _ := b.wait(t, b.submit(t, "r", Order{Operation: agentapi.OpRollback, RollbackOf: id}).JobID)
	require.Equal(t, agentapi.JobCompleted, back.Status, back.Message)
}

func TestRemoveOfARunningJobStopsIt(t *testing.T) {
	f := newFake(t)
	reached, _ := f.hold(t, "download")
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	reached()
	_, err := b.Remove(id)
	require.NoError(t, err)
	job, _ := b.wait(t, id)
	require.Equal(t, agentapi.JobCancelled, job.Status)
}

func TestFinishedJobLeavesTheHistoryButItsKeyStays(t *testing.T) {
	f := newFake(t)
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	b.wait(t, id)
	_, err := b.Remove(id)
	require.NoError(t, err)
	_, err = b.Job(id)
	require.Equal(t, agentapi.CodeJobNotFound, code(t, err))
	require.Empty(t, b.Jobs())
	again, created, err := b.Submit(t.Context(), "k", apply())
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, id, again.JobID)
}

// The seed project's rollback went down the apply path with an empty selection
// and patched everything. Ours runs the restore, and nothing of an apply.
func TestRollbackGoesDownItsOwnPath(t *testing.T) {
	f := newFake(t)
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	b.wait(t, id)
	back, _ := b.wait(t, b.submit(t, "r", Order{Operation: agentapi.OpRollback, RollbackOf: id}).JobID)
	require.Equal(t, agentapi.JobCompleted, back.Status, back.Message)
	require.Equal(t, id, back.RollbackOf)
	require.Equal(t, map[string]int{"refresh": 1, "save": 1, "download": 1, "install": 1, "restore": 1, "finish": 2}, f.runs(t))
	versions, err := f.Versions(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"alpha:all": "1.0", "beta:all": "1.0", "gamma:all": "1.0"}, versions)
}

func TestRollbackOfAFailedJobTakesBackWhatHappened(t *testing.T) {
	f := newFake(t)
	f.write(t, "fail/beta", "")
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	b.wait(t, id)
	require.NoError(t, os.Remove(filepath.Join(f.dir, "fail/beta")))
	back, _ := b.wait(t, b.submit(t, "r", Order{Operation: agentapi.OpRollback, RollbackOf: id}).JobID)
	require.Equal(t, agentapi.JobCompleted, back.Status, back.Message)
	require.Len(t, back.Packages, 2, "gamma had not changed")
}

func TestRollbackRefused(t *testing.T) {
	f := newFake(t)
	f.write(t, "fail/save", "")
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	job, _ := b.wait(t, id)
	require.Equal(t, agentapi.JobCompleted, job.Status, "what cannot be kept does not stop the update")
	_, _, err := b.Submit(t.Context(), "r", Order{Operation: agentapi.OpRollback, RollbackOf: id})
	require.Equal(t, agentapi.CodeRollbackImpossible, code(t, err))
	require.ErrorContains(t, err, "alpha 1.0 was not kept")

	_, _, err = b.Submit(t.Context(), "r", Order{Operation: agentapi.OpRollback, RollbackOf: "no-such-job"})
	require.Equal(t, agentapi.CodeJobNotFound, code(t, err))
	require.Zero(t, f.runs(t)["restore"])

	refresh := b.submit(t, "f", Order{Operation: agentapi.OpRefresh}).JobID
	b.wait(t, refresh)
	_, _, err = b.Submit(t.Context(), "r", Order{Operation: agentapi.OpRollback, RollbackOf: refresh})
	require.Equal(t, agentapi.CodeRollbackImpossible, code(t, err))
}

// host is what a reboot test sees of the machine.
type host struct {
	boot    string
	reboots chan struct{}
}

func (h *host) options(o *Options) {
	o.BootID = func() (string, error) { return h.boot, nil }
	o.Reboot = func(context.Context) error { h.reboots <- struct{}{}; return nil }
}

func TestRebootIsOrderedOnceAndProvedByTheBootID(t *testing.T) {
	for name, o := range map[string]Order{
		"apply, always":    {Operation: agentapi.OpPatchApply, Apply: &agentapi.ApplyRequest{Reboot: agentapi.RebootAlways}},
		"apply, if needed": {Operation: agentapi.OpPatchApply, Apply: &agentapi.ApplyRequest{Reboot: agentapi.RebootIfNeeded}},
		"reboot":           {Operation: agentapi.OpReboot, Reboot: &agentapi.RebootRequest{Reason: "kernel"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, h := newFake(t), &host{boot: "boot-1", reboots: make(chan struct{}, 9)}
			f.write(t, "needs-reboot", "")
			b := start(t, f, h.options)
			id := b.submit(t, "k", o).JobID
			<-h.reboots
			b.stop()
			b = start(t, f, h.options) // the agent was restarted, the host not yet
			job, err := b.Job(id)
			require.NoError(t, err)
			require.Equal(t, agentapi.JobRunning, job.Status)
			require.Equal(t, agentapi.PhaseReboot, job.Phase)
			b.stop()

			h.boot = "boot-2"
			require.NoError(t, os.Remove(filepath.Join(f.dir, "needs-reboot")))
			b = start(t, f, h.options)
			job, events := b.wait(t, id)
			require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
			once(t, events)
			require.Empty(t, h.reboots, "never a second reboot")
			require.False(t, job.Reboot)
		})
	}
}

func TestNoRebootWhereNoneIsDue(t *testing.T) {
	for name, c := range map[string]struct {
		policy agentapi.RebootPolicy
		needed bool
	}{"never": {agentapi.RebootNever, true}, "not needed": {agentapi.RebootIfNeeded, false}} {
		t.Run(name, func(t *testing.T) {
			f, h := newFake(t), &host{boot: "boot-1", reboots: make(chan struct{}, 9)}
			if c.needed {
				f.write(t, "needs-reboot", "")
			}
			b := start(t, f, h.options)
			o := apply()
			o.Apply.Reboot = c.policy
			job, _ := b.wait(t, b.submit(t, "k", o).JobID)
			require.Equal(t, agentapi.JobCompleted, job.Status)
			require.Equal(t, c.needed, job.Reboot)
			require.Empty(t, h.reboots)
		})
	}
}

func TestRebootThatDoesNotHappenTimesOut(t *testing.T) {
	f, h := newFake(t), &host{boot: "boot-1", reboots: make(chan struct{}, 9)}
	b := start(t, f, h.options, func(o *Options) { o.RebootWait = time.Nanosecond })
	job, _ := b.wait(t, b.submit(t, "k", Order{Operation: agentapi.OpReboot, Reboot: &agentapi.RebootRequest{}}).JobID)
	require.Equal(t, agentapi.CodeRebootTimeout, job.Error.Code)
	require.Len(t, h.reboots, 1)
}

func TestRebootDelayCanBeCancelled(t *testing.T) {
	f, h := newFake(t), &host{boot: "boot-1", reboots: make(chan struct{}, 9)}
	b := start(t, f, h.options)
	id := b.submit(t, "k", Order{Operation: agentapi.OpReboot, Reboot: &agentapi.RebootRequest{DelaySeconds: 3600}}).JobID
	_, err := b.Cancel(id)
	require.NoError(t, err)
	job, _ := b.wait(t, id)
	require.Equal(t, agentapi.JobCancelled, job.Status)
	require.Empty(t, h.reboots)
}

func TestPowerLossNeverUsesANumberTwice(t *testing.T) {
	f, h := newFake(t), &host{boot: "boot-1", reboots: make(chan struct{}, 9)}
	reached, release := f.hold(t, "download")
	b := start(t, f, h.options)
	id := b.submit(t, "k", apply()).JobID
	reached()
	b.stop()
	before, err := b.Job(id)
	require.NoError(t, err)
	h.boot = "boot-2"
	b = start(t, f, h.options)
	release()
	after, _ := b.wait(t, id)
	require.Greater(t, after.LastSeq, before.LastSeq+lostGap)
}

func TestWhatIsTooOldIsRemoved(t *testing.T) {
	f := newFake(t)
	clk := fakeclock.New(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	e, err := New(Options{StateDir: f.dir, Manager: f, Clock: clk, Systemd: noSystemd, SavedMaxBytes: 10})
	require.NoError(t, err)
	var ids []string
	for _, key := range []string{"old", "middle", "new"} {
		job, _, err := e.Submit(t.Context(), key, apply())
		require.NoError(t, err)
		now := clk.Now()
		require.NoError(t, e.update(e.jobs[job.JobID], func(r *record) error {
			r.Job.Status, r.Job.CompletedAt, r.Told = agentapi.JobCompleted, &now, true
			r.Job.Packages = []agentapi.JobChange{{AfterVersion: "2.0", Change: agentapi.Change{Name: "alpha", FromVersion: "1.0"}}}
			return nil
		}))
		dir := e.journal.path(job.JobID, "saved")
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "alpha.deb"), []byte("12345678"), 0o600))
		ids = append(ids, job.JobID)
		clk.Advance(14 * 24 * time.Hour)
	}
	e.tidy(t.Context())
	_, err = e.Job(ids[0])
	require.Equal(t, agentapi.CodeJobNotFound, code(t, err), "42 days old")
	require.NoDirExists(t, e.journal.path(ids[0]))
	require.NoDirExists(t, e.journal.path(ids[1], "saved"), "over the limit, the oldest first")
	require.FileExists(t, e.journal.path(ids[2], "saved", "alpha.deb"))
	middle, err := e.Job(ids[1])
	require.NoError(t, err)
	require.Contains(t, middle.Rollback.Reasons[0], "removed to free space")
}
