package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	goTest  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	named   = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	browser = regexp.MustCompile("`(web/test/e2e/[^`]+)`")
)

// TestEveryThreatNamesTestsThatExist: in docs/threat-model.md each row ends with
// the tests that hold its defence, and they are there.
func TestEveryThreatNamesTestsThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "threat-model.md"))
	require.NoError(t, err)
	have, rows := allTests(t), 0
	for n, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) != 4 || !strings.Contains("STRIDE", strings.TrimSpace(cells[0])) || strings.TrimSpace(cells[0]) == "" {
			continue
		}
		rows++
		tests := named.FindAllStringSubmatch(cells[3], -1)
		files := browser.FindAllStringSubmatch(cells[3], -1)
		require.NotEmpty(t, append(tests, files...), "line %d names no test: %s", n+1, line)
		for _, m := range tests {
			require.True(t, have[m[1]], "line %d: there is no %s", n+1, m[1])
		}
		for _, m := range files {
			require.FileExists(t, filepath.Join(root, m[1]), "line %d", n+1)
		}
	}
	require.Greater(t, rows, 60, "the rows were read")
}

func allTests(t *testing.T) map[string]bool {
	t.Helper()
	have := map[string]bool{}
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range goTest.FindAllStringSubmatch(string(text), -1) {
				have[m[1]] = true
			}
			return err
		})
		require.NoError(t, err)
	}
	return have
}
