package task

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
)

// fake is a package manager whose database is a directory of files and whose
// tool is a shell script: processes, signals and files are real, packages are
// not. All its state is on disk, so that two agent processes see the same.
type fake struct{ dir string }

// toolScript: "runs" counts what ran; a fifo reached/<what> tells the test that
// a command is under way and gate/<what> holds it there.
const toolScript = `
dir=$1; what=$2; ppid=$PPID
say() { echo "$@"; }
echo "$what" >> "$dir/runs"
say "$what begins at https://user:secret@repo.example.org/"
hold() { if [ -p "$dir/reached/$1" ]; then echo "$$ $ppid" > "$dir/reached/$1"; read -r _ < "$dir/gate/$1"; fi; }
hold "$what"
if [ -e "$dir/fail/$what" ]; then say "E: $what failed"; exit 100; fi
case $what in
save) touch "$dir/saved-ok" ;;
repair) for f in "$dir"/db/*; do read -r v state < "$f"; echo "$v" > "$f"; done; rm -f "$dir/broken" ;;
install|restore)
	n=0
	while read -r name to; do
		n=$((n+1))
		echo "pm:unpack:$((n*20)):$name:Unpacking $name" >&3
		say "Unpacking $name ($to)"
		touch "$dir/broken"; echo "$to half-installed" > "$dir/db/$name"
		hold "$what-$name"
		if [ -e "$dir/fail/$name" ]; then
			echo "pmerror:configure:$((n*20)):$name:broken" >&3
			echo "$to half-configured" > "$dir/db/$name"; say "$name: the script failed on purpose"; exit 100
		fi
		echo "pm:configure:$((n*20+10)):$name:Configuring $name" >&3
		if [ "$to" = "-" ]; then rm "$dir/db/$name"; else echo "$to" > "$dir/db/$name"; fi
		say "Setting up $name ($to)"
	done < "$dir/$what.list"
	rm -f "$dir/broken" ;;
esac
say "$what ends"
`

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{dir: t.TempDir()}
	for _, d := range []string{"db", "reached", "gate", "fail"} {
		require.NoError(t, os.Mkdir(filepath.Join(f.dir, d), 0o700))
	}
	f.write(t, "tool.sh", toolScript)
	for _, name := range []string{"alpha", "beta", "gamma"} {
		f.write(t, "db/"+name, "1.0\n")
	}
	f.write(t, "install.list", "alpha 2.0\nbeta 2.0\ngamma 2.0\n")
	return f
}

func (f *fake) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600))
}

// hold makes a command stop in the middle; the returned functions wait until it
// is there (and name its process and supervisor) and let it go on.
func (f *fake) hold(t *testing.T, what string) (reached func() (tool, supervisor int), release func()) {
	t.Helper()
	in, gate := filepath.Join(f.dir, "reached", what), filepath.Join(f.dir, "gate", what)
	require.NoError(t, syscall.Mkfifo(in, 0o600))
	require.NoError(t, syscall.Mkfifo(gate, 0o600))
	return func() (int, int) {
			text, err := os.ReadFile(in) // blocks until the tool writes
			require.NoError(t, err)
			pids := strings.Fields(string(text))
			require.Len(t, pids, 2)
			tool, err := strconv.Atoi(pids[0])
			require.NoError(t, err)
			supervisor, err := strconv.Atoi(pids[1])
			require.NoError(t, err)
			require.NoError(t, os.Remove(in)) // a later run goes through
			return tool, supervisor
		}, func() {
			require.NoError(t, os.WriteFile(gate, []byte("go\n"), 0o600)) // blocks until the tool reads
		}
}

func (f *fake) runs(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, "runs"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	out := map[string]int{}
	for _, what := range strings.Fields(string(text)) {
		out[what]++
	}
	return out
}

func (f *fake) has(name string) bool {
	_, err := os.Stat(filepath.Join(f.dir, name))
	return err == nil
}

func (f *fake) cmd(what string) pkgmgr.Command {
	return pkgmgr.Command{Args: []string{"sh", filepath.Join(f.dir, "tool.sh"), f.dir, what}, StatusFD: true}
}

func (f *fake) Name() string { return "fake" }

func (f *fake) Installed(context.Context) ([]agentapi.Package, error) {
	files, err := os.ReadDir(filepath.Join(f.dir, "db"))
	var out []agentapi.Package
	for _, file := range files {
		text, readErr := os.ReadFile(filepath.Join(f.dir, "db", file.Name()))
		if readErr != nil {
			return nil, readErr
		}
		version, state, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		out = append(out, agentapi.Package{Name: file.Name(), Arch: "all", Version: version, State: state})
	}
	return out, err
}

func (f *fake) Fingerprint(context.Context) (string, error)         { return "1", nil }
func (f *fake) Patches(context.Context) (agentapi.PatchList, error) { return agentapi.PatchList{}, nil }
func (f *fake) Repositories(context.Context) ([]agentapi.Repository, error) {
	return nil, nil
}

func (f *fake) Problems(context.Context) ([]string, error) {
	if f.has("broken") {
		return []string{"half-installed packages"}, nil
	}
	return nil, nil
}

