package hostbed

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// demoPackage is one version of a home-made package.
type demoPackage struct {
	name, version string
	pocket        string // code name of the demo archive's suite
	control       string // further control fields, one a line
	fixes         string // changelog entry of a security update
	files         map[string]string
	conffiles     map[string]string
	scripts       map[string]string // maintainer scripts without the first lines
	templates     string            // debconf
	blob          int               // bytes that do not compress
}

const (
	demoMain     = "demo"
	demoSecurity = "demo-security"
)

var demoReleases = []release{
	{origin: "Demo", label: "Demo", suite: "stable", codename: demoMain},
	{origin: "Demo", label: "Demo-Security", suite: "stable-security", codename: demoSecurity},
}

// buildDemoRepo makes the demo archive in dir with the key in home.
func buildDemoRepo(dir, home string) error {
	defer stopAgent(home)
	for _, p := range demoPackages() {
		if err := p.build(dir); err != nil {
			return fmt.Errorf("package %s %s: %w", p.name, p.version, err)
		}
	}
	for _, r := range demoReleases {
		if err := index(dir, r, home); err != nil {
			return err
		}
	}
	return nil
}

func (p demoPackage) build(dir string) error {
	tree := filepath.Join(dir, "build")
	defer os.RemoveAll(tree)
	if err := p.writeTree(tree); err != nil {
		return err
	}
	pool := filepath.Join(dir, "pool", p.pocket)
	if err := os.MkdirAll(pool, 0o755); err != nil {
		return err
	}
	return tool(nil, "dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, pool)
}

func (p demoPackage) writeTree(tree string) error {
	all := map[string]string{
		"DEBIAN/control":           p.controlFile(),
		"usr/lib/" + p.name + "/v": p.version + "\n",
	}
	changes, err := p.changelog()
	if err != nil {
		return err
	}
	all["usr/share/doc/"+p.name+"/changelog.Debian.gz"] = changes
	for name, text := range p.files {
		all[name] = text
	}
	for name, text := range p.conffiles {
		all[name] = text
		all["DEBIAN/conffiles"] += "/" + name + "\n"
	}
	if p.templates != "" {
		all["DEBIAN/templates"] = p.templates
	}
	if p.blob > 0 {
		b := make([]byte, p.blob)
		if _, err := rand.Read(b); err != nil {
			return err
		}
		all["usr/lib/"+p.name+"/blob"] = string(b)
	}
	return p.writeAll(tree, all)
}

func (p demoPackage) writeAll(tree string, all map[string]string) error {
	for name, text := range all {
		if err := writeFile(tree, name, text, 0o644); err != nil {
			return err
		}
	}
	for name, body := range p.scripts {
		if err := writeFile(tree, "DEBIAN/"+name, "#!/bin/sh\nset -e\n"+body+"\n", 0o755); err != nil {
			return err
		}
	}
	return os.Chmod(filepath.Join(tree, "DEBIAN"), 0o755)
}

func (p demoPackage) controlFile() string {
	return fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Demo <demo@example.org>\n"+
		"Section: misc\nPriority: optional\nInstalled-Size: %d\n%sDescription: demonstration package %s\n A package of the throw-away demo archive.\n",
		p.name, p.version, 10+p.blob/1024, p.control, p.name)
}

func (p demoPackage) changelog() (string, error) {
	var text strings.Builder
	const signature = "\n\n -- Demo <demo@example.org>  Mon, 02 Nov 2026 10:00:00 +0000\n\n"
	if p.fixes != "" {
		fmt.Fprintf(&text, "%s (%s) demo-security; urgency=high\n\n%s%s", p.name, p.version, p.fixes, signature)
	}
	fmt.Fprintf(&text, "%s (1.0) demo; urgency=low\n\n  * First version.%s", p.name, signature)
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(text.String())); err != nil {
		return "", err
	}
	err := z.Close()
	return out.String(), err
}
