package auth

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The vectors of RFC 6238, appendix B (SHA-1), whose last six digits are ours.
func TestCodesOfTheStandard(t *testing.T) {
	key := totpKey("12345678901234567890")
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		step, ok, err := key.match(code, time.Unix(at, 0))
		require.NoError(t, err)
		require.True(t, ok, at)
		require.Equal(t, at/30, step)
		_, ok, err = key.match(code[:3]+" "+code[3:], time.Unix(at+30, 0))
		require.NoError(t, err)
		require.True(t, ok, "one step late, and as some apps show it")
		_, ok, err = key.match(code, time.Unix(at+60, 0))
		require.NoError(t, err)
		require.False(t, ok, "two steps late")
		_, ok, err = key.match(code, time.Unix(max(at-60, 119), 0))
		require.NoError(t, err)
		require.False(t, ok, "two steps early")
	}
	for _, code := range []string{"", "28708", "2870820", "٢٨٧٠٨٢"} {
		_, ok, err := key.match(code, time.Unix(59, 0))
		require.NoError(t, err)
		require.False(t, ok, code)
	}
}

func TestURIOfAnAuthenticator(t *testing.T) {
	require.Equal(t, "otpauth://totp/Linux%20Patch%20Manager:jo?issuer=Linux%20Patch%20Manager&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
		totpKey("12345678901234567890").uri("jo"))
}

// A QR code is square, has 17+4n modules a side and a ring in three corners.
func TestQRCode(t *testing.T) {
	rows, err := qrRows(totpKey(randomBytes(totpKeySize)).uri(strings.Repeat("x", maxUsername)))
	require.NoError(t, err)
	n := len(rows)
	require.Zero(t, (n-17)%4)
	for _, row := range rows {
		require.Len(t, row, n)
		require.Empty(t, strings.Trim(row, "01"))
	}
	corner := func(y, x int) (c []string) {
		for _, row := range rows[y : y+7] {
			c = append(c, row[x:x+7])
		}
		return c
	}
	ring := []string{"1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"}
	require.Equal(t, ring, corner(0, 0))
	require.Equal(t, ring, corner(0, n-7))
	require.Equal(t, ring, corner(n-7, 0))
	require.NotEqual(t, ring, corner(n-7, n-7))
}

func TestSecretsPrintAsStars(t *testing.T) {
	key, device := totpKey("12345678901234567890"), deviceToken("a device token")
	for _, form := range []string{"%s", "%v", "%+v", "%#v", "%q"} {
		text := fmt.Sprintf(form, struct {
			K totpKey
			D deviceToken
		}{key, device})
		require.NotContains(t, text, string(key), form)
		require.NotContains(t, text, string(device), form)
	}
}

// Strangers who guess at an account stop neither its passkeys nor its known
// devices; an address that guesses stops whoever is not known.
func TestWhatIsCountedForWhom(t *testing.T) {
	addr := netip.MustParseAddr("192.0.2.1")
	keys := func(g guess, device deviceToken, owner string) (out []string) {
		for _, s := range subjectsOf(g, addr, device, owner) {
			out = append(out, s.key)
		}
		return out
	}
	d := deviceToken("d")
	own := deviceKey(kindPassword, d)
	require.Equal(t, []string{"addr:192.0.2.1", "user:jo"}, keys(passwordOf("jo"), "", ""))
	require.Equal(t, []string{"addr:192.0.2.1", "code:jo"}, keys(codeOf("jo"), "", ""))
	require.Equal(t, []string{"addr:192.0.2.1"}, keys(passkeyGuess, "", ""))
	require.Equal(t, []string{own}, keys(passwordOf("jo"), d, "jo"))
	require.Equal(t, []string{"addr:192.0.2.1", "user:jo"}, keys(passwordOf("jo"), d, "somebody else"))
	require.Equal(t, []string{deviceKey("", d)}, keys(passkeyGuess, d, "jo"))
	require.NotEqual(t, own, deviceKey(kindCode, d), "the right password must not clear wrong codes")
	require.LessOrEqual(t, len(own), 200, "the column's limit")
}
