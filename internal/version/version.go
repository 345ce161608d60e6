// Package version says which build this is. Releases set the number at link
// time: -ldflags "-X patchmanager/internal/version.number=1.2.3"; everything
// else the Go tool chain has put into the binary by itself.
package version

import (
	"fmt"
	"runtime/debug"
)

var number = "0.1.0-dev"

// Number is the version, e.g. "1.2.3" or "0.1.0-dev".
func Number() string { return number }

// String is the version with the commit and the tool chain.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return number
	}
	return describe(info)
}

func describe(info *debug.BuildInfo) string {
	commit, changed := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", with uncommitted changes"
		}
	}
	return fmt.Sprintf("%s (commit %s%s, %s)", number, commit, changed, info.GoVersion)
}
