package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The export in testdata is a promise: what was exported once can be verified by
// every later version, with a public key and nothing else.
func TestAuditVerifyEndsWithWhatItFound(t *testing.T) {
	const file, key = "testdata/audit-export.jsonl", "testdata/audit.pub"
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := filepath.Join(t.TempDir(), "changed.jsonl")
	require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(whole), `"id":2`, `"id":4`, 1)), 0o600))
	text, err := os.ReadFile(key)
	require.NoError(t, err)
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{0, "INTACT: 3 entries hold.", []string{file, "--key", key}},
		{0, "INTACT: 3 entries hold.", []string{file, "--key", strings.TrimSpace(string(text))}},
		{1, "BROKEN at line 3: entry 4 was added", []string{changed, "--key", key}},
		{2, "no such file", []string{"no-such-file", "--key", key}},
		{2, "is not a public audit key", []string{file, "--key", "a+b+c"}},
		{2, "missing flags: --key", []string{file}},
	} {
		r := command(t, append([]string{"audit", "verify"}, c.args...)...)
		require.Equal(t, c.code, r.code, "%v: %s", c.args, r.stderr)
		require.Contains(t, r.stdout+r.stderr, c.says)
	}
}
