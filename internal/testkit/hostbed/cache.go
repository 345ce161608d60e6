package hostbed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// DefaultDir is where bases, layers and repositories are kept between runs.
const DefaultDir = "/var/cache/patch-manager-bed"

// cacheDir is $PM_BED or the default.
func cacheDir() string {
	if d := os.Getenv("PM_BED"); d != "" {
		return d
	}
	return DefaultDir
}

// hashOf names what is built from these inputs.
func hashOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// once returns the directory name below dir, built by build at most once on
// this machine: under a lock, in a directory beside it that is renamed when all
// is there. A build that was killed leaves nothing that is taken for whole.
func once(dir, name string, build func(tmp string) error) (string, error) {
	done := filepath.Join(dir, name)
	if exists(done) {
		return done, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(dir, name+".lock"), unix.LOCK_EX)
	if err != nil {
		return "", fmt.Errorf("wait for %s: %w", name, err)
	}
	defer unlock()
	if exists(done) {
		return done, nil
	}
	tmp := done + ".building"
	if err := removeTree(tmp); err != nil {
		return "", err
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return "", err
	}
	if err := build(tmp); err != nil {
		return "", errors.Join(fmt.Errorf("build %s: %w", name, err), removeTree(tmp))
	}
	return done, os.Rename(tmp, done)
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// lock takes a file lock that ends with the process, or when released.
func lock(name string, how int) (release func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := flock(f, how); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
