package task

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
)

// bench is an engine that runs, on a fake host.
type bench struct {
	*Engine
	fake *fake
	stop func() // ends Run and waits for it
}

var noSystemd = new(bool)

func start(t *testing.T, f *fake, change ...func(*Options)) *bench {
	t.Helper()
	o := Options{StateDir: f.dir, Manager: f, Systemd: noSystemd}
	for _, c := range change {
		c(&o)
	}
	e, err := New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			require.NoError(t, <-done)
		})
	}
	t.Cleanup(stop)
	return &bench{Engine: e, fake: f, stop: stop}
}

func apply() Order {
	return Order{Operation: agentapi.OpPatchApply, Apply: &agentapi.ApplyRequest{}}
}

func (b *bench) submit(t *testing.T, key string, o Order) agentapi.Job {
	t.Helper()
	job, created, err := b.Submit(t.Context(), key, o)
	require.NoError(t, err)
	require.True(t, created)
	return job
}

// wait reads a job's events to its end and returns both.
func (b *bench) wait(t *testing.T, id string) (agentapi.Job, []agentapi.Event) {
	t.Helper()
	r, err := b.Events(id, 0)
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all []agentapi.Event
	for {
		events, err := r.Next(ctx, 7)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, events...)
	}
	job, err := b.Job(id)
	require.NoError(t, err)
	return job, all
}

// once checks that the events are numbered without a gap or a repetition and
// that each line of the tool is there exactly once.
func once(t *testing.T, events []agentapi.Event, lines ...string) {
	t.Helper()
	count := map[string]int{}
	for i, e := range events {
		require.Equal(t, int64(i+1), e.Seq)
		if e.Stream == "tool" {
			count[e.Line]++
		}
	}
	for _, line := range lines {
		require.Equal(t, 1, count[line], "%q in %v", line, count)
	}
}

var installLines = []string{
	"install begins at https://***@repo.example.org/",
	"Unpacking alpha (2.0)", "Setting up alpha (2.0)", "Unpacking beta (2.0)", "Setting up beta (2.0)",
	"Unpacking gamma (2.0)", "Setting up gamma (2.0)", "install ends",
}

func code(t *testing.T, err error) agentapi.Code {
	t.Helper()
	var e *agentapi.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}

func TestApplyGoesThroughEveryStep(t *testing.T) {
	b := start(t, newFake(t))
	job, events := b.wait(t, b.submit(t, "k", apply()).JobID)

	require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
	require.Equal(t, "3 of 3 as planned", job.Message)
	require.Equal(t, 100, job.Progress)
	require.Equal(t, agentapi.RollbackReady, job.Rollback.State)
	require.Equal(t, agentapi.PhaseVerify, job.Phase)
	for _, c := range job.Packages {
		require.True(t, c.Done)
		require.Equal(t, "2.0", c.AfterVersion)
	}
	require.Equal(t, map[string]int{"refresh": 1, "save": 1, "download": 1, "install": 1, "finish": 1}, b.fake.runs(t))
	once(t, events, installLines...)
	require.Equal(t, int64(len(events)), job.LastSeq)

	progress, phases := 0, []agentapi.Phase{}
	for _, e := range events {
		if e.Kind != agentapi.EventStatus {
			continue
		}
		require.GreaterOrEqual(t, e.Progress, progress)
		progress = e.Progress
		if len(phases) == 0 || phases[len(phases)-1] != e.Phase {
			phases = append(phases, e.Phase)
		}
	}
	require.Subset(t, phaseOrder, phases)
	require.Equal(t, agentapi.JobCompleted, events[len(events)-1].Status)
}

func TestCredentialsNeverReachAnEvent(t *testing.T) {
	b := start(t, newFake(t))
	_, events := b.wait(t, b.submit(t, "k", apply()).JobID)
	for _, e := range events {
		require.NotContains(t, e.Line+e.Message, "secret")
	}
}

func TestSameKeySameJob(t *testing.T) {
	f := newFake(t)
	b := start(t, f)
	first := b.submit(t, "k", apply())
	b.wait(t, first.JobID)

	again, created, err := b.Submit(t.Context(), "k", apply())
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, first.JobID, again.JobID)

	_, _, err = b.Submit(t.Context(), "k", Order{Operation: agentapi.OpRefresh})
	require.Equal(t, agentapi.CodeKeyReused, code(t, err))

	later := apply()
	deadline := time.Now().Add(time.Hour)
	later.Apply.Deadline = &deadline
	again, _, err = b.Submit(t.Context(), "k", later)
	require.NoError(t, err, "a new deadline is no new order")
	require.Equal(t, first.JobID, again.JobID)

	b.stop()
	b = start(t, f) // another process, the same journal
	again, created, err = b.Submit(t.Context(), "k", apply())
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, first.JobID, again.JobID)
	require.Equal(t, 1, f.runs(t)["install"])
}

func TestSameKeyAtTheSameTime(t *testing.T) {
	b := start(t, newFake(t))
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			job, _, err := b.Submit(context.Background(), "k", apply())
			if err == nil {
				ids[i] = job.JobID
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
		require.NotEmpty(t, id)
	}
	b.wait(t, ids[0])
	require.Equal(t, 1, b.fake.runs(t)["install"])
}

