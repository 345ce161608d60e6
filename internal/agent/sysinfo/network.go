package sysinfo

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// lookupTimeout bounds the one question to DNS; a host without DNS has to
// answer all the same.
const lookupTimeout = 2 * time.Second

// fqdn is the full name: from the hosts file, else from DNS, else the bare name.
func (h Host) fqdn(ctx context.Context, hostname string) string {
	if hostname == "" || strings.Contains(hostname, ".") {
		return hostname
	}
	if name := hostsName(h.text("/etc/hosts"), hostname); name != "" {
		return name
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	name, err := net.DefaultResolver.LookupCNAME(ctx, hostname)
	if name = strings.TrimSuffix(name, "."); err != nil || !strings.HasPrefix(name, hostname+".") {
		return hostname
	}
	return name
}

// hostsName finds the full name beside the bare one in a hosts file.
func hostsName(text, hostname string) string {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 || !slices.Contains(fields[1:], hostname) {
			continue
		}
		for _, name := range fields[1:] {
			if strings.HasPrefix(name, hostname+".") && !strings.HasSuffix(name, ".localdomain") {
				return name
			}
		}
	}
	return ""
}

// addresses lists what the host can be reached at, sorted.
func addresses() ([]string, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	list := []string{}
	for _, a := range all {
		ip, ok := a.(*net.IPNet)
		if ok && ip.IP.IsGlobalUnicast() {
			list = append(list, ip.IP.String())
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
