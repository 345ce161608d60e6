package pkgmgr

import (
	"strings"

	debversion "github.com/knqyf263/go-deb-version"
)

// compareVersions orders Debian versions as dpkg does: negative when x is the
// older one. A version that is none (never seen in a repository) sorts before
// all that are, by its letters.
func compareVersions(x, y string) int {
	vx, errX := debversion.NewVersion(x)
	vy, errY := debversion.NewVersion(y)
	switch {
	case errX != nil && errY != nil:
		return strings.Compare(x, y)
	case errX != nil:
		return -1
	case errY != nil:
		return 1
	}
	return vx.Compare(vy)
}
