package sysinfo

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ServicesToRestart lists the services that still execute files which were
// deleted or replaced since they started. Processes of no unit go by their own
// name; those of login sessions are nobody's service and left out.
func (h Host) ServicesToRestart() []string {
	services := []string{}
	entries, err := os.ReadDir(h.path("/proc"))
	if err != nil {
		return services
	}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil || !h.runsDeleted(e.Name()) {
			continue
		}
		if name := h.serviceOf(e.Name()); name != "" {
			services = append(services, name)
		}
	}
	slices.Sort(services)
	return slices.Compact(services)
}

// runsDeleted reports whether a process has code mapped from a file that is
// gone. A process that ends meanwhile has none.
func (h Host) runsDeleted(pid string) bool {
	f, err := os.Open(h.path("/proc/" + pid + "/maps"))
	if err != nil {
		return false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if deletedCode(lines.Text()) {
			return true
		}
	}
	return false
}

// deletedCode recognises a line of /proc/PID/maps that maps replaced code:
// "7f…-7f… r-xp 00000000 fd:00 123   /usr/lib/libssl.so.3 (deleted)".
func deletedCode(line string) bool {
	line, deleted := strings.CutSuffix(line, " (deleted)")
	if !deleted {
		return false
	}
	fields := strings.Fields(line)
	if len(fields) < 6 || !strings.Contains(fields[1], "x") {
		return false
	}
	return slices.ContainsFunc([]string{"/usr/", "/lib", "/bin/", "/sbin/", "/opt/"}, func(dir string) bool {
		return strings.HasPrefix(fields[5], dir)
	})
}

func (h Host) serviceOf(pid string) string {
	unit, session := unitOf(h.text("/proc/" + pid + "/cgroup"))
	if unit != "" || session {
		return unit
	}
	return h.text("/proc/" + pid + "/comm")
}

// unitOf finds the systemd unit in /proc/PID/cgroup, of either version.
func unitOf(cgroup string) (unit string, session bool) {
	for line := range strings.Lines(cgroup) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 || (parts[0] != "0" && parts[1] != "name=systemd") {
			continue
		}
		for name := range strings.SplitSeq(parts[2], "/") {
			switch {
			case strings.HasSuffix(name, ".service"):
				return name, false
			case name == "init.scope":
				return "systemd", false
			case strings.HasSuffix(name, ".scope"):
				session = true
			}
		}
	}
	return "", session
}
