package pkgmgr

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"strings"
)

// maxStanzaLine bounds one physical line of a control file. The longest real
// ones (Provides of kernel and Rust packages) have about 200 KiB.
const maxStanzaLine = 4 << 20

// stanza is one paragraph of a Debian control file. Continuation lines are
// dropped: no field that is read here has any.
type stanza map[string]string

// stanzas reads control file paragraphs one at a time. Lines that are neither
// a field, a continuation nor a comment are passed over, as dpkg's own readers
// of foreign files do.
func stanzas(r io.Reader) iter.Seq2[stanza, error] {
	return func(yield func(stanza, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, 64<<10), maxStanzaLine)
		current := stanza{}
		for lines.Scan() {
			line := lines.Text()
			if strings.TrimSpace(line) != "" {
				current.add(line)
				continue
			}
			if len(current) > 0 && !yield(current, nil) {
				return
			}
			current = stanza{}
		}
		if len(current) > 0 && !yield(current, nil) {
			return
		}
		if err := lines.Err(); err != nil {
			yield(nil, err)
		}
	}
}

func (s stanza) add(line string) {
	if line[0] == ' ' || line[0] == '\t' || line[0] == '#' {
		return
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" {
		return
	}
	s[name] = strings.TrimSpace(value)
}

// source is the source package of a binary stanza and its version, which are
// written only where they differ from the binary's.
func (s stanza) source() (name, version string) {
	name, version = s["Package"], s["Version"]
	field := s["Source"]
	if field == "" {
		return name, version
	}
	name, rest, found := strings.Cut(field, " ")
	if found {
		version = strings.Trim(strings.TrimSpace(rest), "()")
	}
	return name, version
}

// allStanzas reads every paragraph of an answer that is in memory.
func allStanzas(data []byte) ([]stanza, error) {
	var all []stanza
	for s, err := range stanzas(bytes.NewReader(data)) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
