package pkgmgr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// fingerprintPaths are everything that Installed and Patches are computed from:
// dpkg's database with its journal, apt's marks and lists, and the configuration
// that decides which versions count.
var fingerprintPaths = []string{
	"/var/lib/dpkg/status", "/var/lib/dpkg/updates", "/var/lib/dpkg/arch", extendedStates, "/var/lib/apt/lists",
	"/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/preferences", "/etc/apt/preferences.d",
	"/etc/apt/apt.conf", "/etc/apt/apt.conf.d", "/etc/machine-id",
}

// Fingerprint implements [Manager].
func (a *APT) Fingerprint(_ context.Context) (string, error) {
	sum := sha256.New()
	for _, p := range fingerprintPaths {
		if err := addPath(sum, a.host.Path(p)); err != nil {
			return "", fmt.Errorf("fingerprint: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// addPath adds a file, or a directory with the files in it; one that is missing
// adds that it is missing. Directories of partial downloads and locks are no
// part of the answer.
func addPath(w io.Writer, file string) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(w, "%s missing\n", file)
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		fmt.Fprintf(w, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		return nil
	}
	entries, err := os.ReadDir(file)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || e.Name() == "lock" {
			continue
		}
		if err := addPath(w, filepath.Join(file, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
