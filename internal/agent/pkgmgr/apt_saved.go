package pkgmgr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"patchmanager/internal/agentapi"
)

// savedFiles are the package files in a directory of the host.
type savedFiles struct {
	dir   string // as the host sees it
	names []string
}

// savedIn lists a directory; one that is not there has no files.
func (a *APT) savedIn(dir string) (savedFiles, error) {
	s := savedFiles{dir: dir}
	entries, err := os.ReadDir(a.host.Path(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("list saved packages: %w", err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), ".deb") {
			s.names = append(s.names, e.Name())
		}
	}
	return s, nil
}

// find returns the name of the file that holds a version of a package. apt
// writes the epoch of a version as "1%3a", dpkg's own tools leave it out.
func (s savedFiles) find(name, arch, version string) (string, bool) {
	for _, file := range s.names {
		n, v, fileArch := splitFileName(file)
		if n != name || (fileArch != arch && fileArch != archAll && arch != archAll) {
			continue
		}
		if v == version || (!strings.Contains(v, ":") && v == withoutEpoch(version)) {
			return file, true
		}
	}
	return "", false
}

// path is where the file is; a name that does not exist when there is none, so
// that the tool fails instead of finding another one.
func (s savedFiles) path(name, arch, version string) string {
	file, ok := s.find(name, arch, version)
	if !ok {
		file = name + "_" + strings.ReplaceAll(version, ":", "%3a") + "_" + arch + ".deb"
	}
	return path.Join(s.dir, file)
}

// splitFileName reads "name_1%3a2.0-1_amd64.deb".
func splitFileName(file string) (name, version, arch string) {
	parts := strings.Split(strings.TrimSuffix(file, ".deb"), "_")
	if len(parts) != 3 {
		return "", "", ""
	}
	return parts[0], strings.NewReplacer("%3a", ":", "%3A", ":", "%7e", "~", "%2b", "+").Replace(parts[1]), parts[2]
}

func withoutEpoch(version string) string {
	if _, rest, ok := strings.Cut(version, ":"); ok {
		return rest
	}
	return version
}

// Saved implements [Manager]: it opens every file that a rollback would need.
func (a *APT) Saved(ctx context.Context, p agentapi.Plan, dir string) agentapi.Rollback {
	files, err := a.savedIn(dir)
	if err != nil {
		return agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: []string{err.Error()}}
	}
	var missing []string
	needed := replaced(p.Changes)
	for _, c := range needed {
		if err := a.verifySaved(ctx, files, c.Name, c.Arch, c.FromVersion); err != nil {
			missing = append(missing, err.Error())
		}
	}
	return readiness(len(needed), missing)
}

// replaced are the changes that take a version away.
func replaced(changes []agentapi.Change) []agentapi.Change {
	var all []agentapi.Change
	for _, c := range changes {
		if c.FromVersion != "" {
			all = append(all, c)
		}
	}
	return all
}

// readiness judges by how much is missing. Partial is information for people:
// a rollback is done completely or not at all.
func readiness(needed int, missing []string) agentapi.Rollback {
	switch {
	case len(missing) == 0:
		return agentapi.Rollback{State: agentapi.RollbackReady, Reasons: []string{}}
	case len(missing) < needed:
		return agentapi.Rollback{State: agentapi.RollbackPartial, Reasons: missing}
	}
	return agentapi.Rollback{State: agentapi.RollbackImpossible, Reasons: missing}
}

// verifySaved checks that the file is whole and what its name promises.
func (a *APT) verifySaved(ctx context.Context, files savedFiles, name, arch, version string) error {
	file, ok := files.find(name, arch, version)
	if !ok {
		return fmt.Errorf("%s %s: the package file was not kept", name, version)
	}
	full := path.Join(files.dir, file)
	if err := wholeArchive(a.host.Path(full)); err != nil {
		return fmt.Errorf("%s %s: the saved file is damaged: %w", name, version, err)
	}
	out, err := a.ask(ctx, "dpkg-deb", "-f", full, "Package", "Version", "Architecture")
	if err != nil {
		return fmt.Errorf("%s %s: the saved file is damaged: %w", name, version, err)
	}
	found, err := allStanzas(out)
	if err != nil || len(found) != 1 || found[0]["Package"] != name || found[0]["Version"] != version {
		return fmt.Errorf("%s %s: the saved file holds something else", name, version)
	}
	return nil
}
