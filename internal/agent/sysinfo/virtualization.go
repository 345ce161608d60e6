package sysinfo

import (
	"os"
	"strings"
)

// Virtualization says what the host runs in: "none", "container" or "vm", or a
// more exact word where the host says one ("docker", "kvm").
func (h Host) Virtualization() string {
	if c := h.container(); c != "" {
		return c
	}
	return h.machine()
}

// container is the kind of container, "" when it is none.
func (h Host) container() string {
	if kind := h.text("/run/systemd/container"); kind != "" {
		return kind
	}
	for entry := range strings.SplitSeq(h.text("/proc/1/environ"), "\x00") {
		if kind, ok := strings.CutPrefix(entry, "container="); ok && kind != "" {
			return kind
		}
	}
	for file, kind := range map[string]string{"/.dockerenv": "docker", "/run/.containerenv": "podman"} {
		if _, err := os.Stat(h.path(file)); err == nil {
			return kind
		}
	}
	return ""
}

// vendors are words in the firmware's tables that only a hypervisor writes.
var vendors = []struct{ word, name string }{
	{"QEMU", "kvm"}, {"KVM", "kvm"}, {"Amazon EC2", "amazon"}, {"Google Compute", "google"},
	{"VMware", "vmware"}, {"VirtualBox", "oracle"}, {"innotek", "oracle"}, {"Xen", "xen"},
	{"Microsoft Corporation Virtual", "microsoft"}, {"Bochs", "bochs"}, {"Parallels", "parallels"},
	{"OpenStack", "kvm"}, {"BHYVE", "bhyve"},
}

func (h Host) machine() string {
	dmi := h.text("/sys/class/dmi/id/sys_vendor") + " " + h.text("/sys/class/dmi/id/product_name")
	for _, v := range vendors {
		if strings.Contains(dmi, v.word) {
			return v.name
		}
	}
	if h.text("/sys/hypervisor/type") != "" {
		return "xen"
	}
	for line := range strings.Lines(h.text("/proc/cpuinfo")) {
		if strings.HasPrefix(line, "flags") && strings.Contains(line, " hypervisor") {
			return "vm"
		}
	}
	return "none"
}