func (f *fake) Plan(ctx context.Context, o pkgmgr.Order) (agentapi.Plan, error) {
	if o.Restore != nil {
		return f.restorePlan(o.Restore)
	}
	if text, err := os.ReadFile(filepath.Join(f.dir, "plan-error.json")); err == nil {
		e := &agentapi.Error{}
		if err := json.Unmarshal(text, e); err != nil {
			return agentapi.Plan{}, err
		}
		return agentapi.Plan{}, e
	}
	text, err := os.ReadFile(filepath.Join(f.dir, "install.list"))
	if err != nil {
		return agentapi.Plan{}, err
	}
	now, err := f.Versions(ctx, nil)
	if err != nil {
		return agentapi.Plan{}, err
	}
	plan := agentapi.Plan{PlanHash: "hash"}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, to, _ := strings.Cut(line, " ")
		if from := now[pkgmgr.Key(name, "all")]; from != to {
			plan.Changes = append(plan.Changes, agentapi.Change{Action: agentapi.ActionUpgrade, Name: name, Arch: "all", FromVersion: from, ToVersion: to})
		}
	}
	return plan, nil
}

func (f *fake) restorePlan(r *pkgmgr.Restore) (agentapi.Plan, error) {
	var plan agentapi.Plan
	var list strings.Builder
	for _, c := range r.Changes {
		plan.Changes = append(plan.Changes, agentapi.Change{Action: agentapi.ActionDowngrade, Name: c.Name, Arch: c.Arch, FromVersion: c.ToVersion, ToVersion: c.FromVersion})
		list.WriteString(c.Name + " " + c.FromVersion + "\n")
	}
	return plan, os.WriteFile(filepath.Join(f.dir, "restore.list"), []byte(list.String()), 0o600)
}

func (f *fake) Preflight(context.Context, agentapi.Plan, string) []agentapi.Check {
	if f.has("fail/preflight") {
		return []agentapi.Check{{Name: "space", Level: agentapi.CheckFail, Detail: "/ has 1 MB", Code: agentapi.CodeDiskFull}}
	}
	return []agentapi.Check{{Name: "space", Level: agentapi.CheckOK, Detail: "enough"}}
}

func (f *fake) Readiness(context.Context, agentapi.Plan) agentapi.Rollback {
	return agentapi.Rollback{State: agentapi.RollbackReady}
}

func (f *fake) Refresh() pkgmgr.Command { return f.cmd("refresh") }
func (f *fake) Save(context.Context, agentapi.Plan, string) ([]pkgmgr.Command, error) {
	return []pkgmgr.Command{f.cmd("save")}, nil
}

func (f *fake) Saved(context.Context, agentapi.Plan, string) agentapi.Rollback {
	if f.has("saved-ok") {
		return agentapi.Rollback{State: agentapi.RollbackReady}
	}
	return agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{"alpha 1.0 was not kept"}}
}

func (f *fake) Download(agentapi.Plan) pkgmgr.Command { return f.cmd("download") }

func (f *fake) Install(_ agentapi.Plan, o pkgmgr.Order) pkgmgr.Command {
	if o.Restore != nil {
		return f.cmd("restore")
	}
	return f.cmd("install")
}

func (f *fake) Finish(context.Context, agentapi.Plan, pkgmgr.Order) ([]pkgmgr.Command, error) {
	return []pkgmgr.Command{f.cmd("finish")}, nil
}

func (f *fake) Repair(context.Context) ([]pkgmgr.Command, error) {
	if !f.has("broken") {
		return nil, nil
	}
	return []pkgmgr.Command{f.cmd("repair")}, nil
}

func (f *fake) Progress(line string) (pkgmgr.Progress, bool) {
	parts := strings.SplitN(line, ":", 5)
	if len(parts) != 5 {
		return pkgmgr.Progress{}, false
	}
	percent, err := strconv.ParseFloat(parts[2], 64)
	return pkgmgr.Progress{
		Phase: agentapi.Phase(parts[1]), Percent: percent, Package: parts[3], Message: parts[4], Failed: parts[0] == "pmerror",
	}, err == nil
}

func (f *fake) Classify(o pkgmgr.Outcome) *agentapi.Error {
	if len(o.Failed) > 0 {
		return agentapi.NewError(agentapi.CodeMaintainerScript, "the script of %s failed", o.Failed[0].Package)
	}
	if o.Phase == agentapi.PhaseRefresh || o.Phase == agentapi.PhaseDownload {
		return agentapi.NewError(agentapi.CodeRepoUnreachable, "%s", lastLine(string(o.Output)))
	}
	return agentapi.NewError(agentapi.CodePackageManagerError, "ended with %d %s", o.ExitCode, o.Signal)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func (f *fake) Versions(ctx context.Context, _ []agentapi.Change) (map[string]string, error) {
	installed, err := f.Installed(ctx)
	out := map[string]string{}
	for _, p := range installed {
		out[pkgmgr.Key(p.Name, p.Arch)] = p.Version
	}
	return out, err
}

func (f *fake) Busy(context.Context) (string, error) {
	if f.has("busy") {
		return "apt-get (pid 4711)", nil
	}
	return "", nil
}

func (f *fake) NeedsReboot(context.Context) (bool, []string, error) {
	if f.has("needs-reboot") {
		return true, []string{"new kernel"}, nil
	}
	return false, nil, nil
}

func keysOf(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
