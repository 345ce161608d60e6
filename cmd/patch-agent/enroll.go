package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"patchmanager/internal/agent"
	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agent/sysinfo"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
	"patchmanager/internal/version"
)

type enrollCmd struct {
	Manager       string        `arg:"" placeholder:"URL" help:"The manager, e.g. https://manager.example.com:8443."`
	CAFingerprint string        `required:"" name:"ca-fingerprint" placeholder:"sha256:HEX" help:"Fingerprint of the manager's CA, as the manager shows it under Add host."`
	Token         string        `env:"PATCH_AGENT_TOKEN" help:"One-time token that approves this host at once."`
	Address       string        `placeholder:"IP" help:"Address under which the manager reaches this host. Default: the one that leads to the manager."`
	Listen        string        `placeholder:"ADDRESS" help:"Address the agent will listen on; only its port is told. Default: from the configuration."`
	StateDir      string        `placeholder:"DIR" help:"Keep the identity here instead of where the configuration says."`
	Timeout       time.Duration `default:"15m" help:"How long to wait for approval."`
}

// Run enrolls this host.
func (c *enrollCmd) Run(env *environment) error {
	settings, err := settingsWith(env, c.Listen, c.StateDir)
	if err != nil {
		return err
	}
	facts, err := c.facts(env.ctx, settings)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(env.ctx, c.Timeout)
	defer cancel()
	host, err := identity.Enrollment{
		StateDir: settings.StateDir, Manager: c.Manager, Fingerprint: c.CAFingerprint, Token: c.Token,
		Facts: facts, Clock: clock.System(), Say: say,
	}.Run(ctx)
	if err != nil {
		return err
	}
	say("enrolled as host %s; the identity is in %s/pki", host, settings.StateDir)
	say("start the agent: systemctl enable --now patch-agent, or patch-agent run")
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// facts is what this host tells about itself.
func (c *enrollCmd) facts(ctx context.Context, s agent.Settings) (agentapi.EnrollRequest, error) {
	info, err := sysinfo.Collect(ctx, sysinfo.Host{Root: "/"})
	if err != nil {
		return agentapi.EnrollRequest{}, fmt.Errorf("look at this system: %w", err)
	}
	address, err := c.address(ctx, s.Listen)
	if err != nil {
		return agentapi.EnrollRequest{}, err
	}
	_, portText, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return agentapi.EnrollRequest{}, usageError{err}
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 1 || port > 65535 {
		return agentapi.EnrollRequest{}, usageError{fmt.Errorf("listen port %q: it must be a number from 1 to 65535", portText)}
	}
	return agentapi.EnrollRequest{
		MachineID: info.MachineID, FQDN: info.FQDN, Hostname: info.Hostname, IPAddress: address, Port: port,
		OSDetails: map[string]string{
			"id": info.OSID, "version_id": info.OSVersion, "pretty_name": info.OS, "codename": info.Codename,
			"arch": info.Architecture, "kernel": info.Kernel, "agent_version": version.Number(),
		},
	}, nil
}

// address is the one given, the one the agent listens on, or the one this host
// uses on the way to the manager.
func (c *enrollCmd) address(ctx context.Context, listen string) (string, error) {
	if c.Address != "" {
		if net.ParseIP(c.Address) == nil {
			return "", usageError{fmt.Errorf("--address %q is no IP address", c.Address)}
		}
		return c.Address, nil
	}
	if host, _, err := net.SplitHostPort(listen); err == nil {
		if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
			return ip.String(), nil
		}
	}
	u, err := url.Parse(c.Manager)
	if err != nil || u.Hostname() == "" {
		return "", usageError{fmt.Errorf("%q is no address of a manager: it must be like https://manager.example.com:8443", c.Manager)}
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", net.JoinHostPort(u.Hostname(), "9")) // sends nothing, only asks the routing table
	if err != nil {
		return "", fmt.Errorf("no way to %s: %w", u.Hostname(), err)
	}
	defer conn.Close()
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return "", errors.New("this host's own address is not known; give it with --address")
	}
	return local.IP.String(), nil
}
