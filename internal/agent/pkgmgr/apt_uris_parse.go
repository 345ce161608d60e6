package pkgmgr

import (
	"regexp"
	"strconv"
	"strings"
)

// fetch is one file that a transaction would download.
type fetch struct {
	URI, File string
	Bytes     int64
}

var fetchLine = regexp.MustCompile(`^'([^']+)' (\S+) (\d+)(?: |$)`)

// parseURIs reads apt-get --print-uris; files that are already in apt's cache
// are not in it.
func parseURIs(out []byte) []fetch {
	var all []fetch
	for line := range strings.Lines(string(out)) {
		m := fetchLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		size, err := strconv.ParseInt(m[3], 10, 64)
		if err != nil {
			continue // more digits than any file has
		}
		all = append(all, fetch{URI: m[1], File: m[2], Bytes: size})
	}
	return all
}