func TestOneJobAtATime(t *testing.T) {
	f := newFake(t)
	reached, release := f.hold(t, "refresh")
	b := start(t, f)
	first := b.submit(t, "k", apply())
	reached()
	_, _, err := b.Submit(t.Context(), "other", apply())
	require.Equal(t, agentapi.CodeBusy, code(t, err))
	running, ok := b.Running()
	require.True(t, ok)
	require.Equal(t, first.JobID, running.JobID)
	release()
	b.wait(t, first.JobID)
	_, ok = b.Running()
	require.False(t, ok)
}

func TestFailuresHaveTheirOwnCode(t *testing.T) {
	past := time.Now().Add(-time.Second)
	for name, c := range map[string]struct {
		code    agentapi.Code
		arrange func(*fake, *Order)
		ran     []string
	}{
		"deadline":        {agentapi.CodeDeadlinePassed, func(_ *fake, o *Order) { o.Apply.Deadline = &past }, nil},
		"repository":      {agentapi.CodeRepoUnreachable, func(f *fake, _ *Order) { f.write(t, "fail/refresh", "") }, []string{"refresh"}},
		"plan changed":    {agentapi.CodePlanChanged, func(_ *fake, o *Order) { o.Apply.PlanHash = "other" }, []string{"refresh"}},
		"preflight":       {agentapi.CodeDiskFull, func(f *fake, _ *Order) { f.write(t, "fail/preflight", "") }, []string{"refresh"}},
		"unknown package": {agentapi.CodePackageNotFound, func(f *fake, _ *Order) { f.write(t, "plan-error.json", `{"code":"PKG_NOT_FOUND"}`) }, []string{"refresh"}},
		"download":        {agentapi.CodeRepoUnreachable, func(f *fake, _ *Order) { f.write(t, "fail/download", "") }, []string{"download", "refresh", "save"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, o := newFake(t), apply()
			c.arrange(f, &o)
			b := start(t, f)
			job, _ := b.wait(t, b.submit(t, "k", o).JobID)
			require.Equal(t, agentapi.JobFailed, job.Status)
			require.Equal(t, c.code, job.Error.Code, job.Message)
			require.Equal(t, c.ran, keysOf(f.runs(t)))
			require.NotContains(t, job.Message, "secret")
		})
	}
}

func TestLockHeldByAnotherToolIsWaitedFor(t *testing.T) {
	f := newFake(t)
	f.write(t, "busy", "")
	b := start(t, f, func(o *Options) { o.LockWait = time.Nanosecond })
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.CodeDBLocked, job.Error.Code)
	require.True(t, job.Error.Retryable)
	require.Contains(t, job.Message, "apt-get (pid 4711)")
	require.Empty(t, f.runs(t))
}

func TestFailedScriptSaysWhatEachPackageIs(t *testing.T) {
	f := newFake(t)
	f.write(t, "fail/beta", "")
	b := start(t, f)
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobFailed, job.Status)
	require.Equal(t, agentapi.CodeMaintainerScript, job.Error.Code)
	require.Equal(t, "the script of beta failed; 1 of 3 as planned: beta is 2.0 (half-configured), gamma is 1.0, planned 2.0", job.Message)
	require.Equal(t, 100, *job.ExitCode)
	require.Equal(t, []bool{true, false, false}, []bool{job.Packages[0].Done, job.Packages[1].Done, job.Packages[2].Done})
	require.Equal(t, 1, f.runs(t)["finish"], "the marks of what did change are restored")
}

func TestInterruptedDatabaseIsRepairedBeforeTheJob(t *testing.T) {
	f := newFake(t)
	f.write(t, "broken", "")
	b := start(t, f)
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
	require.Equal(t, 1, f.runs(t)["repair"])
}

func TestDatabaseThatStaysBrokenFailsTheJob(t *testing.T) {
	f := newFake(t)
	f.write(t, "broken", "")
	f.write(t, "fail/repair", "")
	f.write(t, "install.list", "alpha 1.0\n") // nothing to change: the easiest way to overlook it
	b := start(t, f)
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobFailed, job.Status)
	require.Contains(t, job.Error.Message, "ended with 100") // the repair, in the words of the package manager
}

func TestOrderMayBeTheCureOfABrokenDatabase(t *testing.T) {
	f := newFake(t)
	f.write(t, "broken", "")
	f.write(t, "fail/repair", "")
	b := start(t, f)
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
}

func TestNothingToDoIsNoFailure(t *testing.T) {
	f := newFake(t)
	f.write(t, "install.list", "alpha 1.0\n")
	b := start(t, f)
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobCompleted, job.Status)
	require.Equal(t, "nothing to change; everything selected is up to date", job.Message)
	require.Equal(t, []string{"refresh"}, keysOf(f.runs(t)))
}

func TestJournalThatCannotBeReadIsToldAndLeftAlone(t *testing.T) {
	f := newFake(t)
	require.NoError(t, os.MkdirAll(filepath.Join(f.dir, "jobs", "broken-one"), 0o700))
	f.write(t, "jobs/broken-one/job.json", "{")
	b := start(t, f)
	require.Len(t, b.Problems(), 1)
	require.Contains(t, b.Problems()[0], "broken-one")
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobCompleted, job.Status)
}
