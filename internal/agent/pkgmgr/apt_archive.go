package pkgmgr

import (
	"context"
	"fmt"
	"strings"
)

// indexTarget is one package index that apt has configured.
type indexTarget struct {
	Origin, Label, Suite, Codename string
	Description                    string // what apt-cache policy calls the index
	RepoURI, MetaKey, File         string
	Release                        string // the suite as written in the sources
}

var targetFields = []string{
	"ORIGIN", "LABEL", "SUITE", "CODENAME", "DESCRIPTION", "REPO_URI", "METAKEY", "FILENAME", "RELEASE",
}

// targetFormat is the format of apt-get indextargets that parseTargets reads.
func targetFormat() string {
	parts := make([]string, len(targetFields))
	for i, f := range targetFields {
		parts[i] = "$(" + f + ")"
	}
	return strings.Join(parts, unitSep)
}

// parseTargets reads apt-get indextargets in targetFormat. A field that the
// repository does not have stays as the placeholder it was asked by.
func parseTargets(out []byte) []indexTarget {
	var all []indexTarget
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), unitSep)
		if len(f) != len(targetFields) {
			continue
		}
		for i := range f {
			if f[i] == "$("+targetFields[i]+")" {
				f[i] = ""
			}
		}
		all = append(all, indexTarget{
			Origin: f[0], Label: f[1], Suite: f[2], Codename: f[3], Description: f[4],
			RepoURI: f[5], MetaKey: f[6], File: f[7], Release: f[8],
		})
	}
	return all
}

// security reports whether the vendor publishes security updates there. It goes
// by what stays when a release grows old: the label ("Debian-Security") and the
// codename ("bookworm-security"); suites are renamed. Extended maintenance
// ("jammy-infra-security") ends alike.
func (t indexTarget) security() bool {
	return isSecurity(t.Label) || isSecurity(t.Codename) || isSecurity(t.Suite) || isSecurity(t.Release)
}

func isSecurity(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), "-security")
}

// archive is what the configured repositories offer, as the lists on disk say.
type archive struct {
	native   string
	policies map[string]policy
	targets  map[string]indexTarget // by description
}

// archive asks apt for the versions of the given packages. Two commands serve
// the whole host: apt answers from its own index instead of us reading 50 MB
// of lists, compressed or not.
func (a *APT) archive(ctx context.Context, packages []dpkgPackage) (archive, error) {
	native, err := a.architecture(ctx)
	if err != nil {
		return archive{}, err
	}
	targets, err := a.targets(ctx)
	if err != nil {
		return archive{}, err
	}
	arch := archive{native: native, targets: map[string]indexTarget{}, policies: map[string]policy{}}
	for _, t := range targets {
		arch.targets[t.Description] = t
	}
	if len(packages) == 0 {
		return arch, nil // without a name apt-cache would describe its sources
	}
	args := []string{"apt-cache", "policy"}
	for _, p := range packages {
		args = append(args, p.qualified())
	}
	out, err := a.ask(ctx, args...)
	if err != nil {
		return archive{}, fmt.Errorf("read candidates: %w", err)
	}
	arch.policies = parsePolicy(out)
	return arch, nil
}

func (a *APT) targets(ctx context.Context) ([]indexTarget, error) {
	out, err := a.ask(ctx, "apt-get", "indextargets", "--format", targetFormat(), "Created-By: Packages")
	if err != nil {
		return nil, fmt.Errorf("read package sources: %w", err)
	}
	return parseTargets(out), nil
}

// policy of an installed package.
func (r archive) policy(p dpkgPackage) policy {
	if p.Arch != archAll && p.Arch != r.native {
		return r.policies[p.Name+":"+p.Arch]
	}
	return r.policies[p.Name]
}

// origin is the label and suite that offer a version, the security one first.
func (r archive) origin(p dpkgPackage, version string) (label, suite string) {
	v, _ := r.policy(p).version(version)
	for _, source := range v.Sources {
		t := r.targets[source]
		if t.security() {
			return t.Label, t.Suite
		}
		if label == "" {
			label, suite = t.Label, t.Suite
		}
	}
	return label, suite
}

// fromSecurity reports whether going from one version to another brings in a
// security update: any version above from and up to to that a security pocket
// offers counts, also when the version itself comes from elsewhere.
func (r archive) fromSecurity(p dpkgPackage, from, to string) bool {
	for _, v := range r.policy(p).Versions {
		if compareVersions(v.Version, from) <= 0 || compareVersions(v.Version, to) > 0 {
			continue
		}
		for _, source := range v.Sources {
			if r.targets[source].security() {
				return true
			}
		}
	}
	return false
}

// exact names one version of one package for apt.
func exact(name, arch, version string) string {
	return dpkgPackage{Name: name, Arch: arch}.qualified() + "=" + version
}
