package pkgmgr_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/hostbed"
)

const saveDir = "/var/lib/saved-packages"

// real is a throw-away host with the driver under test.
type real struct {
	*hostbed.Host
	apt *pkgmgr.APT
	t   *testing.T
}

func newReal(t *testing.T, h *hostbed.Host) real {
	t.Helper()
	return real{Host: h, apt: pkgmgr.NewAPT(pkgmgr.Host{Root: h.Root, Run: h}), t: t}
}

func demo(t *testing.T, opts ...hostbed.Option) real {
	t.Helper()
	return newReal(t, hostbed.Open(t).Demo(t, opts...))
}

// sh runs a shell line of the test's own inside the host.
func (r real) sh(line string) string {
	r.t.Helper()
	return r.Exec(r.t, "sh", "-c", line)
}

// packages is dpkg's own list, the judge of every test here.
func (r real) packages() string {
	r.t.Helper()
	return r.Exec(r.t, "dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}:${Architecture} ${Version}\n")
}

// do runs a command of the driver and returns its result.
func (r real) do(c pkgmgr.Command) pkgmgr.Result {
	r.t.Helper()
	res, err := r.Run(r.t.Context(), c)
	require.NoError(r.t, err)
	return res
}

// must runs commands of the driver that have to succeed.
func (r real) must(commands ...pkgmgr.Command) {
	r.t.Helper()
	for _, c := range commands {
		res := r.do(c)
		require.Zero(r.t, res.ExitCode, "%v\n%s\n%s", c.Args, res.Stdout, res.Stderr)
	}
}

func (r real) plan(o pkgmgr.Order) agentapi.Plan {
	r.t.Helper()
	p, err := r.apt.Plan(r.t.Context(), o)
	require.NoError(r.t, err)
	return p
}

// refused is the error of an order that has no plan.
func (r real) refused(o pkgmgr.Order) *agentapi.Error {
	r.t.Helper()
	_, err := r.apt.Plan(r.t.Context(), o)
	var coded *agentapi.Error
	require.ErrorAs(r.t, err, &coded)
	return coded
}

// apply carries a plan out as the step machine does.
func (r real) apply(p agentapi.Plan, o pkgmgr.Order) {
	r.t.Helper()
	r.must(r.apt.Download(p))
	r.must(r.apt.Install(p, o))
	r.finish(p, o)
}

func (r real) finish(p agentapi.Plan, o pkgmgr.Order) {
	r.t.Helper()
	commands, err := r.apt.Finish(r.t.Context(), p, o)
	require.NoError(r.t, err)
	r.must(commands...)
}

// fails runs the install of a plan and returns the driver's verdict on it.
func (r real) fails(p agentapi.Plan, o pkgmgr.Order) *agentapi.Error {
	r.t.Helper()
	res := r.do(r.apt.Install(p, o))
	require.NotZero(r.t, res.ExitCode)
	return r.verdict(res, agentapi.PhaseUnpack)
}

func (r real) verdict(res pkgmgr.Result, phase agentapi.Phase) *agentapi.Error {
	r.t.Helper()
	e := r.apt.Classify(pkgmgr.Outcome{
		Phase: phase, ExitCode: res.ExitCode, Output: append(slices.Clone(res.Stdout), res.Stderr...),
	})
	require.NotNil(r.t, e)
	return e
}

// carriedOut compares the plan with what dpkg says now.
func (r real) carriedOut(p agentapi.Plan) {
	r.t.Helper()
	versions, err := r.apt.Versions(r.t.Context(), p.Changes)
	require.NoError(r.t, err)
	for _, c := range p.Changes {
		require.Equal(r.t, c.ToVersion, versions[pkgmgr.Key(c.Name, c.Arch)], c.Name)
	}
	problems, err := r.apt.Problems(r.t.Context())
	require.NoError(r.t, err)
	require.Empty(r.t, problems)
}

func all() pkgmgr.Order { return pkgmgr.Order{} }

func named(names ...string) pkgmgr.Order {
	return pkgmgr.Order{ApplyRequest: agentapi.ApplyRequest{Packages: names}}
}

func removals(o pkgmgr.Order) pkgmgr.Order {
	o.AllowRemovals = true
	return o
}

// short writes changes as "name from→to".
func short(changes []agentapi.Change) []string {
	out := []string{}
	for _, c := range changes {
		out = append(out, c.Name+" "+c.FromVersion+"→"+c.ToVersion)
	}
	return out
}

