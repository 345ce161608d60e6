package hostbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// buildDebianRepo sorts the packages that the bootstrap fetched into the
// pockets Debian offers them in, and indexes those under Debian's own labels.
func buildDebianRepo(tmp string) error {
	lists := filepath.Join(tmp, "root/var/lib/apt/lists")
	offers, err := readOffers(lists)
	if err != nil {
		return err
	}
	if err := moveToPools(tmp, offers); err != nil {
		return err
	}
	home := filepath.Join(tmp, "key")
	defer stopAgent(home)
	for _, p := range debianPockets {
		r, err := releaseOf(lists, p)
		if err != nil {
			return err
		}
		if err := index(filepath.Join(tmp, "repo", p.repo), r, home); err != nil {
			return err
		}
	}
	return nil
}

// listFile finds the fetched list of a pocket by the end of its name: the start
// is the mirror's address.
func listFile(lists string, p pocket, end string) (string, error) {
	found, err := filepath.Glob(filepath.Join(lists, "*_dists_"+p.codename+"_"+end))
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("expected one %s of %s in %s, found %d", end, p.codename, lists, len(found))
	}
	return found[0], nil
}

func releaseOf(lists string, p pocket) (release, error) {
	name, err := listFile(lists, p, "InRelease")
	if err != nil {
		return release{}, err
	}
	return readRelease(name)
}

// readOffers maps the base name of a package file to the pockets that list it.
func readOffers(lists string) (map[string][]pocket, error) {
	offers := map[string][]pocket{}
	for _, p := range debianPockets {
		name, err := listFile(lists, p, "main_binary-amd64_Packages")
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for stanza := range strings.SplitSeq(string(text), "\n\n") {
			if file := archiveName(fields(stanza)); file != "" {
				offers[file] = append(offers[file], p)
			}
		}
	}
	return offers, nil
}

// archiveName is the name apt keeps a package under: the colon of an epoch is
// escaped there.
func archiveName(f map[string]string) string {
	if f["package"] == "" {
		return ""
	}
	return f["package"] + "_" + strings.ReplaceAll(f["version"], ":", "%3a") + "_" + f["architecture"] + ".deb"
}

func moveToPools(tmp string, offers map[string][]pocket) error {
	files, err := filepath.Glob(filepath.Join(tmp, "root/var/cache/apt/archives/*.deb"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("the bootstrap kept no package files")
	}
	for _, f := range files {
		if err := movePackage(tmp, f, offers[filepath.Base(f)]); err != nil {
			return err
		}
	}
	return nil
}

func movePackage(tmp, file string, pockets []pocket) error {
	base := filepath.Base(file)
	if len(pockets) == 0 {
		return fmt.Errorf("no pocket lists %s", base)
	}
	name, _, _ := strings.Cut(base, "_")
	if pointPackages[name] && !slices.Contains(pockets, pocketMain) {
		pockets = []pocket{pocketUpdates}
	}
	for _, p := range pockets {
		dir := filepath.Join(tmp, "repo", p.repo, "pool", p.codename)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		// The escape would be decoded on the way of a URL.
		if err := os.Link(file, filepath.Join(dir, strings.ReplaceAll(base, "%3a", "-"))); err != nil {
			return err
		}
	}
	return os.Remove(file)
}
