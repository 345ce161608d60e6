package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
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
		require.Equal(t, want, clientOf(remote, []string{"203.0.113.9"}, nil), remote)
	}
}

// clientOf is ClientAddr of a request with these lines of X-Forwarded-For.
func clientOf(remote string, lines []string, trusted func(netip.Addr) bool) (got netip.Addr) {
	h := httpx.WithClientBehind(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = httpx.ClientAddr(r.Context())
	}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = remote
	for _, line := range lines {
		r.Header.Add("x-forwarded-for", line)
	}
	r.Header.Set("Forwarded", "for=203.0.113.66")
	r.Header.Set("X-Real-Ip", "203.0.113.66")
	h.ServeHTTP(httptest.NewRecorder(), r)
	return got
}

// proxies trusts 10.0.0.0/8 and 2001:db8:aaaa::/48.
func proxies(a netip.Addr) bool {
	return netip.MustParsePrefix("10.0.0.0/8").Contains(a) || netip.MustParsePrefix("2001:db8:aaaa::/48").Contains(a)
}

func TestTheRightmostAddressThatIsNoProxyCalls(t *testing.T) {
	for _, c := range []struct {
		name, remote, want string
		lines              []string
	}{
		{"forged by a stranger", "203.0.113.5:1", "203.0.113.5", []string{"198.51.100.1"}},
		{"a stranger pretends to be a proxy", "203.0.113.5:1", "203.0.113.5", []string{"10.0.0.1"}},
		{"one proxy", "10.0.0.1:1", "198.51.100.1", []string{"198.51.100.1"}},
		{"a client's own header in front", "10.0.0.1:1", "198.51.100.1", []string{"192.0.2.99, 198.51.100.1"}},
		{"a client claims to be a proxy", "10.0.0.1:1", "198.51.100.1", []string{"192.0.2.99, 10.0.0.9, 198.51.100.1"}},
		{"a client claims this machine", "10.0.0.1:1", "198.51.100.1", []string{"127.0.0.1, 198.51.100.1"}},
		{"two proxies", "10.0.0.1:1", "198.51.100.1", []string{"192.0.2.99, 198.51.100.1, 10.0.0.2"}},
		{"a client's line, then a proxy's", "10.0.0.1:1", "198.51.100.1", []string{"192.0.2.99", "198.51.100.1"}},
		{"each proxy a line", "10.0.0.1:1", "198.51.100.1", []string{"192.0.2.99", "198.51.100.1", "10.0.0.2"}},
		{"no header", "10.0.0.1:1", "10.0.0.1", nil},
		{"only proxies", "10.0.0.1:1", "10.0.0.3", []string{"10.0.0.3, 10.0.0.2"}},
		{"rubbish of the client is not reached", "10.0.0.1:1", "198.51.100.1", []string{"rubbish,, \x00, 198.51.100.1"}},
		{"rubbish of the proxy", "10.0.0.1:1", "10.0.0.1", []string{"198.51.100.1, unknown"}},
		{"an empty end", "10.0.0.1:1", "10.0.0.1", []string{"198.51.100.1,"}},
		{"an empty line", "10.0.0.1:1", "10.0.0.1", []string{"198.51.100.1", ""}},
		{"a hidden client", "10.0.0.1:1", "10.0.0.1", []string{"_hidden"}},
		{"no address at all", "10.0.0.1:1", "10.0.0.1", []string{"0.0.0.0"}},
		{"a zone", "10.0.0.1:1", "10.0.0.1", []string{"fe80::1%eth0"}},
		{"with a port", "10.0.0.1:1", "198.51.100.1", []string{"198.51.100.1:5000"}},
		{"IPv6", "[2001:db8:aaaa::1]:1", "2001:db8::7", []string{"2001:db8::7"}},
		{"IPv6 with a port", "[2001:db8:aaaa::1]:1", "2001:db8::7", []string{"[2001:db8::7]:5000, 10.0.0.4"}},
		{"IPv4 in IPv6 form, client", "10.0.0.1:1", "198.51.100.1", []string{"::ffff:198.51.100.1"}},
		{"IPv4 in IPv6 form, proxies", "[::ffff:10.0.0.1]:1", "198.51.100.1", []string{"198.51.100.1, ::ffff:10.0.0.2"}},
		{"32 proxies", "10.0.0.1:1", "198.51.100.1", []string{"198.51.100.1" + strings.Repeat(",10.0.0.2", 31)}},
		{"a chain that nobody has", "10.0.0.1:1", "10.0.0.1", []string{"198.51.100.1" + strings.Repeat(",10.0.0.2", 32)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, clientOf(c.remote, c.lines, proxies).String())
		})
	}
}

func TestWhatTheAddressWouldBeWithOtherProxies(t *testing.T) {
	h := httpx.WithClientAddr(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		require.Equal(t, "10.0.0.1", httpx.ClientAddr(r.Context()).String())
		require.Equal(t, "198.51.100.1", httpx.ClientAddrIf(r.Context(), proxies).String())
	}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	h.ServeHTTP(httptest.NewRecorder(), r)
}

// Whatever a client writes, it cannot become an address but its own, and what
// its proxies say is all that counts.
func FuzzForwardedFor(f *testing.F) {
	f.Add("192.0.2.99", "127.0.0.1", false)
	f.Add("10.0.0.1, 10.0.0.2", "", true)
	f.Add(",,,", "::ffff:10.0.0.1, [::1]:80", true)
	f.Add(strings.Repeat("10.0.0.1,", 40), "\t", false)
	f.Fuzz(func(t *testing.T, first, second string, apart bool) {
		lines := []string{first, second}
		if !apart {
			lines = []string{first + "," + second}
		}
		require.Equal(t, "203.0.113.5", clientOf("203.0.113.5:1", lines, proxies).String())
		theirs := append(slices.Clone(lines), "198.51.100.1, 10.0.0.2")
		require.Equal(t, "198.51.100.1", clientOf("10.0.0.1:1", theirs, proxies).String())
		if got := clientOf("10.0.0.1:1", lines, proxies); !got.IsValid() || got.Zone() != "" || got.Is4In6() || got.IsUnspecified() {
			t.Fatalf("%q gave %v", lines, got)
		}
	})
}
