package pkgmgr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"patchmanager/internal/agentapi"
)

const (
	dpkgInfoDir    = "/var/lib/dpkg/info"
	extendedStates = "/var/lib/apt/extended_states"
)

// inventory is the package database as one read saw it.
type inventory struct {
	native   string
	packages []dpkgPackage   // installed ones, sorted by name and architecture
	auto     map[string]bool // Key(name, arch) of automatically installed ones
}

// inventory reads what is installed: dpkg's database through dpkg-query, which
// also applies the journal that an interrupted dpkg left, and apt's marks.
func (a *APT) inventory(ctx context.Context) (inventory, error) {
	native, err := a.architecture(ctx)
	if err != nil {
		return inventory{}, err
	}
	out, err := a.ask(ctx, "dpkg-query", "-W", "-f", dpkgFormat)
	if err != nil {
		return inventory{}, fmt.Errorf("list packages: %w", err)
	}
	all, err := parseDpkg(out)
	if err != nil {
		return inventory{}, fmt.Errorf("list packages: %w", err)
	}
	auto, err := a.autoMarks()
	if err != nil {
		return inventory{}, err
	}
	all = slices.DeleteFunc(all, func(p dpkgPackage) bool { return !p.installed() })
	slices.SortFunc(all, func(x, y dpkgPackage) int {
		return strings.Compare(x.Name+"\x00"+x.Arch, y.Name+"\x00"+y.Arch)
	})
	return inventory{native: native, packages: all, auto: auto}, nil
}

// autoMarks reads which packages apt installed as dependencies.
func (a *APT) autoMarks() (map[string]bool, error) {
	f, err := os.Open(a.host.Path(extendedStates))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // apt has never marked anything
	}
	if err != nil {
		return nil, fmt.Errorf("read automatic marks: %w", err)
	}
	defer f.Close()
	auto := map[string]bool{}
	for s, err := range stanzas(f) {
		if err != nil {
			return nil, fmt.Errorf("read automatic marks: %w", err)
		}
		if s["Auto-Installed"] == "1" {
			auto[Key(s["Package"], s["Architecture"])] = true
		}
	}
	return auto, nil
}

// isAuto looks a mark up; apt files "all" packages under the native architecture.
func (inv inventory) isAuto(p dpkgPackage) bool {
	arch := p.Arch
	if arch == archAll {
		arch = inv.native
	}
	return inv.auto[Key(p.Name, arch)]
}

// find returns the installed package of a name and architecture. A package may
// change between "all" and the native architecture from version to version.
func (inv inventory) find(name, arch string) (dpkgPackage, bool) {
	var other dpkgPackage
	found := false
	for _, p := range inv.named(name) {
		if p.Arch == arch {
			return p, true
		}
		if inv.isNative(p.Arch) && inv.isNative(arch) {
			other, found = p, true
		}
	}
	return other, found
}

func (inv inventory) isNative(arch string) bool { return arch == archAll || arch == inv.native }

// named returns all installed architectures of a package.
func (inv inventory) named(name string) []dpkgPackage {
	from, _ := slices.BinarySearchFunc(inv.packages, name, func(p dpkgPackage, n string) int {
		return strings.Compare(p.Name, n)
	})
	to := from
	for to < len(inv.packages) && inv.packages[to].Name == name {
		to++
	}
	return inv.packages[from:to]
}

// byAptName finds a package by the name apt prints: bare for native ones.
func (inv inventory) byAptName(name string) (dpkgPackage, bool) {
	name, arch := splitName(name)
	if arch == "" {
		arch = inv.native
	}
	return inv.find(name, arch)
}

// splitName separates "libc6:i386" into name and architecture.
func splitName(name string) (bare, arch string) {
	bare, arch, _ = strings.Cut(name, ":")
	return bare, arch
}

// Installed implements [Manager].
func (a *APT) Installed(ctx context.Context) ([]agentapi.Package, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return nil, err
	}
	arch, err := a.archive(ctx, inv.packages)
	if err != nil {
		return nil, err
	}
	list := make([]agentapi.Package, 0, len(inv.packages))
	for _, p := range inv.packages {
		label, _ := arch.origin(p, p.Version)
		list = append(list, agentapi.Package{
			Name: p.Name, Arch: p.Arch, Version: p.Version, Source: p.Source, SourceVersion: p.SourceVer,
			Origin: label, SizeBytes: p.SizeKiB * 1024, InstalledAt: a.installedAt(p),
			Held: p.held(), Auto: inv.isAuto(p), State: p.state(),
		})
	}
	return list, nil
}

// installedAt is when dpkg last unpacked the package: it rewrites the list of
// its files then and at no other time.
func (a *APT) installedAt(p dpkgPackage) *time.Time {
	f, err := a.openInfo(p, "list")
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	at := info.ModTime().UTC()
	return &at
}

// Versions implements [Manager].
func (a *APT) Versions(ctx context.Context, changes []agentapi.Change) (map[string]string, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return nil, err
	}
	versions := map[string]string{}
	for _, c := range changes {
		if p, ok := inv.find(c.Name, c.Arch); ok {
			versions[Key(c.Name, c.Arch)] = p.Version
		}
	}
	return versions, nil
}

// Problems implements [Manager].
func (a *APT) Problems(ctx context.Context) ([]string, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, p := range inv.packages {
		if s := p.state(); s != "" {
			problems = append(problems, fmt.Sprintf("%s %s is %s", p.qualified(), p.Version, s))
		}
	}
	interrupted, err := a.interrupted()
	if err != nil {
		return nil, err
	}
	if interrupted {
		problems = append(problems, "dpkg was interrupted and has not finished its last run")
	}
	return problems, nil
}

// interrupted reports whether a dpkg that no longer runs left its journal.
func (a *APT) interrupted() (bool, error) {
	entries, err := os.ReadDir(a.host.Path("/var/lib/dpkg/updates"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read dpkg journal: %w", err)
	}
	if len(entries) == 0 {
		return false, nil
	}
	holder, err := a.lockHolder(dpkgLock)
	return err == nil && holder == "", err
}
