package pkgmgr_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/hostbed"
)

func TestRealUpdatesEndAsPlannedAndGoBack(t *testing.T) {
	r := newReal(t, hostbed.Open(t).Debian(t))
	before, marks := r.packages(), r.Exec(t, "apt-mark", "showauto")
	order := all()
	p := r.plan(order)
	require.Greater(t, len(p.Changes), 10)
	require.Positive(t, p.DownloadBytes)
	require.Equal(t, agentapi.Rollback{State: agentapi.RollbackReady, Reasons: []string{}}, r.apt.Readiness(t.Context(), p))
	r.save(p)
	r.apply(p, order)
	r.carriedOut(p)
	require.Equal(t, marks, subset(marks, r.Exec(t, "apt-mark", "showauto")), "no automatic mark is lost")
	list, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	require.Empty(t, list.Patches)

	back := pkgmgr.Order{Restore: &pkgmgr.Restore{Changes: p.Changes, SavedDir: saveDir}}
	rollback := r.plan(back)
	r.apply(rollback, back)
	r.carriedOut(rollback)
	require.Equal(t, before, r.packages())
	require.Equal(t, marks, r.Exec(t, "apt-mark", "showauto"))
}

// subset keeps the lines of a that are also in b.
func subset(a, b string) string {
	have := strings.SplitAfter(b, "\n")
	return strings.Join(slices.DeleteFunc(strings.SplitAfter(a, "\n"), func(l string) bool { return !slices.Contains(have, l) }), "")
}

func (r real) save(p agentapi.Plan) {
	r.t.Helper()
	r.Exec(r.t, "mkdir", "-p", saveDir)
	commands, err := r.apt.Save(r.t.Context(), p, saveDir)
	require.NoError(r.t, err)
	for _, c := range commands {
		if r.apt.Saved(r.t.Context(), p, saveDir).State == agentapi.RollbackReady {
			break
		}
		r.must(c)
	}
	require.Equal(r.t, agentapi.Rollback{State: agentapi.RollbackReady, Reasons: []string{}}, r.apt.Saved(r.t.Context(), p, saveDir))
}

func TestRollbackNeedsNoRepository(t *testing.T) {
	r := demo(t)
	before, marks := r.packages(), r.Exec(t, "apt-mark", "showauto")
	order := removals(named("demo-app", "demo-n1"))
	p := r.plan(order)
	require.Equal(t, []string{"demo-app 1.0→1.2", "demo-lib 1.0→1.1", "demo-n1 1.0→1.1", "demo-new →1.0", "demo-old 1.0→"}, short(p.Changes))
	r.save(p)
	r.apply(p, order)
	r.carriedOut(p)
	require.Contains(t, r.Exec(t, "apt-mark", "showauto"), "demo-new", "what came as a dependency is automatic")

	r.Break(t, hostbed.RepoDemo, hostbed.Fault{Kind: hostbed.FaultDead})
	back := pkgmgr.Order{Restore: &pkgmgr.Restore{Changes: p.Changes, SavedDir: saveDir}}
	rollback := r.plan(back)
	require.Zero(t, rollback.DownloadBytes)
	r.apply(rollback, back)
	require.Equal(t, before, r.packages())
	require.Equal(t, marks, r.Exec(t, "apt-mark", "showauto"))
	require.Empty(t, r.sh("ls "+saveDir), "the files of a complete rollback are dropped")
	require.Empty(t, r.plan(back).Changes, "a second rollback has nothing to do")
}

func TestRollbackWithoutItsFilesIsRefused(t *testing.T) {
	r := demo(t)
	p := r.plan(named("demo-n1", "demo-n2"))
	r.save(p)
	r.apply(p, named("demo-n1", "demo-n2"))
	r.sh("truncate -s 200 " + saveDir + "/demo-n2_1.0_all.deb")
	require.Equal(t, agentapi.RollbackPartial, r.apt.Saved(t.Context(), p, saveDir).State)
	e := r.refused(pkgmgr.Order{Restore: &pkgmgr.Restore{Changes: p.Changes, SavedDir: saveDir}})
	require.Equal(t, agentapi.CodeRollbackImpossible, e.Code)
	require.Contains(t, e.Message, "demo-n2")
	require.NotContains(t, e.Message, "demo-n1")
}

