package sysinfo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"patchmanager/internal/agentapi"
)

// Host is the machine to look at.
type Host struct {
	Root string // "/" in production
}

func (h Host) path(abs string) string { return filepath.Join(h.Root, abs) }

// text reads a small file; empty when it is not there.
func (h Host) text(abs string) string {
	data, err := os.ReadFile(h.path(abs))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// Collect reads all of SystemInfo except what only the package manager knows
// (PackageManager, PackageDBClean, PackageDBProblem, Held, Repositories).
func Collect(ctx context.Context, h Host) (agentapi.SystemInfo, error) {
	info := agentapi.SystemInfo{
		Hostname:         h.Hostname(),
		MachineID:        h.text("/etc/machine-id"),
		BootID:           h.BootID(),
		BootedAt:         h.BootedAt(),
		Kernel:           h.Kernel(),
		Architecture:     architecture(),
		Virtualization:   h.Virtualization(),
		LastUpdateCheck:  LastUpdateCheck(h.Root),
		LastUpdateApply:  h.lastUpdateApply(),
		ServicesRestart:  h.ServicesToRestart(),
		PackageDBProblem: []string{},
		Held:             []string{},
		Repositories:     []agentapi.Repository{},
	}
	info.FQDN = h.fqdn(ctx, info.Hostname)
	h.release(&info)
	var err error
	if info.Addresses, err = addresses(); err != nil {
		return info, err
	}
	if info.PendingReboot, info.RebootReasons, err = RebootNeed(h.Root); err != nil {
		return info, fmt.Errorf("look for reboot need: %w", err)
	}
	return info, nil
}

// architecture is the name Linux distributions use for what Go calls otherwise.
func architecture() string {
	names := map[string]string{"386": "i386", "arm": "armhf", "ppc64le": "ppc64el", "mipsle": "mipsel", "mips64le": "mips64el"}
	if name, ok := names[runtime.GOARCH]; ok {
		return name
	}
	return runtime.GOARCH
}

// Hostname is the running system's name.
func (h Host) Hostname() string {
	if name := h.text("/proc/sys/kernel/hostname"); name != "" {
		return name
	}
	return h.text("/etc/hostname")
}

// BootID changes with every boot and with nothing else.
func (h Host) BootID() string { return h.text("/proc/sys/kernel/random/boot_id") }

// Kernel is the release of the running kernel.
func (h Host) Kernel() string { return h.text("/proc/sys/kernel/osrelease") }

func (h Host) release(info *agentapi.SystemInfo) {
	text := h.text("/etc/os-release")
	if text == "" {
		text = h.text("/usr/lib/os-release")
	}
	release := parseOSRelease(text)
	info.OS, info.OSID = release["PRETTY_NAME"], release["ID"]
	info.OSVersion, info.Codename = release["VERSION_ID"], release["VERSION_CODENAME"]
	info.OSIDLike = strings.Fields(release["ID_LIKE"])
}

// parseOSRelease reads os-release(5): shell assignments, quoted or not.
func parseOSRelease(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && name != "" && !strings.HasPrefix(name, "#") {
			fields[name] = unquote(value)
		}
	}
	return fields
}

func unquote(value string) string {
	if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
		value = value[1 : len(value)-1]
	}
	return strings.NewReplacer(`\"`, `"`, `\$`, `$`, "\\`", "`", `\\`, `\`).Replace(value)
}

// clockTicks is USER_HZ, which is 100 on every Linux.
const clockTicks = 100

// BootedAt is when process 1 started: on a machine that is the boot, in a
// container its start.
func (h Host) BootedAt() time.Time {
	boot := field(h.text("/proc/stat"), "btime ")
	if boot == 0 {
		return time.Time{}
	}
	ticks := startTicks(h.text("/proc/1/stat"))
	return time.Unix(boot, 0).Add(time.Duration(ticks) * time.Second / clockTicks).UTC()
}

func field(text, prefix string) int64 {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, prefix); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err == nil && n > 0 {
				return n
			}
		}
	}
	return 0
}

// startTicks is field 22 of /proc/PID/stat, counted behind the command's name,
// which may itself hold blanks and brackets.
func startTicks(stat string) int64 {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 20 {
		return 0
	}
	n, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0
	}
	return n
}
