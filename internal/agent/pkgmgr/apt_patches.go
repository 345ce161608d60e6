package pkgmgr

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchmanager/internal/agent/sysinfo"
	"patchmanager/internal/agentapi"
)

// Patches implements [Manager]. Severity stays unknown and the CVE list empty:
// an apt repository says neither, and nothing is guessed from names.
func (a *APT) Patches(ctx context.Context) (agentapi.PatchList, error) {
	s, err := a.survey(ctx)
	if err != nil {
		return agentapi.PatchList{}, err
	}
	details, err := a.details(ctx, s.targets())
	if err != nil {
		return agentapi.PatchList{}, err
	}
	list := agentapi.PatchList{Patches: []agentapi.Patch{}, CheckedAt: sysinfo.LastUpdateCheck(a.host.Root)}
	for _, p := range s.pending {
		list.Patches = append(list.Patches, a.patch(s, p, details))
		list.Total++
		if p.security {
			list.Security++
		}
		if p.pkg.held() {
			list.Held++
		}
	}
	return list, nil
}

// targets are the pending versions as changes, to ask for their details.
func (s *survey) targets() []agentapi.Change {
	var all []agentapi.Change
	for _, p := range s.pending {
		all = append(all, agentapi.Change{Name: p.pkg.Name, Arch: p.pkg.Arch, ToVersion: p.to})
	}
	return all
}

func (a *APT) patch(s *survey, p pending, details map[string]stanza) agentapi.Patch {
	label, suite := s.archive.origin(p.pkg, p.to)
	d := findDetails(details, s.inv, p.pkg.Name, p.pkg.Arch)
	patch := agentapi.Patch{
		Name: p.pkg.Name, Arch: p.pkg.Arch, Source: p.pkg.Source,
		CurrentVersion: p.pkg.Version, AvailableVersion: p.to,
		Origin: label, Suite: suite, Security: p.security,
		Severity: agentapi.SeverityUnknown, Advisories: []string{}, CVEIDs: []string{},
		RequiresReboot: isKernel(p.pkg.Name), Restarts: a.restarts(p.pkg),
		SizeBytes: number(d["Size"]), Held: p.pkg.held(), Phased: p.phased,
	}
	if d != nil {
		patch.Source, _ = d.source()
	}
	if !patch.Held && !patch.Phased {
		patch.KeptBack = p.kept()
	}
	return patch
}

// findDetails looks control data up; the new version of a package may be "all"
// where the old one was not, and the other way round.
func findDetails(details map[string]stanza, inv inventory, name, arch string) stanza {
	if d, ok := details[Key(name, arch)]; ok {
		return d
	}
	if !inv.isNative(arch) {
		return nil
	}
	if d, ok := details[Key(name, archAll)]; ok {
		return d
	}
	return details[Key(name, inv.native)]
}

// number reads a field of control data; a field that is missing or no number
// counts as nothing.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// isKernel reports whether installing a new version of the package means that
// the host has to be rebooted to run it. Only kernels count: for anything else
// apt does not say, and this driver does not guess. What maintainer scripts
// know shows up after the run, in the marker file that NeedsReboot reads.
func isKernel(name string) bool { return strings.HasPrefix(name, "linux-image-") }

var (
	invokeLine = regexp.MustCompile(`deb-systemd-invoke\b[^\n]*`)
	unitWord   = regexp.MustCompile(`['" ]([A-Za-z0-9:_.@\\-]+\.service)\b`)
)

// restarts are the services that the package's maintainer script restarts, as
// the script of the installed version says it (written by debhelper).
func (a *APT) restarts(p dpkgPackage) []string {
	units := []string{}
	for _, kind := range []string{"postinst", "prerm"} {
		units = append(units, serviceUnits(a.infoText(p, kind))...)
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// serviceUnits finds the units that a maintainer script hands to systemd.
func serviceUnits(script string) []string {
	var units []string
	for _, line := range invokeLine.FindAllString(script, -1) {
		for _, m := range unitWord.FindAllStringSubmatch(line, -1) {
			units = append(units, m[1])
		}
	}
	return units
}
