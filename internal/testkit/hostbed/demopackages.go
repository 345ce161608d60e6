package hostbed

import (
	"fmt"
	"slices"
)

// BrokenWords is what the maintainer script of demo-broken 1.1 says before it
// fails.
const BrokenWords = "demo-broken: cannot migrate the settings of /etc/demo-broken: permission refused on purpose"

// SlowSteps is how many lines, a second apart, the maintainer script of
// demo-slow 1.1 prints.
const SlowSteps = 10

func first(name, control string) demoPackage {
	return demoPackage{name: name, version: "1.0", pocket: demoMain, control: control}
}

func update(name, pocket string) demoPackage {
	return demoPackage{name: name, version: "1.1", pocket: pocket}
}

// demoPackages are all versions in the archive. demo-app has a security update
// (1.1) hidden behind a later plain one (1.2); it brings demo-new along and
// conflicts with demo-old.
func demoPackages() []demoPackage {
	return slices.Concat(demoApp(), demoFailures(), demoQuestions(), demoRest(), demoNumbered())
}

func demoApp() []demoPackage {
	const newer = "Depends: demo-lib (>= 1.1), demo-new\nConflicts: demo-old\n"
	conf := func(text string) map[string]string { return map[string]string{"etc/demo-app.conf": text} }
	return []demoPackage{
		first("demo-lib", ""),
		{name: "demo-lib", version: "1.1", pocket: demoSecurity, fixes: "  * Fix CVE-2026-11111: heap overflow."},
		first("demo-old", ""),
		{name: "demo-new", version: "1.0", pocket: demoSecurity},
		{name: "demo-app", version: "1.0", pocket: demoMain, control: "Depends: demo-lib (>= 1.0), demo-old\n", conffiles: conf("mode=old\n")},
		{name: "demo-app", version: "1.1", pocket: demoSecurity, control: newer, conffiles: conf("mode=new\nextra=1\n"), fixes: "  * Fix CVE-2026-22222 and CVE-2026-22223: remote code execution.\n  * Replace demo-old by demo-new."},
		{name: "demo-app", version: "1.2", pocket: demoMain, control: newer, conffiles: conf("mode=newer\n")},
	}
}

func demoFailures() []demoPackage {
	script := func(p demoPackage, name, body string) demoPackage {
		p.scripts = map[string]string{name: body}
		return p
	}
	say := fmt.Sprintf("echo %q >&2\nexit 1", BrokenWords)
	return []demoPackage{
		first("demo-broken", ""),
		script(update("demo-broken", demoSecurity), "postinst", say),
		first("demo-brokenpre", ""),
		script(update("demo-brokenpre", demoMain), "preinst", "echo 'demo-brokenpre: preinst refuses' >&2\nexit 3"),
		script(first("demo-brokenrm", ""), "prerm", "echo 'demo-brokenrm: prerm refuses' >&2\nexit 4"),
		script(update("demo-brokenrm", demoMain), "prerm", "exit 0"),
		first("demo-slow", ""),
		script(update("demo-slow", demoMain), "postinst", fmt.Sprintf("for i in $(seq %d); do echo \"demo-slow: step $i\"; sleep 1; done", SlowSteps)),
	}
}

func demoQuestions() []demoPackage {
	conf := first("demo-conf", "")
	conf.conffiles = map[string]string{"etc/demo-conf.conf": "level=1\n"}
	conf2 := update("demo-conf", demoMain)
	conf2.conffiles = map[string]string{"etc/demo-conf.conf": "level=2\nnew=yes\n"}
	prompt := update("demo-prompt", demoMain)
	prompt.control = "Depends: debconf\n"
	prompt.templates = "Template: demo-prompt/question\nType: string\nDescription: Which answer?\n Asked at high priority, without a default.\n"
	prompt.scripts = map[string]string{
		"config":   ". /usr/share/debconf/confmodule\ndb_input critical demo-prompt/question || true\ndb_go || true",
		"postinst": ". /usr/share/debconf/confmodule\ndb_get demo-prompt/question\necho \"answer=$RET\" >&2",
	}
	return []demoPackage{conf, conf2, first("demo-prompt", "Depends: debconf\n"), prompt}
}

func demoRest() []demoPackage {
	phased := update("demo-phased", demoMain)
	phased.control = "Phased-Update-Percentage: 0\n"
	big := update("demo-big", demoMain)
	big.blob = 30_000_000
	boot := update("demo-reboot", demoSecurity)
	boot.scripts = map[string]string{"postinst": "touch /run/reboot-required\necho demo-reboot >> /run/reboot-required.pkgs"}
	return []demoPackage{
		first("demo-phased", ""), phased, first("demo-big", ""), big, first("demo-reboot", ""), boot,
	}
}

func demoNumbered() []demoPackage {
	var all []demoPackage
	for i := 1; i <= 20; i++ {
		name := fmt.Sprintf("demo-n%d", i)
		all = append(all, first(name, ""), update(name, demoMain))
	}
	return all
}

// demoInstalled are installed at version 1.0 on a demo host.
func demoInstalled() []string {
	var names []string
	for _, p := range demoPackages() {
		if p.version == "1.0" && p.name != "demo-new" {
			names = append(names, p.name+"=1.0")
		}
	}
	return names
}
