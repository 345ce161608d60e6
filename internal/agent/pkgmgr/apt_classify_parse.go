package pkgmgr

import (
	"path"
	"regexp"
	"strings"
)

// scriptFailure is one package that dpkg could not finish.
type scriptFailure struct {
	Package string
	Stage   string   // unpack, configure, remove, purge, triggers-only
	Reason  string   // dpkg's sentence
	Words   []string // what was written before it, by the maintainer script as a rule
}

// maxWords is how many lines of a maintainer script's output an error carries.
const maxWords = 10

var (
	processingError = regexp.MustCompile(`^dpkg: error processing (?:package|archive) (\S+) \(--([a-z-]+)\):`)
	stepLine        = regexp.MustCompile(`^(Setting up |Preparing to unpack |Unpacking |Removing |Purging |Processing triggers |Selecting previously |\(Reading database )`)
)

// parseScriptFailures reads dpkg's output. Packages that failed only because
// another one did are left out: they are not the cause.
func parseScriptFailures(out []byte) []scriptFailure {
	var all []scriptFailure
	var words []string
	lines := strings.Split(string(out), "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, "\r")
		if stepLine.MatchString(line) {
			words = nil
			continue
		}
		m := processingError.FindStringSubmatch(line)
		if m == nil {
			words = append(words, line)
			continue
		}
		f := scriptFailure{Package: failedPackage(path.Base(m[1])), Stage: m[2], Words: lastLines(strings.Join(words, "\n"), maxWords)}
		if i+1 < len(lines) {
			f.Reason = strings.TrimSpace(lines[i+1])
		}
		words = nil
		if !strings.HasPrefix(f.Reason, "dependency problems") {
			all = append(all, f)
		}
	}
	return all
}

// isScript reports whether a maintainer script failed, as opposed to dpkg itself.
func (f scriptFailure) isScript() bool { return strings.Contains(f.Reason, "script subprocess") }

// toolLines keeps what apt and dpkg say themselves, so that the words of a
// maintainer script are not taken for theirs.
func toolLines(out []byte) []string {
	var all []string
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"E: ", "W: ", "Err:", "dpkg: ", "dpkg-deb: "} {
			if strings.HasPrefix(line, prefix) {
				all = append(all, line)
				break
			}
		}
	}
	return all
}
