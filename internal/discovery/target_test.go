package discovery

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
)

func TestNetworksAndListsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		network string
		list    []string
		n       int
		first   string
		last    string
		text    string
	}{
		"a /24":              {network: "192.0.2.0/24", n: 254, first: "192.0.2.1", last: "192.0.2.254", text: "192.0.2.0/24"},
		"an address in it":   {network: " 192.0.2.77/22 ", n: 1022, first: "192.0.0.1", last: "192.0.3.254", text: "192.0.0.0/22"},
		"the widest":         {network: "10.1.0.0/16", n: 65534, first: "10.1.0.1", last: "10.1.255.254", text: "10.1.0.0/16"},
		"two without a net":  {network: "192.0.2.4/31", n: 2, first: "192.0.2.4", last: "192.0.2.5", text: "192.0.2.4/31"},
		"one":                {network: "192.0.2.4/32", n: 1, first: "192.0.2.4", last: "192.0.2.4", text: "192.0.2.4/32"},
		"one, bare":          {network: "192.0.2.4", n: 1, first: "192.0.2.4", last: "192.0.2.4", text: "192.0.2.4"},
		"a list":             {list: []string{"2001:db8::2", " 192.0.2.1"}, n: 2, first: "2001:db8::2", last: "192.0.2.1", text: "2001:db8::2 and 1 more"},
		"a list with twins":  {list: []string{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"}, n: 1, first: "192.0.2.1", last: "192.0.2.1", text: "192.0.2.1"},
		"private, and so on": {network: "172.16.0.0/16", n: 65534, first: "172.16.0.1", last: "172.16.255.254", text: "172.16.0.0/16"},
	} {
		got, err := ParseTargets(c.network, c.list)
		require.NoError(t, err, name)
		require.Equal(t, c.n, got.Len(), name)
		require.Equal(t, c.first, got.At(0).String(), name)
		require.Equal(t, c.last, got.At(got.Len()-1).String(), name)
		require.Equal(t, c.text, got.String(), name)
	}
}

func TestWhatIsNotScannedSaysWhyAndWhatToDo(t *testing.T) {
	long := make([]string, maxListed+1)
	for i := range long {
		long[i] = "192.0.2.1"
	}
	for name, c := range map[string]struct {
		network string
		list    []string
		field   string
		says    string
	}{
		"nothing":         {field: "cidr", says: "192.0.2.0/24"},
		"both":            {network: "192.0.2.0/24", list: []string{"192.0.2.1"}, field: "cidr", says: "not both"},
		"no network":      {network: "network", field: "cidr", says: "such as"},
		"too wide":        {network: "10.0.0.0/8", field: "cidr", says: "A /8 has 16777216 addresses; at most a /16 (65536)"},
		"everything":      {network: "0.0.0.0/0", field: "cidr", says: "4294967296"},
		"IPv6":            {network: "2001:db8::/120", field: "cidr", says: "list of addresses"},
		"IPv4 in IPv6":    {network: "::ffff:192.0.2.0/120", field: "cidr", says: "list of addresses"},
		"loopback":        {network: "127.0.0.0/24", field: "cidr", says: "own machine"},
		"loopback, bare":  {network: "127.0.0.1", field: "cidr", says: "own machine"},
		"loopback v6":     {list: []string{"::1"}, field: "addresses[0]", says: "own machine"},
		"cloud metadata":  {network: "169.254.169.0/24", field: "cidr", says: "credentials"},
		"multicast":       {network: "239.1.0.0/16", field: "cidr", says: "multicast"},
		"multicast v6":    {list: []string{"192.0.2.1", "ff02::1"}, field: "addresses[1]", says: "multicast"},
		"broadcast":       {list: []string{"255.255.255.255"}, field: "addresses[0]", says: "No machine"},
		"any":             {list: []string{"0.0.0.0"}, field: "addresses[0]", says: "No machine"},
		"any v6":          {list: []string{"::"}, field: "addresses[0]", says: "No machine"},
		"zone":            {list: []string{"fe80::1%eth0"}, field: "addresses[0]", says: "zone"},
		"mapped loopback": {list: []string{"::ffff:127.0.0.1"}, field: "addresses[0]", says: "own machine"},
		"a name":          {list: []string{"web.example.com"}, field: "addresses[0]", says: "IPv4 or IPv6"},
		"too many":        {list: long, field: "addresses", says: "4096"},
	} {
		_, err := ParseTargets(c.network, c.list)
		e, ok := apierr.As(err)
		require.True(t, ok, name)
		require.Equal(t, 422, e.Status, name)
		require.Equal(t, c.field, e.Details[0].Field, name)
		require.Contains(t, e.Details[0].Message, c.says, name)
	}
}

func TestTheAnswerToAWrongFileIsShort(t *testing.T) {
	list := make([]string, 1000)
	for i := range list {
		list[i] = strings.Repeat("not an address ", 100) + strconv.Itoa(i)
	}
	_, err := ParseTargets("", list)
	e, _ := apierr.As(err)
	require.Len(t, e.Details, maxProblems)
	require.LessOrEqual(t, len(e.Details[0].Value), 110)
}

// FuzzParseTargets: whatever is accepted is small, holds nothing that is not to
// be probed, and has each address once.
func FuzzParseTargets(f *testing.F) {
	for _, seed := range []string{"192.0.2.0/24", "10.0.0.0/16", "0.0.0.0/0", "::1/128", "192.0.2.1", "192.0.2.1\n2001:db8::1", "169.254.1.1/16", "255.255.255.0/24", "1.2.3.4/-1", "::ffff:1.2.3.4"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, network bool) {
		var got Targets
		var err error
		if network {
			got, err = ParseTargets(text, nil)
		} else {
			got, err = ParseTargets("", strings.Split(text, "\n"))
		}
		if err != nil {
			e, ok := apierr.As(err)
			require.True(t, ok)
			require.NotEmpty(t, e.Details)
			return
		}
		require.Positive(t, got.Len())
		require.LessOrEqual(t, got.Len(), 1<<16)
		require.NotEmpty(t, got.String())
		seen := map[netip.Addr]bool{}
		for i := range got.Len() {
			a := got.At(i)
			wide := network && got.network.IsValid()
			if !a.IsValid() || a.Is4In6() || refused(a) != "" || seen[a] || (wide && !got.network.Contains(a)) {
				t.Fatalf("%q has %s at position %d", text, a, i)
			}
			seen[a] = true
		}
	})
}
