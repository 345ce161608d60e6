package pkgmgr

import (
	"regexp"
	"strings"
)

// policy is what apt-cache policy says about one package.
type policy struct {
	Installed, Candidate string // empty: (none)
	Versions             []policyVersion
}

// policyVersion is one entry of the version table.
type policyVersion struct {
	Version string
	Phased  bool     // the vendor releases it to a share of the hosts only
	Sources []string // short descriptions of the indexes that list it
}

// fetchable reports whether a repository offers the version.
func (v policyVersion) fetchable() bool { return len(v.Sources) > 0 }

func (p policy) version(v string) (policyVersion, bool) {
	for _, have := range p.Versions {
		if have.Version == v {
			return have, true
		}
	}
	return policyVersion{}, false
}

var (
	policyVersionLine = regexp.MustCompile(`^ (?:\*\*\*|   ) (\S+) (-?\d+)( \(phased \d+%\))?$`)
	policySourceLine  = regexp.MustCompile(`^ {5,} *-?\d+ (\S.*)$`)
)

// parsePolicy reads apt-cache policy for any number of packages. The keys are
// apt's: the bare name for the host's own architecture (and for "all"),
// name:arch for others.
func parsePolicy(out []byte) map[string]policy {
	all := map[string]policy{}
	var name string
	var p policy
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\r\n")
		if header, ok := policyHeader(line); ok {
			store(all, name, p)
			name, p = header, policy{}
			continue
		}
		p.add(line)
	}
	store(all, name, p)
	return all
}

func store(all map[string]policy, name string, p policy) {
	if name != "" {
		all[name] = p
	}
}

// policyHeader recognises "libc6:" and "libc6:i386:".
func policyHeader(line string) (string, bool) {
	name, ok := strings.CutSuffix(line, ":")
	if !ok || name == "" || strings.ContainsAny(name, " \t") {
		return "", false
	}
	return name, true
}

func (p *policy) add(line string) {
	if value, ok := strings.CutPrefix(line, "  Installed: "); ok {
		p.Installed = orNone(value)
		return
	}
	if value, ok := strings.CutPrefix(line, "  Candidate: "); ok {
		p.Candidate = orNone(value)
		return
	}
	if m := policyVersionLine.FindStringSubmatch(line); m != nil {
		p.Versions = append(p.Versions, policyVersion{Version: m[1], Phased: m[3] != ""})
		return
	}
	p.addSource(line)
}

func (p *policy) addSource(line string) {
	m := policySourceLine.FindStringSubmatch(line)
	if m == nil || len(p.Versions) == 0 || strings.HasPrefix(m[1], "/") {
		return // "/var/lib/dpkg/status" is no repository
	}
	last := &p.Versions[len(p.Versions)-1]
	last.Sources = append(last.Sources, m[1])
}

func orNone(value string) string {
	if value == "(none)" {
		return ""
	}
	return value
}
