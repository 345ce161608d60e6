package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that must be put right.
type Problem struct {
	Key    string // section.key
	Value  string // masked where it is a secret
	Reason string
	WayOut string
	Source string // "FILE:LINE", the environment variable, or empty for a default
}

// String is the problem on one line.
func (p Problem) String() string {
	var b strings.Builder
	if p.Source != "" {
		fmt.Fprintf(&b, "%s: ", p.Source)
	}
	if p.Key != "" {
		b.WriteString(p.Key)
		if p.Value != "" {
			fmt.Fprintf(&b, " = %q", p.Value)
		}
		b.WriteString(": ")
	}
	b.WriteString(p.Reason)
	if p.WayOut != "" {
		b.WriteString("; " + p.WayOut)
	}
	return b.String()
}

// Problems is the error of a configuration that cannot be used.
type Problems []Problem

// Error implements error: one line each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
