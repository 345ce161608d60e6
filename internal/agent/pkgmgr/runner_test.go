package pkgmgr

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestExecRunnerGivesTheMinimalEnvironment(t *testing.T) {
	t.Setenv("SECRET_OF_THE_AGENT", "x")
	r, err := ExecRunner{}.Run(t.Context(), Command{Args: []string{"env"}, Env: []string{"EXTRA=1"}})
	require.NoError(t, err)
	require.ElementsMatch(t, Env(Command{Env: []string{"EXTRA=1"}}), strings.Fields(string(r.Stdout)))
	require.Contains(t, string(r.Stdout), "DEBIAN_FRONTEND=noninteractive\n")
}

func TestExecRunnerTellsExitCodesFromFailures(t *testing.T) {
	r, err := ExecRunner{}.Run(t.Context(), Command{Args: []string{"sh", "-c", "echo out; echo err >&2; exit 7"}})
	require.NoError(t, err)
	require.Equal(t, Result{Stdout: []byte("out\n"), Stderr: []byte("err\n"), ExitCode: 7}, r)
	_, err = ExecRunner{}.Run(t.Context(), Command{Args: []string{"no-such-tool"}})
	require.ErrorIs(t, err, exec.ErrNotFound)
	_, err = ExecRunner{}.Run(t.Context(), Command{})
	require.Error(t, err)
	_, err = ExecRunner{}.Run(t.Context(), Command{Args: []string{"sh", "-c", "kill -9 $$"}})
	require.ErrorContains(t, err, "killed")
}

func TestExecRunnerStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("nobody waits any more")
	cancel(reason)
	_, err := ExecRunner{}.Run(ctx, Command{Args: []string{"sleep", "600"}})
	require.ErrorIs(t, err, reason)
	_, err = ExecRunner{}.Run(t.Context(), Command{Args: []string{"sleep", "600"}, Timeout: 1})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestExecRunnerBoundsOutput(t *testing.T) {
	_, err := ExecRunner{}.Run(t.Context(), Command{Args: []string{"head", "-c", "70000000", "/dev/zero"}})
	require.ErrorIs(t, err, ErrOutputTooLong)
}

func TestVersionsCompareAsDpkgDoes(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	require.NoError(t, err, "this test compares with the real dpkg")
	version := rapid.StringMatching(`([0-2]:)?[0-9][0-9a-z.+~]{0,6}(-[0-9a-z+~.]{1,5})?`)
	rapid.Check(t, func(rt *rapid.T) {
		x, y := version.Draw(rt, "x"), version.Draw(rt, "y")
		want := 0
		if exec.Command(dpkg, "--compare-versions", x, "lt", y).Run() == nil {
			want = -1
		} else if exec.Command(dpkg, "--compare-versions", x, "gt", y).Run() == nil {
			want = 1
		}
		got := compareVersions(x, y)
		require.Equal(rt, want, max(-1, min(1, got)), "%s %s", x, y)
	})
}

func TestSavedFileNames(t *testing.T) {
	s := savedFiles{dir: "/saved", names: []string{"a_1%3a2.0-1_amd64.deb", "b_2.0-1_all.deb", "g++_4%3a12_amd64.deb"}}
	require.Equal(t, "/saved/a_1%3a2.0-1_amd64.deb", s.path("a", "amd64", "1:2.0-1"))
	require.Equal(t, "/saved/b_2.0-1_all.deb", s.path("b", "amd64", "3:2.0-1"), "dpkg-repack leaves the epoch out")
	require.Equal(t, "/saved/g++_4%3a12_amd64.deb", s.path("g++", "amd64", "4:12"))
	for _, missing := range [][3]string{{"a", "i386", "1:2.0-1"}, {"a", "amd64", "2:2.0-1"}, {"b", "all", "2.0-2"}} {
		_, ok := s.find(missing[0], missing[1], missing[2])
		require.False(t, ok, missing)
	}
}
