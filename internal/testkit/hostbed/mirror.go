package hostbed

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Environment variables that name the Debian mirrors where the machine's own
// apt configuration does not.
const (
	envMirror   = "PM_DEBIAN_MIRROR"
	envSecurity = "PM_DEBIAN_SECURITY_MIRROR"
)

// Debian's own addresses, for machines of another distribution.
const (
	defaultMirror   = "http://deb.debian.org/debian"
	defaultSecurity = "http://deb.debian.org/debian-security"
)

// mirrors are where the base comes from.
type mirrors struct{ main, security string }

// findMirrors takes what the environment says, else what the apt configuration
// below etc (/etc/apt) says, else Debian's own addresses.
func findMirrors(etc string, getenv func(string) string) (mirrors, error) {
	found, err := readSources(etc)
	if err != nil {
		return mirrors{}, err
	}
	return mirrors{
		main:     cmp.Or(getenv(envMirror), found.main, defaultMirror),
		security: cmp.Or(getenv(envSecurity), found.security, defaultSecurity),
	}, nil
}

func readSources(etc string) (mirrors, error) {
	var m mirrors
	lists, err := filepath.Glob(filepath.Join(etc, "sources.list.d", "*"))
	if err != nil {
		return m, err
	}
	for _, name := range append([]string{filepath.Join(etc, "sources.list")}, lists...) {
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return m, fmt.Errorf("read apt sources: %w", err)
		}
		switch filepath.Ext(name) {
		case ".list":
			m.addOneLine(string(text))
		case ".sources":
			m.addStanzas(string(text))
		}
	}
	return m, nil
}

// add keeps the first mirror of each kind. Only Debian's own suites count: the
// archives of other distributions have other names.
func (m *mirrors) add(uri string, suites []string) {
	for _, s := range suites {
		switch {
		case !isDebianSuite(s):
		case strings.Contains(s, "-security") || strings.Contains(s, "/updates"):
			setFirst(&m.security, uri)
		default:
			setFirst(&m.main, uri)
		}
	}
}

func isDebianSuite(s string) bool {
	name, _, _ := strings.Cut(s, "/")
	name, _, _ = strings.Cut(name, "-")
	switch name {
	case "bookworm", "trixie", "forky", "duke", "stable", "oldstable", "testing", "sid", "unstable":
		return true
	}
	return false
}

func setFirst(at *string, v string) {
	if *at == "" {
		*at = strings.TrimSuffix(v, "/")
	}
}

// addOneLine reads "deb [options] URI suite component…" lines.
func (m *mirrors) addOneLine(text string) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind != "deb" {
			continue
		}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			_, rest, _ = strings.Cut(rest, "]")
		}
		if f := strings.Fields(rest); len(f) >= 2 {
			m.add(f[0], f[1:2])
		}
	}
}

// addStanzas reads the deb822 format.
func (m *mirrors) addStanzas(text string) {
	for stanza := range strings.SplitSeq(text, "\n\n") {
		f := fields(stanza)
		if strings.EqualFold(f["enabled"], "no") || !strings.Contains(" "+f["types"]+" ", " deb ") {
			continue
		}
		for uri := range strings.FieldsSeq(f["uris"]) {
			m.add(uri, strings.Fields(f["suites"]))
		}
	}
}

// fields reads one stanza of "Key: value" lines with continuation lines; keys
// are lower-cased.
func fields(stanza string) map[string]string {
	out, key := map[string]string{}, ""
	for line := range strings.Lines(stanza) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " ") && key != "":
			out[key] += "\n" + strings.TrimSpace(line)
		default:
			if k, v, ok := strings.Cut(line, ":"); ok {
				key = strings.ToLower(k)
				out[key] = strings.TrimSpace(v)
			}
		}
	}
	return out
}
