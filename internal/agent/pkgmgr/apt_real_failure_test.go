package pkgmgr_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/testkit/hostbed"
)

// repair runs the driver's repair and returns how the commands ended.
func (r real) repair() []int {
	r.t.Helper()
	commands, err := r.apt.Repair(r.t.Context())
	require.NoError(r.t, err)
	codes := []int{}
	for _, c := range commands {
		codes = append(codes, r.do(c).ExitCode)
	}
	return codes
}

func (r real) problems() []string {
	r.t.Helper()
	problems, err := r.apt.Problems(r.t.Context())
	require.NoError(r.t, err)
	return problems
}

func TestFailingScriptSpeaksAndTheRestIsInstalled(t *testing.T) {
	r := demo(t)
	order := named("demo-broken", "demo-n1")
	p := r.plan(order)
	r.save(p)
	r.must(r.apt.Download(p))
	e := r.fails(p, order)
	require.Equal(t, agentapi.CodeMaintainerScript, e.Code)
	require.Contains(t, e.Message, hostbed.BrokenWords)
	require.Equal(t, "demo-broken", e.Details[0].Value)
	require.Contains(t, r.packages(), "ii demo-n1:all 1.1")
	require.Equal(t, []string{"demo-broken 1.1 is half-configured"}, r.problems())
	failed := false
	for _, p := range r.progress() {
		failed = failed || p.Failed && p.Package == "demo-broken"
	}
	require.True(t, failed, "the status descriptor names the package")

	require.Contains(t, r.repair(), 100, "a script that fails always, fails again")
	back := pkgmgr.Order{Restore: &pkgmgr.Restore{Changes: p.Changes, SavedDir: saveDir}}
	r.apply(r.plan(back), back)
	require.Empty(t, r.problems(), "going back heals the package")
	require.Contains(t, r.packages(), "ii demo-broken:all 1.0")
}

// progress reads what the last command wrote to its status descriptor.
func (r real) progress() []pkgmgr.Progress {
	r.t.Helper()
	status, err := r.Status()
	require.NoError(r.t, err)
	var all []pkgmgr.Progress
	for line := range strings.Lines(string(status)) {
		p, ok := r.apt.Progress(line)
		require.True(r.t, ok, line)
		all = append(all, p)
	}
	return all
}

func TestFailingPreinstLeavesTheOldVersion(t *testing.T) {
	r := demo(t)
	order := named("demo-brokenpre")
	p := r.plan(order)
	e := r.fails(p, order)
	require.Equal(t, agentapi.CodeMaintainerScript, e.Code)
	require.Contains(t, e.Message, "demo-brokenpre: preinst refuses")
	require.Empty(t, r.problems())
	require.Contains(t, r.packages(), "ii demo-brokenpre:all 1.0")
}

func TestEditedConffileIsKeptAndTold(t *testing.T) {
	r := demo(t)
	r.sh("echo mine >> /etc/demo-conf.conf")
	order := named("demo-conf", "demo-prompt")
	p := r.plan(order)
	r.apply(p, order)
	r.carriedOut(p)
	require.Equal(t, "level=1\nmine\n", r.sh("cat /etc/demo-conf.conf"))
	require.FileExists(t, filepath.Join(r.Root, "etc/demo-conf.conf.dpkg-dist"))
}

func TestTransactionDoesExactlyWhatItReports(t *testing.T) {
	r := demo(t)
	order := named("demo-n1", "demo-n2")
	p := r.plan(order)
	r.must(r.apt.Download(p))
	require.Contains(t, r.packages(), "demo-n1:all 1.0", "a download changes nothing")
	r.must(r.apt.Install(p, order))
	seen := map[string]bool{}
	last := 0.0
	for _, s := range r.progress() {
		if s.Phase == agentapi.PhaseConfigure || s.Phase == agentapi.PhaseUnpack {
			require.GreaterOrEqual(t, s.Percent, last)
			last = s.Percent
			seen[s.Package+" "+string(s.Phase)] = true
		}
	}
	for _, want := range []string{"demo-n1 unpack", "demo-n1 configure", "demo-n2 unpack", "demo-n2 configure"} {
		require.True(t, seen[want], want)
	}
}

// tear kills dpkg while it unpacks a package: the database is left with one that
// has to be unpacked again.
func (r real) tear() {
	r.t.Helper()
	r.sh(`set -e
mkdir -p /tmp/torn/DEBIAN /tmp/torn/usr/lib/demo-n1
printf 'Package: demo-n1\nVersion: 1.1\nArchitecture: all\nMaintainer: Demo <demo@example.org>\nDescription: torn\n' > /tmp/torn/DEBIAN/control
head -c 60000000 /dev/urandom > /tmp/torn/usr/lib/demo-n1/blob
dpkg-deb --root-owner-group -Znone -b /tmp/torn /tmp/torn.deb`)
	r.sh(`cat > /tmp/tear.sh <<'EOF'
dpkg --status-fd 1 --unpack /tmp/torn.deb & pid=$!
while [ ! -e /usr/lib/demo-n1/blob.dpkg-new ]; do :; done
kill -9 $pid
wait $pid
EOF
sh /tmp/tear.sh || true`)
	require.Contains(r.t, r.packages(), "iHRdemo-n1", "the package is torn")
}

