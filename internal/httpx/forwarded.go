package httpx

import (
	"net/netip"
	"slices"
	"strings"
)

// forwardedFor is the only header that names a client for us. Forwarded and
// X-Real-Ip are not read: a proxy that sets one of them and passes another on
// would let a client choose.
const forwardedFor = "X-Forwarded-For"

// maxHops is more proxies than anybody has in a row. A longer chain is made up.
const maxHops = 32

// clientBehind is who calls through a chain of proxies: from the right end of
// X-Forwarded-For, where each proxy appends who connected to it, the first
// address that is not a trusted proxy. What stands left of it was written by
// that client and means nothing. The header counts only when the peer is
// trusted; a hop that is no address leaves the peer.
func clientBehind(peer netip.Addr, forwarded []string, trusted func(netip.Addr) bool) netip.Addr {
	if trusted == nil || !peer.IsValid() || !trusted(peer) {
		return peer
	}
	client, hops := peer, 0
	for _, line := range slices.Backward(forwarded) {
		for more := true; more; hops++ {
			var hop string
			line, hop, more = cutLast(line)
			addr, ok := parseHop(hop)
			if !ok || hops == maxHops {
				return peer
			}
			if client = addr; !trusted(addr) {
				return addr
			}
		}
	}
	return client // everybody on the way is trusted: the far end
}

// cutLast takes the last element of a list off; more tells that some are left.
func cutLast(list string) (rest, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// parseHop reads an address, which some proxies write with a port. An IPv4 one
// is never left in its IPv6 form.
func parseHop(hop string) (netip.Addr, bool) {
	hop = strings.Trim(hop, " \t")
	addr, err := netip.ParseAddr(hop)
	if err != nil {
		var ap netip.AddrPort
		if ap, err = netip.ParseAddrPort(hop); err == nil {
			addr = ap.Addr()
		}
	}
	if err != nil || addr.Zone() != "" || addr.IsUnspecified() {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}
