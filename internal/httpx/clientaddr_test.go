package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
)

func TestClientAddrBelievesTheConnectionOnly(t *testing.T) {
	for remote, want := range map[string]netip.Addr{
		"192.0.2.7:4000":          netip.MustParseAddr("192.0.2.7"),
		"[::ffff:192.0.2.7]:4000": netip.MustParseAddr("192.0.2.7"),
		"[fe80::1%eth0]:4000":     netip.MustParseAddr("fe80::1"),
		"@":                       {},
	} {
		var got netip.Addr
		h := httpx.WithClientAddr(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = httpx.ClientAddr(r.Context())
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		h.ServeHTTP(httptest.NewRecorder(), r)
		require.Equal(t, want, got, remote)
	}
}
