package pkgmgr_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/hostbed"
)

// waitForFile yields until another process has made the file; the test's own
// deadline ends it otherwise.
func waitForFile(t *testing.T, file string) {
	t.Helper()
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		require.NoError(t, t.Context().Err())
		runtime.Gosched()
	}
}

func TestRefreshFailsWithTheRightCode(t *testing.T) {
	r := demo(t)
	r.must(r.apt.Refresh())
	for _, c := range []struct {
		fault string
		code  agentapi.Code
	}{
		{hostbed.FaultDead, agentapi.CodeRepoUnreachable},
		{hostbed.FaultMissing, agentapi.CodeRepoUnreachable},
		{hostbed.FaultBadSignature, agentapi.CodeSignatureInvalid},
	} {
		r.Break(t, hostbed.RepoDemo, hostbed.Fault{Kind: c.fault})
		res := r.do(r.apt.Refresh())
		require.NotZero(t, res.ExitCode, c.fault)
		e := r.verdict(res, agentapi.PhaseRefresh)
		require.Equal(t, c.code, e.Code, "%s: %s", c.fault, e.Message)
		r.Mend(t, hostbed.RepoDemo)
	}
	r.must(r.apt.Refresh())
}

func TestDownloadFailsBeforeAnythingChanges(t *testing.T) {
	r := demo(t)
	before := r.packages()
	p := r.plan(named("demo-n1", "demo-n2"))
	for _, fault := range []string{hostbed.FaultDead, hostbed.FaultMissing, hostbed.FaultCorrupt} {
		r.Break(t, hostbed.RepoDemo, hostbed.Fault{Kind: fault})
		res := r.do(r.apt.Download(p))
		require.NotZero(t, res.ExitCode, fault)
		e := r.verdict(res, agentapi.PhaseDownload)
		require.Equal(t, agentapi.CodeRepoUnreachable, e.Code, "%s: %s", fault, e.Message)
		require.Equal(t, before, r.packages())
		r.Mend(t, hostbed.RepoDemo)
	}
	r.must(r.apt.Download(p))
}

func TestFullDiskIsFoundBeforeTheRun(t *testing.T) {
	r := demo(t, hostbed.SmallDir("/var/cache/apt", 8<<10))
	p := r.plan(named("demo-big"))
	checks := r.apt.Preflight(t.Context(), p, saveDir)
	require.Equal(t, "space", checks[0].Name)
	require.Equal(t, agentapi.CheckFail, checks[0].Level)
	require.Equal(t, agentapi.CodeDiskFull, checks[0].Code)
	require.Contains(t, checks[0].Detail, "/var/cache/apt/archives")
	res := r.do(r.apt.Download(p))
	require.NotZero(t, res.ExitCode)
	require.Equal(t, agentapi.CodeDiskFull, r.verdict(res, agentapi.PhaseDownload).Code)
}

func TestFullDiskWhileUnpackingLeavesTheOldVersion(t *testing.T) {
	r := demo(t, hostbed.SmallDir("/usr/lib/demo-big", 4<<10))
	order := named("demo-big")
	p := r.plan(order)
	r.must(r.apt.Download(p))
	e := r.fails(p, order)
	require.Equal(t, agentapi.CodeDiskFull, e.Code)
	require.Contains(t, r.packages(), "ii demo-big:all 1.0")
	require.Empty(t, r.problems())
}

func TestPreflightOfAHealthyHost(t *testing.T) {
	r := demo(t)
	checks := r.apt.Preflight(t.Context(), r.plan(named("demo-n1")), saveDir)
	require.Len(t, checks, 7)
	for _, c := range checks {
		require.Equal(t, agentapi.CheckOK, c.Level, "%+v", c)
		require.NotEmpty(t, c.Detail)
	}
}

func TestPreflightWarnings(t *testing.T) {
	r := demo(t)
	p := r.plan(named("demo-n1"))
	r.Exec(t, "apt-mark", "hold", "demo-n5")
	r.sh("touch /run/reboot-required")
	require.NoError(t, os.RemoveAll(filepath.Join(r.Root, "var/lib/apt/lists")))
	checks := r.apt.Preflight(t.Context(), p, saveDir)
	for _, name := range []string{"holds", "reboot", "repositories"} {
		require.Equal(t, agentapi.CheckWarn, level(checks, name), name)
	}
}

func TestUnmetDependenciesAreToldAndUpdatesStillListed(t *testing.T) {
	r := demo(t)
	before, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	r.Exec(t, "dpkg", "--force-depends", "-r", "demo-old")
	after, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	require.Len(t, after.Patches, len(before.Patches))
	for _, p := range after.Patches {
		require.True(t, p.KeptBack != "" || p.Phased, p.Name)
	}
	e := r.refused(all())
	require.Equal(t, agentapi.CodeDependencyConflict, e.Code)
	require.Contains(t, e.Message, "demo-old")
	r.Exec(t, "apt-get", "-y", "-f", "install")
	require.NotEmpty(t, r.plan(removals(all())).Changes, "mended by hand, all is well again")
}
