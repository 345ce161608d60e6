package hostbed

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// removeTree removes a directory that a killed build has left. The build mounts
// the machine's own /proc, /sys and /dev in it: removing through those mounts
// would take this machine's device files along, so they go first.
func removeTree(dir string) error {
	// Not /proc/self: that is the main thread, which may have entered a host, see enter.
	text, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return fmt.Errorf("look for mounts: %w", err)
	}
	for _, at := range slices.Backward(mountsBelow(string(text), dir)) {
		if err := unix.Unmount(at, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", at, err)
		}
	}
	return os.RemoveAll(dir)
}

// mountsBelow lists the mount points in a directory, as mountinfo has them: the
// outer ones first.
func mountsBelow(mountinfo, dir string) []string {
	var list []string
	for line := range strings.Lines(mountinfo) {
		f := strings.Fields(line)
		if len(f) > 4 && strings.HasPrefix(octal.Replace(f[4]), strings.TrimSuffix(dir, "/")+"/") {
			list = append(list, octal.Replace(f[4]))
		}
	}
	return list
}

// octal reads the characters that mountinfo writes as numbers.
var octal = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