func TestRollbackLeavesLaterPackagesAlone(t *testing.T) {
	r := demo(t)
	p := r.plan(removals(named("demo-lib")))
	require.Equal(t, []string{"demo-lib 1.0→1.1"}, short(p.Changes))
	r.save(p)
	r.apply(p, named("demo-lib"))
	later := r.plan(removals(named("demo-app")))
	r.apply(later, removals(named("demo-app")))
	e := r.refused(pkgmgr.Order{Restore: &pkgmgr.Restore{Changes: p.Changes, SavedDir: saveDir}})
	require.Equal(t, agentapi.CodeRollbackImpossible, e.Code)
	require.Contains(t, e.Message, "demo-app", "demo-app now depends on the new demo-lib")
}

func TestSecurityOnlyTakesSecurityAndWhatItNeeds(t *testing.T) {
	r := demo(t)
	order := removals(pkgmgr.Order{ApplyRequest: agentapi.ApplyRequest{SecurityOnly: true, Exclude: []string{"demo-broken"}}})
	p := r.plan(order)
	require.Equal(t, []string{"demo-app 1.0→1.2", "demo-lib 1.0→1.1", "demo-new →1.0", "demo-old 1.0→", "demo-reboot 1.0→1.1"}, short(p.Changes))
	require.Contains(t, p.KeptBack, agentapi.Kept{Name: "demo-n1", Reason: "not_security"})
	require.Contains(t, p.KeptBack, agentapi.Kept{Name: "demo-broken", Reason: "excluded"})
	r.apply(p, order)
	r.carriedOut(p)
	needed, reasons, err := r.apt.NeedsReboot(t.Context())
	require.NoError(t, err)
	require.True(t, needed)
	require.Contains(t, strings.Join(reasons, " "), "demo-reboot")
}

func TestPlanHashNamesTheTransaction(t *testing.T) {
	r := demo(t)
	first, second := r.plan(named("demo-n1")), r.plan(named("demo-n1"))
	require.Equal(t, first.PlanHash, second.PlanHash)
	require.NotEqual(t, first.PlanHash, r.plan(named("demo-n2")).PlanHash)
	require.NotContains(t, short(r.plan(named("demo-n1")).Changes), "demo-n2 1.0→1.1")
}

func TestNamedUpdateInstallsNothingNew(t *testing.T) {
	r := demo(t)
	e := r.refused(named("demo-new", "demo-n1", "nosuch"))
	require.Equal(t, agentapi.CodePackageNotFound, e.Code)
	require.Len(t, e.Details, 2)
	require.Equal(t, "demo-new", e.Details[0].Value)
}

func TestExactVersions(t *testing.T) {
	r := demo(t)
	pin := func(version string) pkgmgr.Order {
		return removals(pkgmgr.Order{ApplyRequest: agentapi.ApplyRequest{Packages: []string{"demo-app"}, Versions: map[string]string{"demo-app": version}}})
	}
	p := r.plan(pin("1.1"))
	require.Contains(t, short(p.Changes), "demo-app 1.0→1.1")
	require.Equal(t, agentapi.CodePackageNotFound, r.refused(pin("9.9")).Code)
	r.apply(p, pin("1.1"))
	r.carriedOut(p)
	require.Equal(t, agentapi.CodeInvalid, r.refused(pin("1.0")).Code)
}

func TestExcludedStaysAndWhatNeedsItToo(t *testing.T) {
	r := demo(t)
	p := r.plan(removals(pkgmgr.Order{ApplyRequest: agentapi.ApplyRequest{Exclude: []string{"demo-lib", "demo-broken", "demo-brokenpre"}}}))
	for _, c := range p.Changes {
		require.NotContains(t, []string{"demo-lib", "demo-app", "demo-broken", "demo-old"}, c.Name)
	}
	at := slices.IndexFunc(p.KeptBack, func(k agentapi.Kept) bool { return k.Name == "demo-app" })
	require.GreaterOrEqual(t, at, 0, "%+v", p.KeptBack)
	require.Contains(t, p.KeptBack[at].Reason, "Depends: demo-lib (>= 1.1)")
}

