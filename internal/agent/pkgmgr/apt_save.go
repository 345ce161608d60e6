package pkgmgr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"patchmanager/internal/agentapi"
)

const archivesDir = "/var/cache/apt/archives"

// sources is where the package files of old versions can be had.
type sources struct {
	cached  savedFiles
	archive archive
	inv     inventory
	repack  bool // dpkg-repack is installed
}

func (a *APT) sources(ctx context.Context, changes []agentapi.Change) (sources, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return sources{}, err
	}
	var installed []dpkgPackage
	for _, c := range changes {
		if p, ok := inv.find(c.Name, c.Arch); ok {
			installed = append(installed, p)
		}
	}
	arch, err := a.archive(ctx, installed)
	if err != nil {
		return sources{}, err
	}
	cached, err := a.savedIn(archivesDir)
	if err != nil {
		return sources{}, err
	}
	_, err = os.Stat(a.host.Path("/usr/bin/dpkg-repack"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return sources{}, fmt.Errorf("look for dpkg-repack: %w", err)
	}
	return sources{cached: cached, archive: arch, inv: inv, repack: err == nil}, nil
}

// cachedFile is the file of a version in apt's cache, when it is whole.
func (a *APT) cachedFile(s sources, c agentapi.Change) (string, bool) {
	file, ok := s.cached.find(c.Name, c.Arch, c.FromVersion)
	if !ok {
		return "", false
	}
	full := path.Join(archivesDir, file)
	return full, wholeArchive(a.host.Path(full)) == nil
}

// fetchable reports whether a repository still offers the version.
func (s sources) fetchable(c agentapi.Change) (dpkgPackage, bool) {
	p, ok := s.inv.find(c.Name, c.Arch)
	if !ok {
		return p, false
	}
	v, ok := s.archive.policy(p).version(c.FromVersion)
	return p, ok && v.fetchable()
}

// Save implements [Manager]. Whoever runs the commands may stop as soon as Saved
// says ready: the later ones are for what the earlier ones could not get (an
// index may still list what the server has dropped).
func (a *APT) Save(ctx context.Context, p agentapi.Plan, dir string) ([]Command, error) {
	old := replaced(p.Changes)
	src, err := a.sources(ctx, old)
	if err != nil {
		return nil, fmt.Errorf("find old packages: %w", err)
	}
	have, err := a.savedIn(dir)
	if err != nil {
		return nil, err
	}
	var copies, downloads []string
	var repacks, fallbacks []Command // what nobody offers first
	for _, c := range old {
		if _, ok := have.find(c.Name, c.Arch, c.FromVersion); ok {
			continue
		}
		if file, ok := a.cachedFile(src, c); ok {
			copies = append(copies, file)
			fallbacks = append(fallbacks, repack(src.inv, c, dir))
		} else if p, ok := src.fetchable(c); ok {
			downloads = append(downloads, exact(p.Name, p.Arch, c.FromVersion))
			fallbacks = append(fallbacks, repack(src.inv, c, dir))
		} else {
			repacks = append(repacks, repack(src.inv, c, dir))
		}
	}
	commands := saveCommands(dir, copies, downloads)
	if src.repack {
		commands = append(append(commands, repacks...), fallbacks...)
	}
	return commands, nil
}

func saveCommands(dir string, copies, downloads []string) []Command {
	var all []Command
	if len(copies) > 0 {
		all = append(all, Command{Args: append([]string{"cp", "--reflink=auto", "-t", dir, "--"}, copies...)})
	}
	if len(downloads) > 0 {
		args := []string{"env", "-C", dir, "apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=2", "download"}
		all = append(all, Command{Args: append(args, downloads...)})
	}
	return all
}

// repack builds the package file again from what is installed. Configuration
// files are packed as they are on the host.
func repack(inv inventory, c agentapi.Change, dir string) Command {
	name := c.Name
	if p, ok := inv.find(c.Name, c.Arch); ok && !inv.isNative(p.Arch) {
		name = p.qualified()
	}
	return Command{Args: []string{"env", "-C", dir, "dpkg-repack", "--tag=none", name}}
}

// Readiness implements [Manager].
func (a *APT) Readiness(ctx context.Context, p agentapi.Plan) agentapi.Rollback {
	old := replaced(p.Changes)
	if len(old) == 0 {
		return readiness(0, nil)
	}
	if isRestore(p.Changes) {
		return agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{"a rollback is not taken back; order the updates again"}}
	}
	src, err := a.sources(ctx, old)
	if err != nil {
		return agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{err.Error()}}
	}
	var missing []string
	for _, c := range old {
		_, cached := a.cachedFile(src, c)
		_, fetchable := src.fetchable(c)
		if !cached && !fetchable && !src.repack {
			missing = append(missing, fmt.Sprintf(
				"%s %s: no repository offers the installed version any more and dpkg-repack is not installed", c.Name, c.FromVersion))
		}
	}
	return readiness(len(old), missing)
}

// dropSaved removes the files that a complete rollback has used.
func (a *APT) dropSaved(p agentapi.Plan, dir string) []Command {
	files, err := a.savedIn(dir)
	if err != nil {
		return nil // nothing can be named; retention removes the directory later
	}
	args := []string{"rm", "-f", "--"}
	for _, c := range p.Changes {
		if file, ok := files.find(c.Name, c.Arch, c.ToVersion); ok && c.ToVersion != "" {
			args = append(args, path.Join(dir, file))
		}
	}
	if len(args) == 3 {
		return nil
	}
	return []Command{{Args: args}}
}

// savedSizes fills in the sizes of the files a rollback unpacks.
func (a *APT) savedSizes(changes []agentapi.Change, files savedFiles) {
	for i, c := range changes {
		file, ok := files.find(c.Name, c.Arch, c.ToVersion)
		if !ok || c.ToVersion == "" {
			continue
		}
		if info, err := os.Stat(a.host.Path(path.Join(files.dir, file))); err == nil {
			changes[i].SizeBytes = info.Size()
		}
	}
}
