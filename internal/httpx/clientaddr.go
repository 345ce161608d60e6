package httpx

import (
	"context"
	"net/http"
	"net/netip"
)

type clientAddrKey struct{}

// WithClientAddr notes who calls: the far end of the connection. Headers that
// claim another address are not believed, because anybody can send them.
func WithClientAddr(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), clientAddrKey{}, remoteAddr(r))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// ClientAddr returns the caller's address, an IPv4 one never in its IPv6 form.
// It is invalid outside of WithClientAddr.
func ClientAddr(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(clientAddrKey{}).(netip.Addr)
	return a
}

func remoteAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // not a network connection: no address
	}
	return ap.Addr().Unmap().WithZone("")
}
