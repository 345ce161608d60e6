package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Module is the module path.
const Module = "patchmanager"

// floors lists the packages of internal/ by floor.
var floors = [][]string{
	0: {"apierr", "clock", "config", "db", "httpx", "ids", "logx", "mailer", "metrics", "pgserver", "queue", "runner", "sealed", "version"},
	1: {"audit", "auth", "settings"},
	2: {"audittrail", "ca", "hosts"},
	3: {"discovery", "enrollment", "patches", "vulns", "windows"},
	4: {"jobs"},
	5: {"dashboard", "live", "notify", "reports", "rollouts"},
}

// sideways are the imports within a floor that the house allows. Floor 0 knows
// no order but the compiler's: no cycles.
var sideways = map[string][]string{
	"auth":     {"audit"},
	"settings": {"audit", "auth"},
}

// callers may talk to agents.
var callers = []string{"ca", "discovery", "hosts", "jobs", "patches"}

// agentMay is what the agent may use of the rest.
var agentMay = []string{"agentapi", "clock", "config", "logx", "version"}

// clientMay is what agentclient may use: it stands beside the floors.
var clientMay = []string{"agentapi", "apierr", "clock", "ids", "logx", "version"}

// cmdMay is what each command may use. A main gives the system's clock to what
// it starts; the agent's prints what the wire's types say.
var cmdMay = map[string][]string{
	"patch-manager": {"app", "clock", "config", "logx", "version"},
	"patch-agent":   {"agent", "agentapi", "clock", "config", "logx", "version"},
}

// tools are programs of the build; nobody imports them.
var tools = []string{"archtest", "tsgen"}

// May says whether package from may import package to, both relative to the
// module, and if not, why.
func May(from, to string) error {
	if to == "web" {
		return onlyFor(from, to, "cmd", "app")
	}
	switch area(from) {
	case "testkit", "bench":
		return nil
	case "cmd":
		return mayCommand(from, to)
	case "":
		return fmt.Errorf("package %s has no place: give it a floor in internal/archtest/floors.go", from)
	}
	return mayInternal(from, to)
}

// area is the name that rules are about: the part below internal, or the top
// folder for what is elsewhere.
func area(pkg string) string {
	first, rest, _ := strings.Cut(pkg, "/")
	if first != "internal" {
		if slices.Contains([]string{"cmd", "web", "bench"}, first) {
			return first
		}
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	known := slices.Contains([]string{"agent", "agentapi", "agentclient", "app", "testkit"}, name) || slices.Contains(tools, name)
	if known || floorOf(name) >= 0 {
		return name
	}
	return ""
}

func floorOf(name string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, name) })
}

func onlyFor(from, to string, areas ...string) error {
	if slices.Contains(areas, area(from)) {
		return nil
	}
	return fmt.Errorf("%s is for %s", to, strings.Join(areas, " and "))
}

func mayCommand(from, to string) error {
	allowed := cmdMay[path.Base(from)]
	if slices.Contains(allowed, area(to)) {
		return nil
	}
	return fmt.Errorf("a command reads flags and configuration and calls one package: it may import %s", strings.Join(allowed, ", "))
}

func mayInternal(from, to string) error {
	f, t := area(from), area(to)
	switch {
	case f == t:
		return nil
	case t == "" || t == "cmd" || slices.Contains(tools, t):
		return fmt.Errorf("%s is not for import", to)
	case t == "testkit":
		return fmt.Errorf("test code stays out of production code")
	}
	if allowed := Allowed(f); !slices.Contains(allowed, t) {
		return fmt.Errorf("%s; it may import %s", Reason(f), strings.Join(allowed, ", "))
	}
	return nil
}

// Allowed lists the areas that code of an area may import.
func Allowed(name string) []string {
	switch name {
	case "agentapi", "tsgen", "archtest":
		return nil
	case "agent":
		return agentMay
	case "agentclient":
		return clientMay
	case "app":
		return append(below(len(floors)), "agentapi", "agentclient")
	}
	return allowedOnFloor(name, floorOf(name))
}

func allowedOnFloor(name string, floor int) []string {
	if floor == 0 {
		return floors[0]
	}
	list := append(below(floor), "agentapi")
	if slices.Contains(callers, name) {
		list = append(list, "agentclient")
	}
	return append(list, sideways[name]...)
}

func below(floor int) []string { return slices.Concat(floors[:floor]...) }

// Reason is the rule an area's imports follow, in words.
func Reason(name string) string {
	switch name {
	case "agentapi":
		return "the wire imports the standard library only"
	case "agent":
		return "the agent shares nothing with the manager but the wire"
	case "agentclient":
		return "the client of agents knows no domain"
	case "app":
		return "app wires the manager: it knows neither the agent nor test code"
	}
	switch floor := floorOf(name); floor {
	case -1:
		return "a program of the build imports nothing of the product"
	case 0:
		return "floor 0 knows no domain"
	default:
		return fmt.Sprintf("floor %d imports lower floors only", floor)
	}
}
