package hosts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// Resolver asks the name servers; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// resolveTime is how long a person, or a row of an import, waits for a name.
const resolveTime = 3 * time.Second

// dnsName is what may be asked for: letters, digits, dots, dashes, underscores.
var dnsName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$`)

// place is where an agent is to be found.
type place struct {
	address string       // the one that is used
	all     []netip.Addr // what the name servers answered; one for a literal
	fqdn    string       // of a name with a domain
}

// problem is why a text is no place, for the person who wrote it.
type problem string

// locate reads an address, or asks the name servers for a name.
func (s *Service) locate(ctx context.Context, text string) (place, problem) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		if why := unusable(a); why != "" {
			return place{}, problem(why)
		}
		a = a.Unmap()
		return place{address: a.String(), all: []netip.Addr{a}}, ""
	}
	if !dnsName.MatchString(text) || strings.Contains(text, "..") {
		return place{}, "Must be a host name, or an IPv4 or IPv6 address without a port."
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	found, err := s.deps.Resolver.LookupNetIP(ctx, "ip", text)
	if err != nil {
		return place{}, lookupProblem(err)
	}
	return choose(text, found)
}

// choose takes the first address at which an agent can be asked. One of the
// machine itself is the last resort: many systems list their own name so.
func choose(name string, found []netip.Addr) (place, problem) {
	p := place{all: make([]netip.Addr, 0, len(found))}
	var own string
	for _, a := range found {
		a = a.Unmap()
		p.all = append(p.all, a)
		switch {
		case unusable(a) != "":
		case a.IsLoopback():
			own = cmp.Or(own, a.String())
		default:
			p.address = cmp.Or(p.address, a.String())
		}
	}
	if p.address = cmp.Or(p.address, own); p.address == "" {
		return p, problem(fmt.Sprintf("The name servers answer %s, and no agent can be asked there. Give its address instead.", listed(p.all)))
	}
	if name = strings.TrimSuffix(name, "."); strings.Contains(name, ".") {
		p.fqdn = name
	}
	return p, ""
}

func unusable(a netip.Addr) string {
	switch {
	case a.Zone() != "":
		return "An address with a zone means something else on every machine. Give one that is valid in the whole network."
	case a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "No agent can be asked there: this is no address of a single machine. Give the one that its agent listens on."
	}
	return ""
}

func lookupProblem(err error) problem {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "The name servers know no such name. Check the spelling, or give its address."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &dns) && dns.IsTimeout:
		return problem(fmt.Sprintf("No name server answered within %s. Try again, or give its address.", resolveTime))
	case dns != nil:
		return problem(clip("The name servers answer: "+dns.Err+". Try again, or give its address.", 300))
	}
	return problem(clip("The name could not be looked up: "+err.Error()+". Give its address.", 300))
}

func listed(all []netip.Addr) string {
	if len(all) == 0 {
		return "no address"
	}
	out := make([]string, len(all))
	for i, a := range all {
		out[i] = a.String()
	}
	return strings.Join(out, ", ")
}
