package task

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
)

// agentProcess is a real agent process, to be killed.
func agentProcess(t *testing.T, f *fake) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "TASK_TEST_AGENT="+f.dir)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	require.NoError(t, cmd.Start())
	return cmd
}

func kill9(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
}

// after reads what the last agent process left in the journal.
func after(t *testing.T, f *fake) (agentapi.Job, []agentapi.Event) {
	t.Helper()
	b := start(t, f)
	jobs := b.Jobs()
	require.Len(t, jobs, 1, "the key was used by every process: one job")
	return b.wait(t, jobs[0].JobID)
}

func TestAgentKilledInEveryStepGoesOn(t *testing.T) {
	for _, c := range []struct {
		at        string
		atRelease bool // the tool goes on while no agent is there
		runs      int  // of the command it was killed in: repeated steps run again
	}{
		{"refresh", true, 2}, {"save", true, 1}, {"download", true, 2},
		{"install", true, 1}, {"install-alpha", true, 1}, {"install-gamma", true, 1}, {"finish", true, 2},
		{"refresh", false, 2}, {"install", false, 1}, {"install-beta", false, 1}, {"finish", false, 2},
	} {
		name := c.at + " and the tool waits"
		if c.atRelease {
			name = c.at + " and the tool goes on"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			reached, release := f.hold(t, c.at)
			first := agentProcess(t, f)
			reached()
			kill9(t, first)
			if c.atRelease {
				release()
			}
			second := agentProcess(t, f)
			if !c.atRelease {
				release()
			}
			require.NoError(t, second.Wait())

			job, events := after(t, f)
			require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
			require.Equal(t, "3 of 3 as planned", job.Message)
			once(t, events, installLines...)
			runs := f.runs(t)
			require.Equal(t, 1, runs["install"])
			if n, ok := runs[c.at]; ok {
				require.Equal(t, c.runs, n)
			}
		})
	}
}

// Everything dies at once, as when the power goes: agent, supervisor, tool.
func TestEverythingKilledInTheTransaction(t *testing.T) {
	for at, want := range map[string]struct {
		status  agentapi.JobStatus
		message string
		code    agentapi.Code
	}{
		"install-beta": {agentapi.JobFailed, "the package tool was killed from outside and could not tell how far it came; " +
			"2 of 3 as planned; the package tool was killed in the middle and the package database repaired: gamma is 1.0, planned 2.0", agentapi.CodeAgentRestarted},
		"install-gamma": {agentapi.JobCompleted, "3 of 3 as planned; the package tool was killed in the middle and the package database repaired", ""},
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			reached, _ := f.hold(t, at)
			first := agentProcess(t, f)
			tool, supervisor := reached()
			require.NoError(t, syscall.Kill(supervisor, syscall.SIGKILL))
			kill9(t, first)
			require.NoError(t, syscall.Kill(-tool, syscall.SIGKILL))
			require.NoError(t, agentProcess(t, f).Wait())

			job, events := after(t, f)
			require.Equal(t, want.status, job.Status)
			require.Equal(t, want.message, job.Message)
			if want.code != "" {
				require.Equal(t, want.code, job.Error.Code)
				require.True(t, job.Error.Retryable)
			}
			once(t, events)
			require.Equal(t, 1, f.runs(t)["install"], "an install is never started twice")
			require.Equal(t, 1, f.runs(t)["repair"])
		})
	}
}

// Only the tool is killed while the agent looks on.
func TestToolKilledInTheTransaction(t *testing.T) {
	f := newFake(t)
	reached, _ := f.hold(t, "install-beta")
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	tool, _ := reached()
	require.NoError(t, syscall.Kill(-tool, syscall.SIGKILL))
	job, _ := b.wait(t, id)
	require.Equal(t, agentapi.JobFailed, job.Status)
	require.Contains(t, job.Message, "2 of 3 as planned")
	require.Equal(t, 1, f.runs(t)["repair"])
}

func TestStoppingTheAgentLeavesTheToolAlone(t *testing.T) {
	f := newFake(t)
	reached, release := f.hold(t, "install-beta")
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	reached()
	b.stop()
	b = start(t, f)
	release()
	job, events := b.wait(t, id)
	require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
	once(t, events, installLines...)
}

// A tool that was recorded but not started when the agent died is not taken for
// one that vanished, and a supervisor that comes late does not start it.
func TestToolThatNeverStartedBeginsAgain(t *testing.T) {
	f := newFake(t)
	e, err := New(Options{StateDir: f.dir, Manager: f, Systemd: noSystemd})
	require.NoError(t, err)
	job, _, err := e.Submit(t.Context(), "k", apply())
	require.NoError(t, err)
	plan, err := f.Plan(t.Context(), orderOf(apply()))
	require.NoError(t, err)
	require.NoError(t, e.update(e.jobs[job.JobID], func(r *record) error {
		r.Step, r.Tool, r.Open, r.Plan, r.Job.Status = stepInstall, 1, true, &plan, agentapi.JobRunning
		return nil
	}))
	files := toolFiles{e.journal.path(job.JobID, "tool-1")}
	require.NoError(t, writeJSON(files.spec(), toolSpec{Args: f.cmd("install").Args, StatusFD: true}))

	b := start(t, f)
	done, _ := b.wait(t, job.JobID)
	require.Equal(t, agentapi.JobCompleted, done.Status, done.Message)
	require.NoError(t, supervise(files), "the late supervisor")
	require.Equal(t, 1, f.runs(t)["install"])
}

// The end is on disk, its event is not: the next agent tells it, once.
func TestEndWithoutItsEventIsToldAtStart(t *testing.T) {
	f := newFake(t)
	b := start(t, f)
	id := b.submit(t, "k", apply()).JobID
	_, before := b.wait(t, id)
	b.stop()
	name := b.journal.path(id, "events.jsonl")
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, text[:len(text)-20], 0o600)) // torn in the last line
	require.NoError(t, b.update(b.jobs[id], func(r *record) error { r.Told = false; return nil }))
	for range 2 {
		b = start(t, f)
		_, events := b.wait(t, id)
		require.Len(t, events, len(before))
		require.Equal(t, agentapi.JobCompleted, events[len(events)-1].Status)
		b.stop()
	}
}
