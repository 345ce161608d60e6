package discovery

import (
	"fmt"
	"net/netip"
	"strings"

	"patchmanager/internal/apierr"
)

// Limits of one scan.
const (
	// minBits is the widest network: a /16 of silent addresses takes two minutes.
	minBits = 16
	// maxListed is how many addresses a list may have. IPv6 is only scanned by
	// list: its smallest network has more addresses than anybody could try.
	maxListed = 4096
)

// Targets are the addresses of a scan, in an order that never changes, so that
// a position among them says how far a scan has come.
type Targets struct {
	network netip.Prefix // an IPv4 network, or none
	list    []netip.Addr // or these
}

// Len is the number of addresses.
func (t Targets) Len() int {
	if !t.network.IsValid() {
		return len(t.list)
	}
	all := 1 << (32 - t.network.Bits())
	if all > 2 {
		return all - 2 // the first is the network's own, the last is everybody's
	}
	return all
}

// At is the address at position i, from 0.
func (t Targets) At(i int) netip.Addr {
	if !t.network.IsValid() {
		return t.list[i]
	}
	if t.network.Bits() < 31 {
		i++
	}
	b := t.network.Addr().As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	n += uint32(i)
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// String names them for people: the network, or how many addresses of which first.
func (t Targets) String() string {
	switch {
	case t.network.IsValid():
		return t.network.String()
	case len(t.list) == 0:
		return ""
	case len(t.list) == 1:
		return t.list[0].String()
	}
	return fmt.Sprintf("%s and %d more", t.list[0], len(t.list)-1)
}

// ParseTargets reads a network or a list of addresses. Every problem is named
// with its field, its value and the way out.
func ParseTargets(network string, addresses []string) (Targets, error) {
	switch {
	case network == "" && len(addresses) == 0:
		return Targets{}, invalid("cidr", "", "Give an IPv4 network such as 192.0.2.0/24, or a list of addresses.")
	case network != "" && len(addresses) > 0:
		return Targets{}, invalid("cidr", network, "Give a network or a list of addresses, not both: make two scans.")
	case network != "":
		return parseNetwork(strings.TrimSpace(network))
	}
	return parseList(addresses)
}

func invalid(field, value, message string) error {
	return apierr.Invalid(apierr.Detail{Field: field, Value: clip(value, 100), Message: message})
}

func parseNetwork(text string) (Targets, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		if why := refused(a.Unmap()); why != "" {
			return Targets{}, invalid("cidr", text, why)
		}
		return Targets{list: []netip.Addr{a.Unmap()}}, nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return Targets{}, invalid("cidr", text, "Must be an IPv4 network such as 192.0.2.0/24.")
	case !p.Addr().Is4():
		return Targets{}, invalid("cidr", text, "An IPv6 network has too many addresses to try them all. Give a list of addresses instead.")
	case p.Bits() < minBits:
		return Targets{}, invalid("cidr", text, fmt.Sprintf("A /%d has %d addresses; at most a /%d (%d) is scanned at once. Scan it in parts, one /%d after the other.",
			p.Bits(), 1<<(32-p.Bits()), minBits, 1<<(32-minBits), minBits))
	}
	p = p.Masked()
	if why := refused(p.Addr()); why != "" { // nothing special begins or ends inside of a /16
		return Targets{}, invalid("cidr", text, why)
	}
	return Targets{network: p}, nil
}

func parseList(texts []string) (Targets, error) {
	if len(texts) > maxListed {
		return Targets{}, invalid("addresses", fmt.Sprint(len(texts)), fmt.Sprintf("At most %d addresses in one scan. Split the list.", maxListed))
	}
	var bad []apierr.Detail
	var t Targets
	seen := map[netip.Addr]bool{}
	for i, text := range texts {
		a, why := parseAddress(strings.TrimSpace(text))
		if why != "" {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("addresses[%d]", i), Value: clip(text, 100), Message: why})
		} else if !seen[a] {
			seen[a] = true
			t.list = append(t.list, a)
		}
	}
	if len(bad) > 0 {
		return Targets{}, apierr.Invalid(bad[:min(len(bad), maxProblems)]...)
	}
	return t, nil
}

// maxProblems bounds an answer: who pasted the wrong file sees why.
const maxProblems = 50

func parseAddress(text string) (netip.Addr, string) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return a, "Must be an IPv4 or IPv6 address."
	}
	a = a.Unmap()
	return a, refused(a)
}

// special are networks in which there is no host to be found, with the reason.
var special = []struct {
	network netip.Prefix
	why     string
}{
	{netip.MustParsePrefix("127.0.0.0/8"), loopback},
	{netip.MustParsePrefix("::1/128"), loopback},
	{netip.MustParsePrefix("0.0.0.0/8"), nobody},
	{netip.MustParsePrefix("::/128"), nobody},
	{netip.MustParsePrefix("169.254.0.0/16"), linkLocal},
	{netip.MustParsePrefix("fe80::/10"), linkLocal},
	{netip.MustParsePrefix("224.0.0.0/4"), multicast},
	{netip.MustParsePrefix("ff00::/8"), multicast},
	{netip.MustParsePrefix("240.0.0.0/4"), nobody},
}

const (
	loopback  = "This is the manager's own machine. Scan it under its address in the network."
	nobody    = "No machine has such an address."
	linkLocal = "Link-local addresses mean another machine on every network; clouds answer there with credentials. They are not scanned."
	multicast = "This is a group of machines (multicast), not one."
)

// refused says why an address is not probed; empty: it is.
func refused(a netip.Addr) string {
	if a.Zone() != "" {
		return "An address with a zone (%) is link-local. " + linkLocal
	}
	for _, s := range special {
		if s.network.Contains(a) {
			return s.why
		}
	}
	return ""
}

// clip cuts what others have written to n runes.
func clip(text string, n int) string {
	r := []rune(strings.ToValidUTF8(text, "�"))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}
