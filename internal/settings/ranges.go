package settings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
)

// maxRanges bounds a list: each request is compared with all of it, and the
// audit row of a change has room for four of them before and after.
const maxRanges = 150

// Ranges is a list of address ranges in normal form: no host bits, no IPv4 in
// IPv6 form, none twice.
type Ranges []netip.Prefix

// Schema describes the list to the API.
func (Ranges) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Description: "An address range in CIDR form."}}
}

// Holds reports whether an address is in one of the ranges.
func (r Ranges) Holds(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(r, func(p netip.Prefix) bool { return p.Contains(a) })
}

// admits is Holds for a list that, while it is empty, lets everybody in.
func (r Ranges) admits(a netip.Addr) bool { return len(r) == 0 || r.Holds(a) }

// parseRanges reads a list of ranges and single addresses. Each bad entry is a
// detail of its own; there is no list without them.
func parseRanges(field string, list []string) (Ranges, []apierr.Detail) {
	if len(list) > maxRanges {
		return nil, []apierr.Detail{{Field: field, Value: fmt.Sprint(len(list)), Message: fmt.Sprintf("At most %d entries.", maxRanges)}}
	}
	out, bad := make(Ranges, 0, len(list)), []apierr.Detail(nil)
	for i, text := range list {
		p, err := parseRange(text)
		if err != nil {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("%s[%d]", field, i), Value: text, Message: err.Error()})
		} else if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out, bad
}

// rangeError is a sentence for whoever typed the entry.
type rangeError string

func (e rangeError) Error() string { return string(e) }

const (
	errNoRange  rangeError = `This is neither an address such as "192.0.2.7" or "2001:db8::7" nor a range such as "192.0.2.0/24".`
	errZone     rangeError = "An address with a zone means something on one machine only."
	errTooBroad rangeError = "This IPv4 range in IPv6 form holds more than all IPv4 addresses. Write it in IPv4 form."
)

func parseRange(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "%") {
		return netip.Prefix{}, errZone
	}
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errNoRange
	}
	if a := p.Addr(); a.Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, errTooBroad
		}
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
