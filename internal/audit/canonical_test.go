package audit

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func anyContent(t *rapid.T) (content, hash) {
	// short texts of few letters, so that equal concatenations are likely
	text := rapid.StringOfN(rapid.RuneFrom([]rune("a\x01\x00")), 0, 3, -1)
	c := content{
		id: rapid.Int64Range(1, 3).Draw(t, "id"), at: time.UnixMicro(rapid.Int64Range(-2, 2).Draw(t, "at")),
		actorKind: text.Draw(t, "kind"), actorID: text.Draw(t, "actor"), actorName: text.Draw(t, "name"),
		action: text.Draw(t, "action"), targetKind: text.Draw(t, "tkind"), targetID: text.Draw(t, "tid"),
		targetName: text.Draw(t, "tname"), details: text.Draw(t, "details"), address: text.Draw(t, "address"),
		requestID: text.Draw(t, "request"),
	}
	return c, hash{byte(rapid.IntRange(0, 1).Draw(t, "prev"))}
}

func TestEncodingIsInjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, pa := anyContent(t)
		b, pb := anyContent(t)
		same := a == b && pa == pb
		require.Equal(t, same, bytes.Equal(a.encode(pa), b.encode(pb)))
	})
}

// FuzzFieldBoundaries moves text between neighbours: what reads alike when
// joined must still encode differently.
func FuzzFieldBoundaries(f *testing.F) {
	f.Add("ab", "c", "a", "bc")
	f.Add("", "\x00\x00\x00\x00\x00\x00\x00\x01x", "\x00", "x")
	f.Fuzz(func(t *testing.T, a1, a2, b1, b2 string) {
		a := content{actorID: a1, actorName: a2}.encode(hash{})
		b := content{actorID: b1, actorName: b2}.encode(hash{})
		if bytes.Equal(a, b) != (a1 == b1 && a2 == b2) {
			t.Fatalf("%q %q and %q %q", a1, a2, b1, b2)
		}
	})
}

// The bytes are a promise: an export is verified by other programs, and rows
// that were written years ago by this one. The sum was computed by another
// program, written after the package comment.
func TestEncodingIsPinned(t *testing.T) {
	c := content{id: 2, at: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), actorKind: "user", actorID: "u", actorName: "admin",
		action: "host.remove", targetKind: "host", targetID: "h", targetName: "web1", details: `{"a":1}`, address: "192.0.2.1", requestID: "r"}
	sum := c.sum(hash{1})
	require.Len(t, c.encode(hash{1}), len(encodingVersion)+13*8+8+8+len("useruadminhost.removehosthweb1{\"a\":1}192.0.2.1r")+32)
	require.Equal(t, "cdf5d662246d2f9ee9a024028b3b37ea8c4fecf5735bdad9f0b8ce2119b326e7", hex.EncodeToString(sum[:]))
}
