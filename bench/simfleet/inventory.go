package simfleet

import (
	"encoding/json"
	"fmt"
	"sync"

	"patchmanager/internal/agentapi"
)

// Sizes of one host's inventory: a server with a few services has about 600
// packages, one with a desktop 2,500.
const (
	packagesOf = 1500
	patchesOf  = 40
	changedBy  = 20 // packages that differ from one generation to the next
)

// template is what many hosts have in common. Hosts of one distribution are
// alike but for what their admins installed, so there are several of each.
type template struct {
	no     int
	distro distro
}

type distro struct {
	id, version, name, kernel, manager, arch, suffix string
}

var distros = []distro{
	{"debian", "12", "Debian GNU/Linux 12 (bookworm)", "6.1.0-40-amd64", "apt", "amd64", "+deb12u%d"},
	{"debian", "13", "Debian GNU/Linux 13 (trixie)", "6.12.48+deb13-amd64", "apt", "amd64", "+deb13u%d"},
	{"ubuntu", "24.04", "Ubuntu 24.04.3 LTS", "6.8.0-85-generic", "apt", "amd64", "ubuntu0.%d"},
	{"rocky", "9.6", "Rocky Linux 9.6 (Blue Onyx)", "5.14.0-570.el9.x86_64", "dnf", "x86_64", ".el9_6.%d"},
}

// templates are spread over the distributions one after the other.
const templates = 64

func templateOf(host int) template {
	no := host % templates
	return template{no, distros[no%len(distros)]}
}

// version of package n in a generation: each generation renews the next
// changedBy packages, so that a host that is two behind differs in forty.
func (t template) version(n, generation int) string {
	renewed := 0
	if past := generation*changedBy - n; past > 0 {
		renewed = (past-1)/packagesOf + 1
	}
	return fmt.Sprintf("%d.%d.%d-1"+t.distro.suffix, 1+n%7, n%23, t.no%8, renewed)
}

func name(n int) string {
	stems := []string{"lib%03d", "lib%03d-dev", "python3-mod%03d", "tool%03d", "tool%03d-common", "perl-mod%03d", "fonts-%03d", "srv%03d"}
	return fmt.Sprintf(stems[n%len(stems)], n/len(stems))
}

func (t template) packages(generation int) agentapi.PackageList {
	list := make([]agentapi.Package, packagesOf)
	for n := range list {
		v := t.version(n, generation)
		list[n] = agentapi.Package{Name: name(n), Arch: t.distro.arch, Version: v, Source: name(n - n%8), SourceVersion: v,
			Origin: t.distro.id, SizeBytes: int64(20_000 + n*977), Auto: n%5 != 0}
	}
	return agentapi.PackageList{Packages: list}
}

// patches are the packages that the next generations would renew.
func (t template) patches(generation int) agentapi.PatchList {
	severities := []agentapi.Severity{agentapi.SeverityUnknown, agentapi.SeverityHigh, agentapi.SeverityMedium, agentapi.SeverityCritical, agentapi.SeverityLow}
	l := agentapi.PatchList{Patches: make([]agentapi.Patch, patchesOf), Total: patchesOf}
	for i := range l.Patches {
		n := (generation*changedBy + i) % packagesOf
		p := agentapi.Patch{Name: name(n), Arch: t.distro.arch, Source: name(n - n%8), CurrentVersion: t.version(n, generation),
			AvailableVersion: t.version(n, generation+patchesOf/changedBy), Origin: t.distro.id, Suite: "updates", SizeBytes: int64(50_000 + i*1001),
			Severity: agentapi.SeverityUnknown, Advisories: []string{}, CVEIDs: []string{}, Restarts: []string{}}
		if i%3 == 0 {
			p.Security, p.Severity, p.Suite = true, severities[i%len(severities)], "security"
			p.CVEIDs = []string{fmt.Sprintf("CVE-2026-%05d", 10_000+n)}
			l.Security++
		}
		p.RequiresReboot = i == 7
		l.Patches[i] = p
	}
	return l
}

// encoded keeps the answers of the newest generations: hosts of one template
// and generation say the same, and encoding 1,500 packages for each call would
// measure this process instead of the manager.
type encoded struct {
	mu   sync.Mutex
	kept map[string]json.RawMessage
	age  []string // oldest first
}

// keepAnswers bounds the memory of encoded: about 300 KiB each.
const keepAnswers = 4 * templates

func (e *encoded) get(tag string, compute func() any) (json.RawMessage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if data, ok := e.kept[tag]; ok {
		return data, nil
	}
	data, err := json.Marshal(compute())
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", tag, err)
	}
	if len(e.age) == keepAnswers {
		delete(e.kept, e.age[0])
		e.age = e.age[1:]
	}
	e.kept[tag], e.age = data, append(e.age, tag)
	return data, nil
}
