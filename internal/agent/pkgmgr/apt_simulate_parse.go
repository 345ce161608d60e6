package pkgmgr

import (
	"regexp"
	"strings"
)

// simAction is the first word of a line of apt-get -s.
type simAction string

const (
	simInstall simAction = "Inst"
	simRemove  simAction = "Remv"
	simPurge   simAction = "Purg"
)

// simChange is what a simulated transaction does to one package.
type simChange struct {
	Action  simAction
	Name    string // as apt writes it: with :arch for foreign packages
	From    string // empty: not installed before
	To      string // empty: removed
	Arch    string // of the new version; empty for removals
	Origins []simOrigin
}

// simOrigin is one repository a new version comes from.
type simOrigin struct{ Label, Suite string }

var (
	simInstLine = regexp.MustCompile(`^Inst (\S+)(?: \[([^\]]*)\])? \((\S+)(?: (.*))? \[([^\]\s]+)\]\)`)
	simRemvLine = regexp.MustCompile(`^(Remv|Purg) (\S+)(?: \[([^\]]*)\])?`)
)

// parseSimulation reads apt-get -s. Lines in other forms (Conf, the summary for
// people) say nothing that these do not.
func parseSimulation(out []byte) []simChange {
	var all []simChange
	for line := range strings.Lines(string(out)) {
		if c, ok := parseSimLine(strings.TrimRight(line, "\r\n")); ok {
			all = append(all, c)
		}
	}
	return all
}

func parseSimLine(line string) (simChange, bool) {
	if m := simInstLine.FindStringSubmatch(line); m != nil {
		return simChange{
			Action: simInstall, Name: m[1], From: m[2], To: m[3],
			Origins: parseSimOrigins(m[4]), Arch: m[5],
		}, true
	}
	if m := simRemvLine.FindStringSubmatch(line); m != nil {
		return simChange{Action: simAction(m[1]), Name: m[2], From: m[3]}, true
	}
	return simChange{}, false
}

// parseSimOrigins reads "Debian:12.15/oldstable, Debian-Security:12/oldstable-security".
// Labels may hold blanks and are empty for local repositories.
func parseSimOrigins(text string) []simOrigin {
	var all []simOrigin
	for part := range strings.SplitSeq(text, ", ") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		label, release, _ := strings.Cut(part, ":")
		if _, suite, versioned := strings.Cut(release, "/"); versioned {
			release = suite
		}
		all = append(all, simOrigin{Label: label, Suite: release})
	}
	return all
}

// parseUnmet collects apt's explanation of an impossible request, by package.
func parseUnmet(out []byte) map[string][]string {
	_, text, found := strings.Cut(string(out), "unmet dependencies:\n")
	unmet := map[string][]string{}
	if !found {
		return unmet
	}
	name := ""
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") {
			break
		}
		reason := strings.TrimSpace(line)
		if head, rest, ok := strings.Cut(line, " : "); ok && strings.TrimSpace(head) != "" {
			name, reason = strings.TrimSpace(head), strings.TrimSpace(rest)
		}
		if name != "" && reason != "" {
			unmet[name] = append(unmet[name], reason)
		}
	}
	return unmet
}

// parseErrors collects the sentences that apt itself calls errors.
func parseErrors(out []byte) []string {
	var all []string
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(line, "E: "); ok {
			all = append(all, strings.TrimSpace(text))
		}
	}
	return all
}
