package pkgmgr

import (
	"slices"

	"patchmanager/internal/agentapi"
)

// savedOrigin is the origin of every change of a restore, removals included.
const savedOrigin = "saved"

// isRestore reports whether changes take a job back: nothing of it is fetched.
func isRestore(changes []agentapi.Change) bool {
	return slices.ContainsFunc(changes, func(c agentapi.Change) bool { return c.Origin == savedOrigin })
}

// transaction spells changes out as arguments of apt-get, so that apt can do
// this and nothing else: every package with its version, no recommendations,
// no clean-up, no removal unless one was agreed. The same arguments are used
// for simulation, download and the run.
func transaction(p agentapi.Plan, files savedFiles) []string {
	changes := p.Changes
	args := []string{"-y", "--no-install-recommends", "--no-auto-remove"}
	if !slices.ContainsFunc(changes, func(c agentapi.Change) bool { return c.Action == agentapi.ActionRemove }) {
		args = append(args, "--no-remove")
	}
	if isRestore(changes) {
		args = append(args, restoreOptions...)
	}
	args = append(args, "install")
	for _, c := range changes {
		args = append(args, argument(c, files))
	}
	return append(args, pins(p.KeptBack)...)
}

// pins name excluded packages in the version that is installed now. Unnamed, apt
// may take them along: it upgrades packages of one source together.
func pins(kept []agentapi.Kept) []string {
	var args []string
	for _, k := range kept {
		if k.Reason == keptExcluded {
			args = append(args, k.Name+"/now")
		}
	}
	return args
}

func argument(c agentapi.Change, files savedFiles) string {
	switch {
	case c.Action == agentapi.ActionRemove:
		return dpkgPackage{Name: c.Name, Arch: c.Arch}.qualified() + "-"
	case c.Origin == savedOrigin:
		return files.path(c.Name, c.Arch, c.ToVersion)
	}
	return exact(c.Name, c.Arch, c.ToVersion)
}

// restoreOptions allow what only a rollback may do. Packages the job had brought
// are purged, so that not even their configuration stays. A restore sees no
// repository at all, so it can neither wait for a dead one nor install anything
// newer; apt's binary cache is left alone, it belongs to the real sources.
var restoreOptions = []string{
	"--allow-downgrades", "--purge",
	"-o", "Dir::Etc::SourceList=/dev/null",
	"-o", "Dir::Etc::SourceParts=/dev/null",
	"-o", "Dir::Cache::pkgcache=",
	"-o", "Dir::Cache::srcpkgcache=",
	"-o", "APT::Sandbox::User=root",
}
