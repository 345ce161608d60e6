package pkgmgr

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"patchmanager/internal/agentapi"
)

// symptom is a sentence of apt or dpkg that tells which trouble it is.
type symptom struct {
	code  agentapi.Code
	words *regexp.Regexp
	text  string // what it means, for a person
}

// symptoms are looked for in this order: the cause before its consequences. A
// full disk makes scripts fail, a bad signature makes fetching fail.
var symptoms = []symptom{
	{agentapi.CodeDiskFull, regexp.MustCompile(`No space left on device|Disk quota exceeded|don't have enough free space|not enough free (disk )?space`),
		"there is not enough free space on the host"},
	{agentapi.CodeDBLocked, regexp.MustCompile(`Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock (directory|the administration directory)|lock was locked by another process|is locked by another process`),
		"another package tool held the lock for too long"},
	{agentapi.CodeSignatureInvalid, regexp.MustCompile(`BADSIG|NO_PUBKEY|EXPKEYSIG|REVKEYSIG|is not signed|is no longer signed|not valid yet|Release file .* is expired|Release file .*expired|changed its '(Origin|Label|Codename)' value|could not be authenticated|unauthenticated packages|were invalid`),
		"a repository is not signed as it has to be; nothing was taken from it"},
	{agentapi.CodeRepoUnreachable, regexp.MustCompile(`Failed to fetch|Unable to fetch|Some index files failed|does not have a Release file|no longer has a Release file|Could not resolve|Unable to connect|Could not connect|Temporary failure resolving|Hash Sum mismatch|Some files failed to download|Unable to find a source package`),
		"a repository could not be reached or does not have a file that its index lists"},
	{agentapi.CodeDBBroken, regexp.MustCompile(`dpkg was interrupted|needs to be reinstalled, but|unrecoverable fatal error|should be reinstalled before`),
		"the package database is broken and has to be repaired first"},
	{agentapi.CodePackageNotFound, regexp.MustCompile(`Unable to locate package|Version '.*' for '.*' was not found|has no installation candidate|Can't find a source to download`),
		"no repository of the host offers what was asked for"},
	{agentapi.CodeDependencyConflict, regexp.MustCompile(`[Uu]nmet dependencies|Unable to correct problems|Unable to satisfy dependencies|Held packages were changed|remove is disabled|Essential packages were removed|[Pp]ackages were downgraded|broken packages|pkgProblemResolver`),
		"apt's resolver found no way to do this"},
}

// Classify implements [Manager].
func (a *APT) Classify(o Outcome) *agentapi.Error {
	said := toolLines(o.Output)
	failures := parseScriptFailures(o.Output)
	for _, s := range symptoms {
		if line := firstMatch(s.words, said, failures); line != "" {
			return a.describe(s, line, o)
		}
	}
	if len(failures) > 0 {
		return scriptError(failures)
	}
	return unknownError(o)
}

// firstMatch finds the first line of the tools, or reason of a failed package,
// that shows the symptom.
func firstMatch(words *regexp.Regexp, said []string, failures []scriptFailure) string {
	for _, line := range said {
		if words.MatchString(line) {
			return line
		}
	}
	for _, f := range failures {
		for _, line := range append([]string{f.Reason}, f.Words...) {
			if words.MatchString(line) && (!f.isScript() || strings.Contains(line, "No space left")) {
				return line
			}
		}
	}
	return ""
}

func (a *APT) describe(s symptom, line string, o Outcome) *agentapi.Error {
	line = strings.TrimPrefix(strings.TrimPrefix(line, "E: "), "W: ")
	e := agentapi.NewError(s.code, "%s: %s", s.text, maskCredentials(line))
	if s.code == agentapi.CodeDependencyConflict {
		explainUnmet(e, o.Output)
		return e
	}
	for _, line := range parseErrors(o.Output) {
		e.Details = append(e.Details, agentapi.Detail{Message: maskCredentials(line)})
	}
	return e
}

// explainUnmet puts apt's table of unmet dependencies into the error.
func explainUnmet(e *agentapi.Error, out []byte) {
	unmet := parseUnmet(out)
	for _, name := range slices.Sorted(maps.Keys(unmet)) {
		e.Details = append(e.Details, agentapi.Detail{Field: "package", Value: name, Message: joinWords(unmet[name])})
	}
	if len(e.Details) > 0 {
		e.Message += fmt.Sprintf(" (%s: %s)", e.Details[0].Value, e.Details[0].Message)
	}
}

// scriptError lets the failed packages speak, the first one in the message.
func scriptError(failures []scriptFailure) *agentapi.Error {
	code := agentapi.CodePackageManagerError
	for _, f := range failures {
		if f.isScript() {
			code = agentapi.CodeMaintainerScript
		}
	}
	first := failures[0]
	text := fmt.Sprintf("%s: %s", first.Package, first.Reason)
	if len(first.Words) > 0 {
		text += "; it said: " + strings.Join(first.Words, " / ")
	}
	if len(failures) > 1 {
		text += fmt.Sprintf(" (and %d more packages failed)", len(failures)-1)
	}
	e := agentapi.NewError(code, "%s", maskCredentials(text))
	for _, f := range failures {
		words := strings.Join(append([]string{f.Reason}, f.Words...), "\n")
		e.Details = append(e.Details, agentapi.Detail{Field: "package", Value: f.Package, Message: maskCredentials(words)})
	}
	return e
}

// unknownError reports what is left: the tool's last words and how it ended.
func unknownError(o Outcome) *agentapi.Error {
	words := parseErrors(o.Output)
	if len(words) == 0 {
		words = lastLines(string(o.Output), 3)
	}
	for _, f := range o.Failed {
		words = append(words, strings.TrimSpace(f.Package+" "+f.Message))
	}
	ended := fmt.Sprintf("the package tool ended with exit code %d", o.ExitCode)
	if o.Signal != "" {
		ended = "the package tool was killed by signal " + o.Signal
	}
	if len(words) > 0 {
		ended += ": " + strings.Join(words, "; ")
	}
	return agentapi.NewError(agentapi.CodePackageManagerError, "%s", maskCredentials(ended))
}
