package task

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
)

func TestLinesAreMadeFitToBeTold(t *testing.T) {
	for in, want := range map[string]string{
		"Get:1 https://u:p@repo.example.org/debian x InRelease\n":  "Get:1 https://***@repo.example.org/debian x InRelease",
		"http://u:p@ss@repo.example.org/":                          "http://***@repo.example.org/",
		"mail to a@example.org about http://repo.example.org/a@b":  "mail to a@example.org about http://repo.example.org/a@b",
		"(Reading database ... 5%\r(Reading database ... 100%\r\n": "(Reading database ... 100%",
		"\x1b[1mbold\x1b[0m\x07":                                   "bold",
		"bad \xff byte":                                            "bad \uFFFD byte",
	} {
		require.Equal(t, want, clean([]byte(in)))
	}
	long := clean([]byte(strings.Repeat("ä", agentapi.MaxLogLine)))
	require.LessOrEqual(t, len(long), agentapi.MaxLogLine)
	require.True(t, utf8.ValidString(long))
	require.True(t, strings.HasSuffix(long, cutMark))
}

func TestLinesAreCutWhereTheyEnd(t *testing.T) {
	lines, used := splitLines([]byte("one\ntwo\nthr"), false)
	require.Len(t, lines, 2)
	require.Equal(t, 8, used)
	lines, used = splitLines([]byte("one\ntwo\nthr"), true)
	require.Len(t, lines, 3)
	require.Equal(t, 11, used)
	endless := bytes.Repeat([]byte("x"), pumpBytes)
	lines, used = splitLines(endless, false)
	require.Len(t, lines, 1, "a line without end does not stop the rest")
	require.Equal(t, pumpBytes, used)
}
