package jobs

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
)

// Mode says which pending updates are meant.
type Mode string

// Modes of a selection.
const (
	ModeAll      Mode = "all"
	ModeSecurity Mode = "security"
	ModeNamed    Mode = "named"
)

// Selection is which pending updates a patch job installs.
type Selection struct {
	Mode     Mode     `json:"mode" enum:"all,security,named"`
	Packages []string `json:"packages,omitempty" nullable:"false" doc:"Exactly for mode named."`
	Exclude  []string `json:"exclude,omitempty" nullable:"false"`
}

// check refuses what the agent would refuse, before anything is stored.
func (s Selection) check() []apierr.Detail {
	var bad []apierr.Detail
	switch {
	case s.Mode == ModeNamed && len(s.Packages) == 0:
		bad = append(bad, apierr.Detail{Field: "selection.packages", Message: "Name at least one package, or choose all updates."})
	case s.Mode != ModeNamed && len(s.Packages) > 0:
		bad = append(bad, apierr.Detail{Field: "selection.packages", Message: "Only the mode \"named\" takes package names."})
	}
	bad = append(bad, checkNames("selection.packages", s.Packages)...)
	return append(bad, checkNames("selection.exclude", s.Exclude)...)
}

func checkNames(field string, names []string) []apierr.Detail {
	if len(names) > agentapi.MaxNames {
		return []apierr.Detail{{Field: field, Value: fmt.Sprint(len(names)), Message: fmt.Sprintf("At most %d names.", agentapi.MaxNames)}}
	}
	for i, n := range names {
		if !isPackageName(n) {
			return []apierr.Detail{{Field: fmt.Sprintf("%s[%d]", field, i), Value: n, Message: "This is not a package name."}}
		}
	}
	return nil
}

// isPackageName holds what all package managers share; each agent knows its own
// rules on top. A leading dash would be an option to the tool.
func isPackageName(n string) bool {
	if n == "" || len(n) > agentapi.MaxNameLength || strings.HasPrefix(n, "-") {
		return false
	}
	return !strings.ContainsFunc(n, func(r rune) bool {
		return r <= ' ' || r > unicode.MaxASCII || strings.ContainsRune("/\\\"'`$;&|<>(){}*?", r)
	})
}

// request is the order for the agent, without what belongs to one host.
func (s Selection) request(reboot Reboot, allowRemovals bool) agentapi.ApplyRequest {
	r := agentapi.ApplyRequest{
		SecurityOnly: s.Mode == ModeSecurity, Exclude: s.Exclude,
		Reboot: reboot, AllowRemovals: allowRemovals,
	}
	if s.Mode == ModeNamed {
		r.Packages = s.Packages
	}
	return r
}

// words says what the selection means, as the beginning of a title.
func (s Selection) words() string {
	switch s.Mode {
	case ModeSecurity:
		return "Security updates"
	case ModeNamed:
		return "Updates of " + list(s.Packages, 3)
	}
	return "All updates"
}

func list(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// titleOf is a job in plain words; hosts are the names of its hosts.
func titleOf(k Kind, s *Selection, parent int64, hosts []string) string {
	what := map[Kind]string{KindReboot: "Reboot", KindRefresh: "Refresh of the package lists"}[k]
	switch k {
	case KindPatch:
		what = s.words()
	case KindRollback:
		what = fmt.Sprintf("Rollback of job %d", parent)
	}
	where := fmt.Sprintf("%d hosts", len(hosts))
	if len(hosts) == 1 {
		where = hosts[0]
	}
	return short(what+" on "+where, 300)
}

// short cuts a text to at most n bytes, at a character.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}

// equal reports whether two selections mean the same in the same words.
func (s Selection) equal(o Selection) bool {
	return s.Mode == o.Mode && slices.Equal(s.Packages, o.Packages) && slices.Equal(s.Exclude, o.Exclude)
}
