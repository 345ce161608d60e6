package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// statement is a text that begins like SQL.
var statement = regexp.MustCompile(`(?i)^\s*(select|insert into|update \w+ set|delete from|with \w+ as)\b`)

// TestSQLStandsInStores keeps decisions and queries apart: whoever asks what a
// domain does with its tables reads its store files and nothing else.
func TestSQLStandsInStores(t *testing.T) {
	for _, pkg := range scopedPackages {
		for _, place := range statements(t, filepath.Join(root, "internal", pkg)) {
			t.Errorf("%s: SQL belongs to a store*.go, one function a query", place)
		}
	}
}

// TestTheSearchForSQLFindsIt keeps the test above from passing because it sees
// nothing.
func TestTheSearchForSQLFindsIt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package a\n"+text), 0o600))
	}
	write("rule.go", "const a = `\n\tselect 1`\nvar b = \"delete from x\"\nvar c = \"select a host, then go on\"\n")
	write("store_rows.go", "const d = `select 1`\n")
	write("rule_test.go", "const e = `select 1`\n")
	require.Len(t, statements(t, dir), 3, "words that read like SQL are found too: say them otherwise")
}

// statements are the places of a folder's production code, its stores left out,
// where a text begins like SQL.
func statements(t *testing.T, dir string) (places []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, dir)
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "store") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil && statement.MatchString(text) {
				places = append(places, set.Position(lit.Pos()).String())
			}
			return true
		})
	}
	return places
}
