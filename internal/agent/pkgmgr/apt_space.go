package pkgmgr

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"patchmanager/internal/agentapi"
)

const (
	mib = 1 << 20

	// kernelBytes is what one kernel takes in /boot: image, initial RAM disk
	// with most modules, map and configuration of a Debian kernel.
	kernelBytes = 110 * mib
	// databaseBytes is room for dpkg to rewrite its status file and journal.
	databaseBytes = 16 * mib
	// reserveInodes keeps the file system usable while dpkg unpacks beside
	// the old files.
	reserveInodes = 200
	// unpackFactor is how much larger a package is unpacked (xz, text and code).
	unpackFactor = 4
	// bytesPerFile guesses the files of a package that is not installed yet.
	bytesPerFile = 8 << 10
)

// need is what a transaction takes in one directory.
type need struct {
	dir           string
	bytes, inodes int64
}

// needs adds up what the plan takes: the download in apt's cache, the saved old
// packages in cacheDir, the unpacked files below /usr (dpkg keeps the old files
// of one package until the new ones are complete), kernels in /boot.
func (a *APT) needs(ctx context.Context, p agentapi.Plan, cacheDir string) ([]need, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return nil, err
	}
	var save, largest, files, kernels int64
	for _, c := range p.Changes {
		old, _ := inv.find(c.Name, c.Arch)
		count := max(a.fileCount(old), c.SizeBytes/bytesPerFile)
		largest = max(largest, c.SizeBytes*unpackFactor, old.SizeKiB*1024)
		files = max(files, count)
		if c.FromVersion == "" {
			files += count
		}
		if c.FromVersion != "" {
			save += max(c.SizeBytes, old.SizeKiB*1024/unpackFactor)
		}
		if isKernel(c.Name) && c.Action == agentapi.ActionInstall {
			kernels += kernelBytes
		}
	}
	if isRestore(p.Changes) {
		save = 0
	}
	return []need{
		{dir: archivesDir, bytes: p.DownloadBytes, inodes: int64(len(p.Changes))},
		{dir: cacheDir, bytes: save, inodes: int64(len(p.Changes))},
		{dir: "/usr", bytes: max(p.DiskBytes, 0) + largest, inodes: files + reserveInodes},
		{dir: "/boot", bytes: kernels},
		{dir: "/var/lib/dpkg", bytes: databaseBytes, inodes: reserveInodes},
	}, nil
}

// mount is one file system with everything that the plan needs on it.
type mount struct {
	dirs                  []string
	bytes, inodes         int64
	freeBytes, freeInodes int64
	countsInodes          bool
	device                uint64
}

// mounts joins the needs by file system: two directories on one share its room.
func (a *APT) mounts(needs []need) ([]mount, error) {
	var all []mount
	for _, n := range needs {
		m, err := a.mountOf(n.dir)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(x mount) bool { return x.device == m.device })
		if i < 0 {
			all, i = append(all, m), len(all)
		}
		all[i].dirs = append(all[i].dirs, n.dir)
		all[i].bytes += n.bytes
		all[i].inodes += n.inodes
	}
	return all, nil
}

// mountOf looks at the file system of a directory or, while it does not exist,
// of its nearest parent.
func (a *APT) mountOf(dir string) (mount, error) {
	file := a.host.Path(dir)
	for file != "/" {
		if _, err := os.Stat(file); err == nil {
			break
		}
		file = filepath.Dir(file)
	}
	var fs unix.Statfs_t
	var st unix.Stat_t
	if err := unix.Statfs(file, &fs); err != nil {
		return mount{}, fmt.Errorf("look at free space of %s: %w", dir, err)
	}
	if err := unix.Stat(file, &st); err != nil {
		return mount{}, fmt.Errorf("look at free space of %s: %w", dir, err)
	}
	return mount{
		freeBytes: int64(fs.Bavail) * fs.Bsize, freeInodes: int64(fs.Ffree),
		countsInodes: fs.Files > 0, device: st.Dev,
	}, nil
}

// lack says what is missing on a mount; empty when there is room.
func (m mount) lack() string {
	var lack []string
	if m.freeBytes < m.bytes {
		lack = append(lack, fmt.Sprintf("%s free, %s needed", size(m.freeBytes), size(m.bytes)))
	}
	if m.countsInodes && m.freeInodes < m.inodes {
		lack = append(lack, fmt.Sprintf("%d inodes free, %d needed", m.freeInodes, m.inodes))
	}
	if len(lack) == 0 {
		return ""
	}
	return strings.Join(m.dirs, ", ") + ": " + strings.Join(lack, "; ")
}

func size(n int64) string {
	if n < mib {
		return fmt.Sprintf("%d KiB", n/1024)
	}
	return fmt.Sprintf("%d MiB", n/mib)
}
