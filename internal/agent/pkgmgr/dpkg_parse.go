package pkgmgr

import (
	"fmt"
	"strconv"
	"strings"
)

// unitSep separates the fields of the formats that we ask tools for: it occurs
// in no name, version or label.
const unitSep = "\x1f"

// dpkgFormat is the format of dpkg-query that parseDpkg reads.
const dpkgFormat = "${db:Status-Abbrev}" + unitSep + "${Package}" + unitSep + "${Architecture}" + unitSep + "${Version}" +
	unitSep + "${source:Package}" + unitSep + "${source:Version}" + unitSep + "${Installed-Size}\\n"

// dpkgPackage is one row of the package database.
type dpkgPackage struct {
	Want, Status, Error byte // the three letters of dpkg -l: "ii ", "hi ", "iF ", "iHR"
	Name, Arch, Version string
	Source, SourceVer   string
	SizeKiB             int64
}

// installed reports whether files of the package are on the host. A package of
// which only the configuration is left ("rc") is not installed.
func (p dpkgPackage) installed() bool { return p.Status != 'n' && p.Status != 'c' }

func (p dpkgPackage) held() bool { return p.Want == 'h' }

func (p dpkgPackage) reinstRequired() bool { return p.Error == 'R' }

// state is dpkg's word for a package that is not cleanly installed.
func (p dpkgPackage) state() string {
	words := map[byte]string{
		'i': "", 'H': "half-installed", 'U': "unpacked", 'F': "half-configured",
		'W': "triggers-awaited", 't': "triggers-pending",
	}
	word, known := words[p.Status]
	if !known {
		word = "state " + string(p.Status)
	}
	if p.reinstRequired() {
		word = strings.TrimSpace(word + " reinst-required")
	}
	return word
}

// qualified is the name apt and dpkg take for exactly this package.
func (p dpkgPackage) qualified() string {
	if p.Arch == archAll || p.Arch == "" {
		return p.Name
	}
	return p.Name + ":" + p.Arch
}

// parseDpkg reads the answer of dpkg-query in dpkgFormat.
func parseDpkg(out []byte) ([]dpkgPackage, error) {
	var all []dpkgPackage
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		p, err := parseDpkgLine(line)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func parseDpkgLine(line string) (dpkgPackage, error) {
	f := strings.Split(line, unitSep)
	if len(f) != 7 || len(f[0]) < 2 || f[1] == "" {
		return dpkgPackage{}, fmt.Errorf("dpkg-query answered %.200q", line)
	}
	p := dpkgPackage{
		Want: f[0][0], Status: f[0][1], Error: ' ',
		Name: f[1], Arch: f[2], Version: f[3], Source: f[4], SourceVer: f[5],
	}
	if len(f[0]) > 2 {
		p.Error = f[0][2]
	}
	if f[6] == "" {
		return p, nil // half-installed packages and hand-made ones have no size
	}
	size, err := strconv.ParseInt(f[6], 10, 64)
	if err != nil || size < 0 {
		return dpkgPackage{}, fmt.Errorf("dpkg-query answered size %.50q for %s", f[6], p.Name)
	}
	p.SizeKiB = size
	return p, nil
}
