package hostbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kind says what a host has installed and where its updates come from.
type Kind string

// The kinds of hosts.
const (
	KindDebian Kind = "debian" // real Debian updates
	KindDemo   Kind = "demo"   // the demo archive only
	KindMixed  Kind = "mixed"  // real Debian updates and demo-broken
)

// layerRecipe says how a kind is made from the base.
type layerRecipe struct {
	sources map[string]string
	install []string
	aptConf string // what an admin sets for apt
}

func (k Kind) recipe() (layerRecipe, error) {
	debian := map[string]string{"debian.sources": debianSources}
	demo := map[string]string{"demo.list": demoSources}
	switch k {
	case KindDebian:
		return layerRecipe{sources: debian}, nil
	case KindDemo:
		return layerRecipe{sources: demo, install: demoInstalled(), aptConf: noPhased}, nil
	case KindMixed:
		both := map[string]string{"debian.sources": debianSources, "demo.list": demoSources}
		return layerRecipe{sources: both, install: []string{"demo-broken=1.0"}}, nil
	}
	return layerRecipe{}, fmt.Errorf("unknown kind of host %q", k)
}

// noPhased keeps the update at 0 per cent back on every host. Without it apt
// draws from 0 to 100 by the machine id, and one host in 101 draws the 0.
const noPhased = "APT::Get::Never-Include-Phased-Updates \"true\";\n"

// bases are the built things that hosts are made of.
type bases struct {
	dir  string // the cache
	init string // the bedinit binary
	base string // root, repo and key
	demo string // the demo archive
}

// openBases builds what is missing.
func openBases(dir string) (bases, error) {
	b := bases{dir: dir}
	var err error
	if b.init, err = buildInit(dir); err != nil {
		return b, err
	}
	name := "base-" + hashOf(baseVersion, suite, strings.Join(serverPackages, " "), fmt.Sprint(pointPackages), shutdownScript)
	b.base, err = once(dir, name, func(tmp string) error {
		m, err := findMirrors("/etc/apt", os.Getenv)
		if err != nil {
			return err
		}
		return buildBase(m)(tmp)
	})
	if err != nil {
		return b, err
	}
	demoName := "demo-" + hashOf(name, fmt.Sprint(demoPackages()))
	b.demo, err = once(dir, demoName, func(tmp string) error {
		return buildDemoRepo(filepath.Join(tmp, "repo/demo"), filepath.Join(b.base, "key"))
	})
	return b, err
}

// repos are the directories the hosts' supervisors serve.
func (b bases) repos() []repoConfig {
	dirs := map[string]string{
		"debian":          filepath.Join(b.base, "repo"),
		"debian-security": filepath.Join(b.base, "repo"),
		"demo":            filepath.Join(b.demo, "repo"),
	}
	var list []repoConfig
	for name, host := range repoHosts {
		list = append(list, repoConfig{Name: name, Addr: host.addr, Dir: dirs[name]})
	}
	return list
}

// layer returns the overlay layers of a kind, uppermost first.
func (b bases) layer(k Kind) ([]string, error) {
	r, err := k.recipe()
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("layer-%s-%s", k, hashOf(b.base, b.demo, b.init, fmt.Sprint(r)))
	dir, err := once(b.dir, name, func(tmp string) error { return b.buildLayer(tmp, r) })
	if err != nil {
		return nil, err
	}
	return []string{filepath.Join(dir, "upper"), filepath.Join(b.base, "root")}, nil
}

// buildLayer boots a host on the bare base, sets it up as an admin would, and
// keeps what that changed.
func (b bases) buildLayer(tmp string, r layerRecipe) error {
	h := &Host{
		Name: "layer", bases: b, dir: filepath.Join(tmp, "host"), upper: filepath.Join(tmp, "upper"),
		lower: []string{filepath.Join(b.base, "root")},
	}
	err := errors.Join(h.boot(), r.setUp(h), h.stop())
	return errors.Join(err, os.RemoveAll(h.dir), os.RemoveAll(h.workDir()), dropHostFiles(h.upper))
}

func (r layerRecipe) setUp(h *Host) error {
	if h.control == nil {
		return nil // the boot failed and said why
	}
	for name, text := range r.sources {
		if err := writeFile(h.Root, "etc/apt/sources.list.d/"+name, text, 0o644); err != nil {
			return err
		}
	}
	if r.aptConf != "" {
		if err := writeFile(h.Root, "etc/apt/apt.conf.d/50demo", r.aptConf, 0o644); err != nil {
			return err
		}
	}
	ctx := context.Background()
	if _, err := h.output(ctx, "apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"); err != nil {
		return err
	}
	if len(r.install) > 0 {
		args := slices.Concat([]string{"apt-get", "-q", "-y", "install"}, r.install)
		if _, err := h.output(ctx, args...); err != nil {
			return err
		}
	}
	_, err := h.output(ctx, "apt-get", "clean")
	return err
}

// dropHostFiles removes what each host writes for itself.
func dropHostFiles(upper string) error {
	for _, n := range []string{"etc/hostname", "etc/hosts", "etc/machine-id", "var/log", "var/cache/apt", "root", "tmp"} {
		if err := os.RemoveAll(filepath.Join(upper, n)); err != nil {
			return err
		}
	}
	return nil
}
