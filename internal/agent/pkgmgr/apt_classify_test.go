package pkgmgr

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
)

func TestClassifyRealOutput(t *testing.T) {
	for file, want := range map[string]struct {
		code agentapi.Code
		says string
	}{
		"install-broken.txt":       {agentapi.CodeMaintainerScript, "cannot migrate the settings"},
		"install-brokenpre.txt":    {agentapi.CodeMaintainerScript, "demo-brokenpre: preinst refuses"},
		"install-locked.txt":       {agentapi.CodeDBLocked, "lock-frontend"},
		"update-locked.txt":        {agentapi.CodeDBLocked, "/var/lib/apt/lists/lock"},
		"update-dead.txt":          {agentapi.CodeRepoUnreachable, "demo.example.org"},
		"update-missing.txt":       {agentapi.CodeRepoUnreachable, "no longer has a Release file"},
		"update-bad-signature.txt": {agentapi.CodeSignatureInvalid, "BADSIG"},
		"download-dead.txt":        {agentapi.CodeRepoUnreachable, "demo-n4"},
		"download-missing.txt":     {agentapi.CodeRepoUnreachable, "404"},
		"download-corrupt.txt":     {agentapi.CodeRepoUnreachable, "Hash Sum mismatch"},
		"download-full.txt":        {agentapi.CodeDiskFull, "/var/cache/apt/archives"},
		"install-full.txt":         {agentapi.CodeDiskFull, "No space left on device"},
		"install-interrupted.txt":  {agentapi.CodeDBBroken, "dpkg was interrupted"},
		"simulate-unmet.txt":       {agentapi.CodeDependencyConflict, "demo-lib (>= 1.1)"},
		"simulate-held-named.txt":  {agentapi.CodeDependencyConflict, "Held packages"},
		"simulate-unknown.txt":     {agentapi.CodePackageNotFound, "demo-nope"},
		"simulate-noversion.txt":   {agentapi.CodePackageNotFound, "'7' for 'demo-n1'"},
	} {
		e := NewAPT(Host{}).Classify(Outcome{ExitCode: 100, Output: fixture(t, file)})
		require.Equal(t, want.code, e.Code, "%s: %s", file, e.Message)
		require.Contains(t, e.Message, want.says, file)
		require.Equal(t, want.code.Retryable(), e.Retryable)
	}
}

func TestClassifyIsNotMisledByAScript(t *testing.T) {
	out := "Setting up x (1) ...\nBADSIG and Failed to fetch, says the script\nE: of its own\n" +
		"dpkg: error processing package x (--configure):\n installed x package post-installation script subprocess returned error exit status 1\n"
	e := NewAPT(Host{}).Classify(Outcome{ExitCode: 100, Output: []byte(out)})
	require.Equal(t, agentapi.CodeMaintainerScript, e.Code)
	require.Contains(t, e.Message, "says the script")
}

func TestClassifyLeavesOutConsequences(t *testing.T) {
	out := "Setting up a (1) ...\nboom\ndpkg: error processing package a (--configure):\n installed a package post-installation script subprocess returned error exit status 2\n" +
		"dpkg: dependency problems prevent configuration of b:\n b depends on a; however:\n  Package a is not configured yet.\n\n" +
		"dpkg: error processing package b (--configure):\n dependency problems - leaving unconfigured\n"
	e := NewAPT(Host{}).Classify(Outcome{ExitCode: 100, Output: []byte(out)})
	require.Len(t, e.Details, 1)
	require.Equal(t, "a", e.Details[0].Value)
}

func TestClassifyKilledAndUnknown(t *testing.T) {
	e := NewAPT(Host{}).Classify(Outcome{Signal: "KILL", Output: []byte("Unpacking x\n")})
	require.Equal(t, agentapi.CodePackageManagerError, e.Code)
	require.Contains(t, e.Message, "killed by signal KILL")
	e = NewAPT(Host{}).Classify(Outcome{ExitCode: 1, Failed: []Progress{{Package: "x", Message: "odd"}}})
	require.Contains(t, e.Message, "x odd")
}

func TestClassifyHidesCredentials(t *testing.T) {
	e := NewAPT(Host{}).Classify(Outcome{ExitCode: 100, Output: []byte("E: Failed to fetch https://joe:secret@repo.example.org/x  403\n")})
	require.NotContains(t, e.Message, "secret")
	for _, d := range e.Details {
		require.NotContains(t, d.Message, "secret")
	}
}

func TestProgressOfARealRun(t *testing.T) {
	a := NewAPT(Host{})
	var all []Progress
	for line := range strings.Lines(string(fixture(t, "status-broken.txt")) + string(fixture(t, "status-brokenpre.txt"))) {
		p, ok := a.Progress(line)
		require.True(t, ok, line)
		require.Contains(t, []agentapi.Phase{agentapi.PhaseDownload, agentapi.PhaseUnpack, agentapi.PhaseConfigure}, p.Phase)
		all = append(all, p)
	}
	failed := []string{}
	conffiles := []string{}
	for _, p := range all {
		if p.Failed {
			failed = append(failed, p.Package+" "+string(p.Phase))
		}
		if p.Conffile != "" {
			conffiles = append(conffiles, p.Conffile)
		}
	}
	require.Equal(t, []string{"demo-broken configure", "demo-brokenpre unpack"}, failed)
	require.Equal(t, []string{"/etc/demo-conf.conf"}, slices.Compact(conffiles))
}

func TestProgressLines(t *testing.T) {
	a := NewAPT(Host{})
	p, ok := a.Progress("pmconffile:/etc/a:b.conf:44.5:'/etc/a:b.conf' '/etc/a:b.conf.dpkg-new' 1 1 ")
	require.True(t, ok)
	require.Equal(t, "/etc/a:b.conf", p.Conffile)
	p, ok = a.Progress("dlstatus:3:6.6831:Retrieving file 3 of 6")
	require.True(t, ok)
	require.Equal(t, Progress{Phase: agentapi.PhaseDownload, Percent: 6.6831, Message: "Retrieving file 3 of 6"}, p)
	for _, line := range []string{"", "pmstatus", "pmstatus:x:many:text", "pmstatus:x:101.0:text", "other:x:1.0:y", "media-change: disc:1.0:x"} {
		_, ok := a.Progress(line)
		require.False(t, ok, line)
	}
}
