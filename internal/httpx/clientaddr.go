package httpx

import (
	"context"
	"net/http"
	"net/netip"
)

type originKey struct{}

// origin is how a request has reached us.
type origin struct {
	peer      netip.Addr // the far end of the connection
	forwarded []string   // lines of X-Forwarded-For, as they came
	client    netip.Addr
}

// WithClientAddr notes who calls: the far end of the connection. Headers that
// claim another address are not believed, because anybody can send them.
func WithClientAddr(next http.Handler) http.Handler { return WithClientBehind(nil, next) }

// WithClientBehind is WithClientAddr for a listener with proxies in front of it:
// what a trusted one says of its client is believed. trusted is asked with each
// request; nil trusts nobody.
func WithClientBehind(trusted func(netip.Addr) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := origin{peer: remoteAddr(r), forwarded: r.Header.Values(forwardedFor)}
		o.client = clientBehind(o.peer, o.forwarded, trusted)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), originKey{}, o)))
	})
}

// ClientAddr returns the caller's address, an IPv4 one never in its IPv6 form.
// It is invalid outside of WithClientAddr.
func ClientAddr(ctx context.Context) netip.Addr {
	o, _ := ctx.Value(originKey{}).(origin)
	return o.client
}

// ClientAddrIf returns what ClientAddr would be if other proxies were trusted,
// for whoever is about to change them.
func ClientAddrIf(ctx context.Context, trusted func(netip.Addr) bool) netip.Addr {
	o, _ := ctx.Value(originKey{}).(origin)
	return clientBehind(o.peer, o.forwarded, trusted)
}

func remoteAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // not a network connection: no address
	}
	return ap.Addr().Unmap().WithZone("")
}