func TestHeldPackagesAreNeverTouched(t *testing.T) {
	r := demo(t)
	r.Exec(t, "apt-mark", "hold", "demo-lib")
	p := r.plan(all())
	require.NotContains(t, short(p.Changes), "demo-lib 1.0→1.1")
	require.Contains(t, p.KeptBack, agentapi.Kept{Name: "demo-lib", Reason: "held"})
	require.Contains(t, p.KeptBack, agentapi.Kept{Name: "demo-phased", Reason: "phased"})
	at := slices.IndexFunc(p.KeptBack, func(k agentapi.Kept) bool { return k.Name == "demo-app" })
	require.Contains(t, p.KeptBack[at].Reason, "demo-lib")
	e := r.refused(named("demo-lib"))
	require.Equal(t, agentapi.CodeDependencyConflict, e.Code)
	require.Contains(t, e.Message, "held on the host: demo-lib")
	e = r.refused(removals(named("demo-app")))
	require.Equal(t, agentapi.CodeDependencyConflict, e.Code)
	require.Contains(t, e.Message, "demo-lib (>= 1.1)")
	held, err := r.apt.Held(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"demo-lib"}, held)
}

func TestRemovalsNeedConsent(t *testing.T) {
	r := demo(t)
	e := r.refused(all())
	require.Equal(t, agentapi.CodeRemovalsNotAllowed, e.Code)
	require.Contains(t, e.Message, "demo-old")
	p := r.plan(removals(all()))
	require.Contains(t, short(p.Changes), "demo-old 1.0→")
}

func TestPlanSaysWhatARealAptWouldDo(t *testing.T) {
	r := demo(t)
	p := r.plan(removals(all()))
	want := 0
	for line := range strings.Lines(r.Exec(t, "apt-get", "-s", "dist-upgrade")) {
		if strings.HasPrefix(line, "Inst ") || strings.HasPrefix(line, "Remv ") {
			want++
		}
	}
	require.Len(t, p.Changes, want)
	require.Greater(t, p.DownloadBytes, int64(30_000_000), "demo-big has 30 MB")
}

func TestExcludedPackagesKeepTheirMark(t *testing.T) {
	r := demo(t)
	r.Exec(t, "apt-mark", "auto", "demo-n2", "demo-n3")
	marks := r.Exec(t, "apt-mark", "showauto")
	order := pkgmgr.Order{ApplyRequest: agentapi.ApplyRequest{Packages: []string{"demo-n1", "demo-n2", "demo-n3"}, Exclude: []string{"demo-n3"}}}
	p := r.plan(order)
	require.Equal(t, []string{"demo-n1 1.0→1.1", "demo-n2 1.0→1.1"}, short(p.Changes))
	r.apply(p, order)
	r.carriedOut(p)
	require.Equal(t, marks, r.Exec(t, "apt-mark", "showauto"))
}

func TestOrderedVersionThatTheHostWouldNotChoose(t *testing.T) {
	r := demo(t)
	r.sh("printf 'Package: demo-n1\nPin: version 1.0\nPin-Priority: 1000\n' > /etc/apt/preferences.d/pin")
	require.Empty(t, r.plan(named("demo-n1")).Changes)
	order := named("demo-n1")
	order.Versions = map[string]string{"demo-n1": "1.1"}
	require.Equal(t, []string{"demo-n1 1.0→1.1"}, short(r.plan(order).Changes))
}

func TestOldPackagesComeFromTheCacheFirst(t *testing.T) {
	r := demo(t)
	r.sh("cd /var/cache/apt/archives && apt-get download demo-n1=1.0")
	p := r.plan(named("demo-n1"))
	r.Break(t, hostbed.RepoDemo, hostbed.Fault{Kind: hostbed.FaultDead})
	r.save(p)
}

func TestCompressedListsAreReadToo(t *testing.T) {
	r := demo(t)
	plain, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	r.sh("echo 'Acquire::GzipIndexes \"true\";' > /etc/apt/apt.conf.d/90gzip; rm /var/lib/apt/lists/*_Packages; apt-get update")
	require.NotContains(t, r.sh("ls /var/lib/apt/lists"), "_Packages\n")
	packed, err := r.apt.Patches(t.Context())
	require.NoError(t, err)
	require.Equal(t, plain.Patches, packed.Patches)
}