func TestTornPackageIsUnpackedAgain(t *testing.T) {
	r := demo(t)
	r.tear()
	require.Contains(t, strings.Join(r.problems(), "\n"), "demo-n1 1.0 is half-installed reinst-required")
	p := agentapi.Plan{}
	checks := r.apt.Preflight(t.Context(), p, saveDir)
	require.Equal(t, agentapi.CheckFail, level(checks, "database"))
	for _, code := range r.repair() {
		require.Zero(t, code)
	}
	require.Empty(t, r.problems())
	require.Empty(t, r.sh("dpkg -V demo-n1"), "its files are the package's again")
	require.Empty(t, r.repair(), "a clean database needs nothing")
}

func level(checks []agentapi.Check, name string) agentapi.CheckLevel {
	for _, c := range checks {
		if c.Name == name {
			return c.Level
		}
	}
	return ""
}

func TestInterruptedDpkgIsRepaired(t *testing.T) {
	r := demo(t)
	r.sh("apt-get -y -d install demo-n1=1.1 demo-n2=1.1 && dpkg --unpack /var/cache/apt/archives/demo-n1_1.1_all.deb /var/cache/apt/archives/demo-n2_1.1_all.deb")
	require.Len(t, r.problems(), 2)
	r.repair()
	require.Empty(t, r.problems())
	require.Contains(t, r.packages(), "ii demo-n1:all 1.1")
}

// lock holds one of the tools' locks as another package tool would.
func (r real) lock(name string) (release func()) {
	r.t.Helper()
	f, err := os.OpenFile(filepath.Join(r.Root, name), os.O_RDWR|os.O_CREATE, 0o640)
	require.NoError(r.t, err)
	require.NoError(r.t, unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}))
	return func() { require.NoError(r.t, f.Close()) }
}

func TestLockHeldByAnother(t *testing.T) {
	r := demo(t)
	busy, err := r.apt.Busy(t.Context())
	require.NoError(t, err)
	require.Empty(t, busy)

	release := r.lock("/var/lib/apt/lists/lock")
	busy, err = r.apt.Busy(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, busy)
	res := r.do(r.apt.Refresh())
	require.Equal(t, agentapi.CodeDBLocked, r.verdict(res, agentapi.PhaseRefresh).Code)
	release()

	release = r.lock("/var/lib/dpkg/lock-frontend")
	p := r.plan(named("demo-n1"))
	require.NotEmpty(t, p.Changes, "questions wait for no lock")
	require.Equal(t, agentapi.CheckWarn, level(r.apt.Preflight(t.Context(), p, saveDir), "lock"))
	install := r.apt.Install(p, named("demo-n1"))
	require.Contains(t, install.Args, "DPkg::Lock::Timeout=60")
	for i, arg := range install.Args {
		install.Args[i] = strings.ReplaceAll(arg, "Timeout=60", "Timeout=1")
	}
	e := r.verdict(r.do(install), agentapi.PhaseUnpack)
	require.Equal(t, agentapi.CodeDBLocked, e.Code)
	require.True(t, e.Retryable)
	release()
	r.must(r.apt.Install(p, named("demo-n1")))
}

func TestBusyNamesTheHolder(t *testing.T) {
	r := demo(t)
	file := filepath.Join(r.Root, "/var/lib/dpkg/lock-frontend")
	pid := r.Start(t, []string{"perl", "-e", `use Fcntl; open(F,"+<","/var/lib/dpkg/lock-frontend") or die; my $s=pack("s s l! l! i",F_WRLCK,0,0,0,0); fcntl(F,F_SETLK,$s) or die "$!"; open(D,">","/tmp/locked"); close D; $SIG{TERM}=sub{exit 0}; sleep 600`}, "lock.log")
	require.FileExists(t, file)
	waitForFile(t, filepath.Join(r.Root, "tmp/locked"))
	busy, err := r.apt.Busy(t.Context())
	require.NoError(t, err)
	require.Contains(t, busy, "perl (process ")
	require.NoError(t, syscall.Kill(pid.PID, syscall.SIGKILL))
	pid.Wait()
	busy, err = r.apt.Busy(t.Context())
	require.NoError(t, err)
	require.Empty(t, busy)
}
