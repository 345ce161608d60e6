package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Begin and End enclose the generated part of .golangci.yml.
const (
	Begin = "        # --- from internal/archtest/floors.go by make generate ---\n"
	End   = "        # --- end ---\n"
)

// Depguard renders the import rules for golangci-lint.
func Depguard() string {
	var out strings.Builder
	out.WriteString(Begin)
	for _, name := range ruled() {
		writeRule(&out, name, "**/internal/"+name+"/**", Allowed(name), Reason(name))
	}
	for _, cmd := range []string{"patch-agent", "patch-manager"} {
		writeRule(&out, cmd, "**/cmd/"+cmd+"/**", cmdMay[cmd], "a command reads flags and configuration and calls one package")
	}
	out.WriteString(End)
	return out.String()
}

func ruled() []string {
	names := append(below(len(floors)), "agent", "agentapi", "agentclient", "app", "tsgen")
	slices.Sort(names)
	return names
}

// writeRule forbids the module and allows parts of it: the longer match wins.
func writeRule(out *strings.Builder, name, files string, allowed []string, reason string) {
	fmt.Fprintf(out, "        %s:\n          list-mode: lax\n          files: [%q, \"!$test\"]\n", name, files)
	allow := []string{}
	for _, a := range append([]string{name}, allowed...) {
		allow = append(allow, prefixes(a)...)
	}
	if name == "app" || name == "patch-manager" {
		allow = append(allow, "web$")
	}
	slices.Sort(allow)
	out.WriteString("          allow:\n")
	for _, a := range slices.Compact(allow) {
		fmt.Fprintf(out, "            - %s/%s\n", Module, a)
	}
	fmt.Fprintf(out, "          deny:\n            - {pkg: %s, desc: %q}\n", Module, reason)
}

// prefixes are what the linter matches an area's packages by. Where the name of
// one area begins another's, it is written so that it matches only its own.
func prefixes(name string) []string {
	for _, other := range ruled() {
		if other != name && strings.HasPrefix(other, name) {
			return []string{"internal/" + name + "$", "internal/" + name + "/"}
		}
	}
	return []string{"internal/" + name}
}

// Renew puts the rules into the text of .golangci.yml.
func Renew(config string) (string, error) {
	head, rest, ok := strings.Cut(config, Begin)
	_, foot, ok2 := strings.Cut(rest, End)
	if !ok || !ok2 {
		return "", fmt.Errorf("the linter's configuration lacks the lines that enclose the generated rules")
	}
	return head + Depguard() + foot, nil
}
