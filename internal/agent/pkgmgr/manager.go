package pkgmgr

import (
	"context"
	"path/filepath"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// Host is the machine a Manager works on.
type Host struct {
	Root  string // "/" in production
	Run   Runner
	Clock clock.Clock // nil: the machine's clock
}

// Path returns the file name of an absolute path of the host.
func (h Host) Path(abs string) string { return filepath.Join(h.Root, abs) }

// Command is one run of a tool: an argument vector, never a shell line.
type Command struct {
	Args    []string      // Args[0] is an absolute path or a name found on PATH
	Env     []string      // added to the minimal environment of the runner
	Timeout time.Duration // 0: none; a transaction has none, it is never killed in the middle
	// StatusFD asks for a file on descriptor 3 that the tool writes its
	// progress to; Manager.Progress reads its lines.
	StatusFD bool
}

// Result is the outcome of a finished command.
type Result struct {
	Stdout, Stderr []byte
	ExitCode       int
}

// Runner runs short commands and waits. A command that ended with a non-zero
// exit code is not an error here: its meaning differs from tool to tool.
type Runner interface {
	Run(ctx context.Context, c Command) (Result, error)
}

// Progress is what one line of a tool's status output says.
type Progress struct {
	Phase   agentapi.Phase
	Percent float64 // 0-100 within the phase family (download, or unpack+configure)
	Package string
	Message string
	// Failed is set when the tool reports that this package failed.
	Failed bool
	// Conffile is set when the tool met a configuration file changed by the admin.
	Conffile string
}

// Outcome is everything Classify may look at when a step has ended.
type Outcome struct {
	Phase    agentapi.Phase
	ExitCode int
	Signal   string // set when the tool was killed
	Output   []byte // the last part of the tool's output, at most 256 KiB
	Failed   []Progress
}

// Order is what a plan is computed for.
type Order struct {
	agentapi.ApplyRequest
	// Restore, when set, asks for the transaction that puts exactly these
	// packages back (a rollback); the selection fields are ignored then.
	Restore *Restore
}

// Restore names the state a rollback goes back to.
type Restore struct {
	// Changes are the changes of the job to take back that did happen.
	Changes []agentapi.Change
	// SavedDir holds the old package files that were saved before the job.
	SavedDir string
}

// Manager is one package manager on one host. Methods are safe for one caller
// at a time; questions never change the host and wait for no lock.
type Manager interface {
	// Name is the tool's name as in SystemInfo.PackageManager.
	Name() string

	// Installed lists what is installed, sorted by name and architecture.
	Installed(ctx context.Context) ([]agentapi.Package, error)
	// Fingerprint changes whenever Installed or Patches may answer differently.
	// It reads file times and sizes only: cheap enough for every poll.
	Fingerprint(ctx context.Context) (string, error)
	// Patches lists what is pending, from the lists that are on disk.
	Patches(ctx context.Context) (agentapi.PatchList, error)
	// Repositories lists the configured sources.
	Repositories(ctx context.Context) ([]agentapi.Repository, error)
	// Problems says what is wrong with the package database; empty means clean.
	Problems(ctx context.Context) ([]string, error)

	// Plan computes the exact transaction without preflight. It returns an
	// *agentapi.Error when there is none (unknown package, conflict, removals
	// that nobody allowed, a rollback without its files).
	Plan(ctx context.Context, o Order) (agentapi.Plan, error)
	// Preflight checks whether the plan could start now.
	Preflight(ctx context.Context, p agentapi.Plan, cacheDir string) []agentapi.Check
	// Readiness says whether the plan could be taken back afterwards, given
	// what Save would be able to keep.
	Readiness(ctx context.Context, p agentapi.Plan) agentapi.Rollback

	// Refresh fetches the package lists; a repository that cannot be fetched
	// or verified makes it fail.
	Refresh() Command
	// Save returns the commands that put the package files of the versions the
	// plan replaces or removes into dir, cheapest source first (the tool's
	// cache, the archive, repacked from disk). Each command may fail on its
	// own; Saved tells what is really there.
	Save(ctx context.Context, p agentapi.Plan, dir string) ([]Command, error)
	// Saved verifies the files in dir against the plan.
	Saved(ctx context.Context, p agentapi.Plan, dir string) agentapi.Rollback
	// Download fetches everything the plan installs, changing nothing.
	Download(p agentapi.Plan) Command
	// Install runs the transaction: exactly the plan's changes.
	Install(p agentapi.Plan, o Order) Command
	// Finish returns what remains after Install so that the host is as planned
	// (automatic marks restored, saved files of a rollback dropped).
	Finish(ctx context.Context, p agentapi.Plan, o Order) ([]Command, error)
	// Repair returns the commands that bring a package database back that an
	// interrupted transaction left, in order; none when it is clean.
	Repair(ctx context.Context) ([]Command, error)

	// Progress reads one line of the status descriptor.
	Progress(line string) (Progress, bool)
	// Classify turns a failed step into the error a person can act on.
	Classify(o Outcome) *agentapi.Error
	// Versions reads name:arch → installed version for the given changes, for
	// verification; a package that is not installed is absent.
	Versions(ctx context.Context, changes []agentapi.Change) (map[string]string, error)
	// Busy names the process that holds the tool's locks; empty when free.
	Busy(ctx context.Context) (string, error)
	// NeedsReboot reports whether the host needs a reboot and why.
	NeedsReboot(ctx context.Context) (bool, []string, error)
}

// Key identifies an installed package: name and architecture.
func Key(name, arch string) string { return name + ":" + arch }
