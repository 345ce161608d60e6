package sysinfo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	debversion "github.com/knqyf263/go-deb-version"
)

// RebootNeed reports whether the host below root needs a reboot, with reasons
// for people.
func RebootNeed(root string) (bool, []string, error) {
	h := Host{Root: root}
	reasons := []string{}
	marker, err := h.rebootMarker()
	if err != nil {
		return false, reasons, err
	}
	reasons = append(reasons, marker...)
	kernel, err := h.newerKernel()
	if err != nil {
		return false, reasons, err
	}
	if kernel != "" {
		reasons = append(reasons, fmt.Sprintf("kernel %s is installed, %s is running", kernel, h.Kernel()))
	}
	return len(reasons) > 0, reasons, nil
}

// rebootMarker reads the file that maintainer scripts leave, and the list of
// packages that asked.
func (h Host) rebootMarker() ([]string, error) {
	if _, err := os.Stat(h.path("/run/reboot-required")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, fmt.Errorf("read reboot marker: %w", err)
	}
	packages := strings.Fields(h.text("/run/reboot-required.pkgs"))
	slices.Sort(packages)
	packages = slices.Compact(packages)
	if len(packages) == 0 {
		return []string{"/run/reboot-required exists"}, nil
	}
	return []string{"asked for by " + strings.Join(packages, ", ")}, nil
}

// newerKernel is the newest installed kernel of the running one's flavour when
// it is newer than that; empty otherwise.
func (h Host) newerKernel() (string, error) {
	running := h.Kernel()
	if running == "" || h.container() != "" {
		return "", nil
	}
	entries, err := os.ReadDir(h.path("/boot"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("list kernels: %w", err)
	}
	newest := running
	for _, e := range entries {
		release, ok := strings.CutPrefix(e.Name(), "vmlinuz-")
		if ok && flavour(release) == flavour(running) && newer(release, newest) {
			newest = release
		}
	}
	if newest == running {
		return "", nil
	}
	return newest, nil
}

var releaseNumber = regexp.MustCompile(`^[0-9][0-9.]*(?:[-+~.]?(?:deb|bpo|rc)?[0-9]+)*`)

// flavour is what follows the number of a kernel release: "-amd64",
// "-cloud-amd64", "-generic". Kernels of another flavour are no successors.
func flavour(release string) string { return release[len(releaseNumber.FindString(release)):] }

func newer(x, y string) bool {
	vx, errX := debversion.NewVersion(x)
	vy, errY := debversion.NewVersion(y)
	return errX == nil && errY == nil && vx.GreaterThan(vy)
}
