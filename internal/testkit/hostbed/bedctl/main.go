// Command bedctl makes and drives throw-away hosts that outlive it: those of
// the demo, and those of tests that are not written in Go. It prints JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"patchmanager/internal/testkit/hostbed"
)

type cli struct {
	Dir string `help:"Where the hosts live." default:"tmp/bed" type:"path"`

	Base    baseCmd    `cmd:"" help:"Build the base and all layers, so that hosts start at once."`
	Up      upCmd      `cmd:"" help:"Start a host, making it when it is new."`
	List    listCmd    `cmd:"" help:"List the hosts."`
	Exec    execCmd    `cmd:"" help:"Run a command in a host; the exit code is the command's."`
	Service serviceCmd `cmd:"" help:"Start a program that goes on, now and at every boot of the host."`
	CopyIn  copyCmd    `cmd:"" help:"Copy a file into a host."`
	Down    downCmd    `cmd:"" help:"Stop hosts; their disks stay."`
	Remove  removeCmd  `cmd:"" help:"Stop hosts and forget their disks."`
}

func main() {
	var c cli
	k := kong.Parse(&c, kong.Name("bedctl"), kong.UsageOnError())
	k.FatalIfErrorf(k.Run(&c))
}

type baseCmd struct{}

func (baseCmd) Run() error { return hostbed.BuildAll() }

// with runs f on the bed while nobody else works on it.
func (c *cli) with(f func(*hostbed.Kept) error) error {
	bed, err := hostbed.OpenKept(c.Dir)
	if err != nil {
		return err
	}
	defer bed.Close()
	return f(bed)
}

// host looks a host up and lets go of the bed: what runs in it may take long.
func (c *cli) host(name string) (h *hostbed.Host, err error) {
	err = c.with(func(bed *hostbed.Kept) error {
		h, err = bed.Host(name)
		return err
	})
	return h, err
}

type upCmd struct {
	Name       string `arg:"" help:"Name of the host."`
	DemoBroken bool   `help:"Add an update whose maintainer script fails."`
	Demo       bool   `help:"Only the demonstration packages, no Debian updates."`
}

func (u upCmd) Run(c *cli) error {
	kind := hostbed.KindDebian
	if u.DemoBroken {
		kind = hostbed.KindMixed
	}
	if u.Demo {
		kind = hostbed.KindDemo
	}
	return c.with(func(bed *hostbed.Kept) error {
		host, err := bed.Up(u.Name, kind)
		if err != nil {
			return err
		}
		return show(host)
	})
}

func show(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

type listCmd struct{}

func (listCmd) Run(c *cli) error {
	return c.with(func(bed *hostbed.Kept) error { return show(bed.List()) })
}

type execCmd struct {
	Name string   `arg:""`
	Env  []string `help:"NAME=value for the command."`
	Argv []string `arg:"" passthrough:"" help:"The command, after --."`
}

func (e execCmd) Run(c *cli) error {
	h, err := c.host(e.Name)
	if err != nil {
		return err
	}
	code, err := h.Attach(afterDashes(e.Argv), e.Env)
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}

// afterDashes drops the "--" that kong hands through.
func afterDashes(argv []string) []string {
	if len(argv) > 0 && argv[0] == "--" {
		return argv[1:]
	}
	return argv
}

type serviceCmd struct {
	Name string   `arg:""`
	Log  string   `help:"Name of the log file in the host's directory." default:"service.log"`
	Argv []string `arg:"" passthrough:"" help:"The command, after --."`
}

func (s serviceCmd) Run(c *cli) error {
	h, err := c.host(s.Name)
	if err != nil {
		return err
	}
	return h.Service(afterDashes(s.Argv), s.Log)
}

type copyCmd struct {
	Name string `arg:""`
	From string `arg:"" type:"existingfile"`
	To   string `arg:""`
}

func (f copyCmd) Run(c *cli) error {
	h, err := c.host(f.Name)
	if err != nil {
		return err
	}
	return h.CopyFile(f.From, f.To)
}

// some names hosts, or all of them.
type some struct {
	Names []string `arg:"" optional:""`
	All   bool     `help:"All hosts of the directory."`
}

func (s some) each(bed *hostbed.Kept, f func(name string) error) error {
	if s.All {
		s.Names = nil
		for _, h := range bed.List() {
			s.Names = append(s.Names, h.Name)
		}
	} else if len(s.Names) == 0 {
		return fmt.Errorf("name a host, or say --all")
	}
	for _, n := range s.Names {
		if err := f(n); err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
	}
	return nil
}

type downCmd struct{ some }

func (d downCmd) Run(c *cli) error {
	return c.with(func(bed *hostbed.Kept) error { return d.each(bed, bed.Down) })
}

type removeCmd struct{ some }

func (r removeCmd) Run(c *cli) error {
	return c.with(func(bed *hostbed.Kept) error { return r.each(bed, bed.Remove) })
}