func TestInstalledIsWhatDpkgSays(t *testing.T) {
	r := demo(t)
	r.sh("apt-get -y -q remove demo-conf && apt-mark hold demo-n1")
	require.Contains(t, r.packages(), "rc demo-conf")
	list, err := r.apt.Installed(t.Context())
	require.NoError(t, err)
	var got strings.Builder
	for _, p := range list {
		state := "ii "
		if p.Held {
			state = "hi "
		}
		got.WriteString(state + p.Name + ":" + p.Arch + " " + p.Version + "\n")
		require.NotNil(t, p.InstalledAt, p.Name)
	}
	want := slices.DeleteFunc(strings.SplitAfter(r.packages(), "\n"), func(l string) bool { return strings.HasPrefix(l, "rc ") })
	require.Empty(t, cmp.Diff(strings.Join(want, ""), got.String()))
	auto := []string{}
	for _, p := range list {
		if p.Auto {
			auto = append(auto, p.Name)
		}
	}
	shown := strings.Fields(r.Exec(t, "apt-mark", "showauto"))
	slices.Sort(shown)
	require.Equal(t, shown, auto)
}

func TestPatchesAreWhatAptWouldUpgrade(t *testing.T) {
	r := newReal(t, hostbed.Open(t).Debian(t))
	list, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	want := []string{}
	for line := range strings.Lines(r.Exec(t, "apt-get", "-s", "dist-upgrade")) {
		if f := strings.Fields(line); len(f) > 3 && f[0] == "Inst" && strings.HasPrefix(f[2], "[") {
			want = append(want, f[1]+" "+strings.Trim(f[2], "[]")+" "+strings.Trim(f[3], "("))
		}
	}
	got := []string{}
	for _, p := range list.Patches {
		if !p.Held && !p.Phased && p.KeptBack == "" {
			got = append(got, p.Name+" "+p.CurrentVersion+" "+p.AvailableVersion)
		}
		require.Equal(t, agentapi.SeverityUnknown, p.Severity)
		require.Positive(t, p.SizeBytes, p.Name)
		require.NotEmpty(t, p.Source)
	}
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, want, got)
	require.Positive(t, list.Security)
	require.NotNil(t, list.CheckedAt)
	for _, p := range list.Patches {
		require.Equal(t, p.Security, p.Origin == "Debian-Security", p.Name)
	}
}

func TestSecurityIsSeenBehindALaterPlainVersion(t *testing.T) {
	r := demo(t)
	list, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	at := slices.IndexFunc(list.Patches, func(p agentapi.Patch) bool { return p.Name == "demo-app" })
	require.GreaterOrEqual(t, at, 0)
	app := list.Patches[at]
	require.Equal(t, "1.2", app.AvailableVersion)
	require.Equal(t, "Demo", app.Origin)
	require.True(t, app.Security, "1.1 in the security pocket lies between 1.0 and 1.2")
	require.Empty(t, app.CVEIDs)
	phased := list.Patches[slices.IndexFunc(list.Patches, func(p agentapi.Patch) bool { return p.Name == "demo-phased" })]
	require.True(t, phased.Phased)
	require.Equal(t, "1.1", phased.AvailableVersion)
}

func TestFingerprintFollowsWhatTheAnswersDependOn(t *testing.T) {
	r := demo(t)
	print := func() string {
		f, err := r.apt.Fingerprint(t.Context())
		require.NoError(t, err)
		return f
	}
	first := print()
	_, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, print(), "asking changes nothing")
	r.Exec(t, "apt-mark", "hold", "demo-n1")
	second := print()
	require.NotEqual(t, first, second)
	require.NoError(t, os.WriteFile(filepath.Join(r.Root, "etc/apt/preferences.d/pin"), []byte("Package: demo-n2\nPin: version 1.0\nPin-Priority: 1000\n"), 0o644))
	require.NotEqual(t, second, print())
}

func TestRepositoriesSayWhatTheyAre(t *testing.T) {
	r := newReal(t, hostbed.Open(t).Debian(t))
	list, err := r.apt.Repositories(t.Context())
	require.NoError(t, err)
	security := 0
	for _, repo := range list {
		require.NotNil(t, repo.UpdatedAt, repo)
		require.WithinDuration(t, time.Now(), *repo.UpdatedAt, 20*365*24*time.Hour)
		if repo.Security {
			security++
			require.Equal(t, "Debian-Security", repo.Label)
		}
	}
	require.Equal(t, 1, security, "%+v", list)
}
