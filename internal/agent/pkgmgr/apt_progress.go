package pkgmgr

import (
	"path"
	"strconv"
	"strings"

	"patchmanager/internal/agentapi"
)

// Progress reads one line of APT::Status-Fd: "kind:subject:percent:text", where
// the subject is a package, a path of a .deb or of a configuration file, or the
// number of a download, and may itself contain colons.
func (a *APT) Progress(line string) (Progress, bool) {
	kind, rest, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
	if !ok {
		return Progress{}, false
	}
	subject, percent, text, ok := splitStatus(rest)
	if !ok {
		return Progress{}, false
	}
	p := Progress{Percent: percent, Message: text}
	switch kind {
	case "dlstatus":
		p.Phase = agentapi.PhaseDownload
	case "pmstatus":
		p.Phase, p.Package = statusPhase(text), statusPackage(subject)
	case "pmerror":
		p.Phase, p.Package, p.Failed = statusPhase(text), failedPackage(subject), true
	case "pmconffile":
		p.Phase, p.Conffile = agentapi.PhaseConfigure, subject
	default:
		return Progress{}, false // media changes: nobody is there to insert one
	}
	return p, true
}

// splitStatus finds the percent field: the first one that is a number with a
// fraction and is not the first field.
func splitStatus(rest string) (subject string, percent float64, text string, ok bool) {
	fields := strings.Split(rest, ":")
	for i := 1; i < len(fields); i++ {
		if !strings.Contains(fields[i], ".") {
			continue
		}
		n, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || n < 0 || n > 100 {
			continue
		}
		return strings.Join(fields[:i], ":"), n, strings.Join(fields[i+1:], ":"), true
	}
	return "", 0, "", false
}

// statusPhase tells apt's two halves of a transaction apart by its words.
func statusPhase(text string) agentapi.Phase {
	for _, word := range []string{"onfigur", "Installed ", "post-installation", "trigger"} {
		if strings.Contains(text, word) {
			return agentapi.PhaseConfigure
		}
	}
	return agentapi.PhaseUnpack
}

func statusPackage(subject string) string {
	if subject == "dpkg-exec" {
		return "" // a run of dpkg, not a package
	}
	return subject
}

// failedPackage is the package of a pmerror: an unpack error names the .deb.
func failedPackage(subject string) string {
	if !strings.HasSuffix(subject, ".deb") {
		return subject
	}
	name, _, _ := strings.Cut(path.Base(subject), "_")
	return name
}
