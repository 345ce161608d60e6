package task

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
)

// fakeSystemdRun puts a systemd-run on the PATH. It notes its arguments and, as
// the real one, starts what stands behind "--" in a session of its own.
func fakeSystemdRun(t *testing.T, script string) (calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"$*\" >> " + calls + "\n" + script
	require.NoError(t, os.WriteFile(filepath.Join(dir, "systemd-run"), []byte(text), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return calls
}

const startBehindDashes = `while [ "$1" != "--" ]; do shift; done; shift; setsid "$@" >/dev/null 2>&1 </dev/null &`

func TestToolsRunInUnitsOfTheirOwn(t *testing.T) {
	calls := fakeSystemdRun(t, startBehindDashes)
	under := true
	b := start(t, newFake(t), func(o *Options) { o.Systemd = &under })
	id := b.submit(t, "k", apply()).JobID
	job, events := b.wait(t, id)
	require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
	once(t, events, installLines...)
	text, err := os.ReadFile(calls)
	require.NoError(t, err)
	require.Contains(t, string(text), "--unit=patch-agent-job-"+id+"-4 --collect --quiet -p KillMode=mixed")
}

// Refused after it has started the unit all the same: the worst case, in which
// two supervisors meet. Only one of them runs the tool.
func TestRefusalOfSystemdNeverRunsAToolTwice(t *testing.T) {
	for name, script := range map[string]string{"refused": "exit 1", "refused but started": startBehindDashes + "\nexit 1"} {
		t.Run(name, func(t *testing.T) {
			fakeSystemdRun(t, script)
			under := true
			b := start(t, newFake(t), func(o *Options) { o.Systemd = &under })
			job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
			require.Equal(t, agentapi.JobCompleted, job.Status, job.Message)
			require.Equal(t, map[string]int{"refresh": 1, "save": 1, "download": 1, "install": 1, "finish": 1}, b.fake.runs(t))
		})
	}
}

func TestToolThatCannotBeStartedIsSaid(t *testing.T) {
	b := start(t, newFake(t), func(o *Options) { o.Supervisor = []string{"/nonexistent/patch-agent", ToolCommand} })
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobFailed, job.Status)
	require.Contains(t, job.Message, "/nonexistent/patch-agent")
}

// A supervisor that dies before it has claimed its tool.
func TestSupervisorThatDiesAtOnceEndsTheJob(t *testing.T) {
	b := start(t, newFake(t), func(o *Options) { o.Supervisor = []string{"/bin/sh", "-c", "echo no library >&2; exit 1"} })
	job, _ := b.wait(t, b.submit(t, "k", apply()).JobID)
	require.Equal(t, agentapi.JobFailed, job.Status)
	require.Contains(t, job.Message, "no library")
}
