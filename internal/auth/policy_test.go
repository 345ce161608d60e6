package auth

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWeakness(t *testing.T) {
	for _, p := range []string{
		"password1234", "Password123!", "P@ssw0rd2026", "!!administrator1", "welcome12345", "Summer2026!!", "letmein12345",
		"passwordpassword", "Qwertyuiop12", "123456789012", "0987654321098", "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijkl",
		"1q2w3e4r5t6y", "1qaz2wsx3edc", "asdfghjkl123", "iloveyou2026", "changeme2026!", "Linux2026!!!", "patchmanager1",
		"aaaabbbbcccc", "zxcvbnm,./12345",
	} {
		require.NotEmpty(t, weakness(p, "admin"), p)
	}
	for _, p := range []string{
		"correct horse battery staple", "tülpen blühen im märz", "842917305618", "x7Kq-pV2n-Lw9t", "我们今天在河边散步看见了鸭子",
		"dragon 84720 river", "my dog eats socks", "k3yb0ard-m0uth-lake",
	} {
		require.Empty(t, weakness(p, "admin"), p)
	}
	for _, p := range []string{
		"linuxpatchmanager", "Linux-Patch-Manager-2026", "P4tchM4n4g3r!2026", "patch agent 1234567", "manager of patches", "LPM-patch-admin-01!",
		"my linux patch manager", "PatchManagement99",
	} {
		require.NotEmpty(t, weakness(p, "somebody"), p)
	}
	for _, p := range []string{"a penguin patches linux", "manager of seven oceans", "842-917-305-618-77"} {
		require.Empty(t, weakness(p, "somebody"), p)
	}
	require.NotEmpty(t, weakness("4l1ce in the springs", "alice"))
	require.NotEmpty(t, weakness("the alice springs", "Alice"))
	require.Empty(t, weakness("the alice springs", "al"), "a name of two letters is in many words")
	require.NotEmpty(t, weakness("\xff\xfe not valid text", "admin"))
}

func TestCommonListIsLarge(t *testing.T) {
	long := 0
	for p := range commonPasswords() {
		if len(p) >= 8 {
			long++
		}
	}
	require.Greater(t, long, 1000)
	require.Greater(t, len(commonPasswords()), 4900)
}

// Text of any kind is judged, quickly and without a crash, and one-time
// passwords of our own pass.
func TestWeaknessTakesAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weakness(rapid.String().Draw(t, "password"), rapid.String().Draw(t, "name"))
		weakness(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")), "admin")
	})
	for range 200 {
		require.Empty(t, weakness(oneTimePassword(), "admin"))
	}
}
