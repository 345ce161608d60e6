package pkgmgr

import (
	"context"
	"slices"

	"patchmanager/internal/agentapi"
)

// lockWait is how many seconds apt itself waits for dpkg's lock. The caller has
// looked before; this covers what slips in between.
const lockWait = "60"

// Refresh implements [Manager]. A repository that cannot be fetched or verified
// makes it fail: without the error mode apt ends with 0 and keeps the old index.
// apt does not wait for the lock of the lists; see Busy.
func (a *APT) Refresh() Command {
	return Command{Args: []string{"apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=2"}}
}

// Download implements [Manager]. A restore has its files already and needs none.
func (a *APT) Download(p agentapi.Plan) Command {
	if len(p.Changes) == 0 || isRestore(p.Changes) {
		return Command{Args: []string{"true"}}
	}
	args := append([]string{"apt-get", "-q", "-d"}, tail(transaction(p, savedFiles{}))...)
	return Command{Args: args, StatusFD: true}
}

// Install implements [Manager].
func (a *APT) Install(p agentapi.Plan, o Order) Command {
	files := savedFiles{}
	if o.Restore != nil {
		files = a.restoreFiles(o.Restore.SavedDir)
	}
	args := append([]string{"apt-get", "-q"}, tail(transaction(p, files))...)
	return Command{Args: args, StatusFD: true}
}

// restoreFiles lists the saved files. A directory that cannot be read has none:
// apt then says which file it misses, before it changes anything.
func (a *APT) restoreFiles(dir string) savedFiles {
	files, err := a.savedIn(dir)
	if err != nil {
		return savedFiles{dir: dir}
	}
	return files
}

// tail puts the options of a real run before the arguments of a transaction.
func tail(args []string) []string { return append(slices.Clone(runOptions), args...) }

// runOptions make a run quiet, patient and unable to ask: apt's progress on
// descriptor 3, no terminal for dpkg, a changed configuration file is kept.
var runOptions = append([]string{
	"-o", "APT::Status-Fd=3",
	"-o", "Dpkg::Use-Pty=0",
	"-o", "DPkg::Lock::Timeout=" + lockWait,
	"-o", "Acquire::Retries=2",
}, keepConffiles...)

var keepConffiles = []string{"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"}

// Finish implements [Manager]. Naming a package marks it as manually installed:
// what was automatic becomes so again, also after a transaction that stopped in
// the middle. The saved files of a rollback that is complete are dropped.
func (a *APT) Finish(ctx context.Context, p agentapi.Plan, o Order) ([]Command, error) {
	versions, err := a.Versions(ctx, p.Changes)
	if err != nil {
		return nil, err
	}
	mark := []string{"apt-mark", "auto"}
	complete := true
	for _, c := range p.Changes {
		have := versions[Key(c.Name, c.Arch)]
		complete = complete && have == c.ToVersion
		if c.Auto && have != "" {
			mark = append(mark, dpkgPackage{Name: c.Name, Arch: c.Arch}.qualified())
		}
	}
	for _, k := range p.KeptBack {
		if k.Auto && k.Reason == keptExcluded {
			mark = append(mark, k.Name)
		}
	}
	var commands []Command
	if len(mark) > 2 {
		commands = append(commands, Command{Args: mark})
	}
	if o.Restore != nil && complete {
		commands = append(commands, a.dropSaved(p, o.Restore.SavedDir)...)
	}
	return commands, nil
}

// Repair implements [Manager].
//
//	interrupted, iU, iF, iW, it  → dpkg --configure -a (conffiles kept)
//	iHR                          → nothing but a reinstallation helps; dpkg and apt report success without
//	anything left                → apt-get -f install
func (a *APT) Repair(ctx context.Context) ([]Command, error) {
	problems, err := a.Problems(ctx)
	if err != nil || len(problems) == 0 {
		return nil, err
	}
	commands := []Command{{Args: []string{"dpkg", "--force-confdef", "--force-confold", "--configure", "-a"}}}
	again, err := a.reinstall(ctx)
	if err != nil {
		return nil, err
	}
	commands = append(commands, again...)
	fix := append([]string{"apt-get", "-q"}, runOptions...)
	fix = append(fix, "-y", "--no-auto-remove", "--no-remove", "-f", "install")
	return append(commands, Command{Args: fix, StatusFD: true}), nil
}

// reinstall returns one command for each package that has to be unpacked again.
func (a *APT) reinstall(ctx context.Context) ([]Command, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return nil, err
	}
	torn := slices.DeleteFunc(inv.packages, func(p dpkgPackage) bool { return !p.reinstRequired() })
	if len(torn) == 0 {
		return nil, nil
	}
	arch, err := a.archive(ctx, torn)
	if err != nil {
		return nil, err
	}
	var commands []Command
	for _, p := range torn {
		args := append([]string{"apt-get", "-q"}, runOptions...)
		args = append(args, "-y", "--no-auto-remove", "--no-remove", "--reinstall", "--allow-downgrades", "install", arch.repairTarget(p))
		commands = append(commands, Command{Args: args, StatusFD: true})
	}
	return commands, nil
}

// repairTarget is the version to unpack again: the one dpkg has on record when
// it can still be fetched, else whatever apt offers.
func (r archive) repairTarget(p dpkgPackage) string {
	pol := r.policy(p)
	if v, ok := pol.version(p.Version); ok && v.fetchable() {
		return exact(p.Name, p.Arch, p.Version)
	}
	if pol.Candidate != "" && pol.Candidate != p.Version {
		return exact(p.Name, p.Arch, pol.Candidate)
	}
	return p.qualified()
}
