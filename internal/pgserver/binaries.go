package pgserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// oldest is the oldest major version that the product is tested with.
const oldest = 15

// patterns are where Debian, Ubuntu, the PGDG packages, SUSE and local builds
// put the server's programs.
var patterns = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin", "/opt/postgresql/*/bin",
}

// FindBin returns the directory of the newest installed server programs. An
// existing cluster can only be opened by its own major version; 0 means any.
func FindBin(major int) (string, error) {
	best, bestMajor := "", 0
	for _, dir := range candidates() {
		v := majorOf(dir)
		if v >= oldest && v > bestMajor && (major == 0 || v == major) {
			best, bestMajor = dir, v
		}
	}
	switch {
	case best != "":
		return best, nil
	case major != 0:
		return "", fmt.Errorf("the cluster was made by PostgreSQL %d, whose server programs are not installed; install the package postgresql-%d", major, major)
	}
	return "", fmt.Errorf("no PostgreSQL server programs found (%d or newer); install the package postgresql, or set database.url", oldest)
}

func candidates() []string {
	var dirs []string
	for _, p := range patterns {
		if m, err := filepath.Glob(p); err == nil { // the only error is a bad pattern
			dirs = append(dirs, m...)
		}
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	return dirs
}

// majorOf is 0 for a directory without a complete server.
func majorOf(dir string) int {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0
	}
	// asking for the version is allowed to root
	out, err := exec.CommandContext(context.Background(), filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	return parseMajor(string(out))
}

// parseMajor reads "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" and "… 18beta1".
func parseMajor(s string) int {
	f := strings.Fields(s)
	if len(f) < 3 {
		return 0
	}
	digits := f[2]
	if i := strings.IndexFunc(digits, func(r rune) bool { return !unicode.IsDigit(r) }); i >= 0 {
		digits = digits[:i]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
