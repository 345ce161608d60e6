package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed is what the test reads of a package.
type listed struct {
	ImportPath   string
	Doc          string
	Imports      []string
	TestImports  []string
	XTestImports []string
	GoFiles      []string
	Standard     bool
}

const root = "../.."

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json=ImportPath,Doc,Imports,TestImports,XTestImports,GoFiles,Standard"}, args...)...)
	cmd.Dir = root
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	require.NoError(t, err, words.String())
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else {
			require.NoError(t, err)
		}
		all = append(all, p)
	}
}

// relative is the path inside the module; ok is false for others' packages.
func relative(importPath string) (string, bool) {
	return strings.CutPrefix(importPath, Module+"/")
}

func TestImportsGoDownward(t *testing.T) {
	for _, p := range goList(t, "./...") {
		from, ok := relative(p.ImportPath)
		require.True(t, ok, p.ImportPath)
		check(t, from, p.Imports)
		// A test may also talk to an agent as the manager does.
		check(t, from, slices.Concat(p.TestImports, p.XTestImports), "testkit", "agentclient")
	}
}

// check reports forbidden imports, but for those of the open areas.
func check(t *testing.T, from string, imports []string, open ...string) {
	t.Helper()
	for _, i := range imports {
		to, ours := relative(i)
		if !ours || to == from || slices.Contains(open, area(to)) {
			continue
		}
		if err := May(from, to); err != nil {
			t.Errorf("%s imports %s: %v", from, to, err)
		}
	}
}

func TestWireUsesTheStandardLibraryOnly(t *testing.T) {
	for _, p := range goList(t, "-deps", "./internal/agentapi") {
		if to, ours := relative(p.ImportPath); !p.Standard && (!ours || to != "internal/agentapi") {
			t.Errorf("the wire needs %s", p.ImportPath)
		}
	}
}

func TestAgentCarriesNothingOfTheManager(t *testing.T) {
	allowed := append(slices.Clone(agentMay), "agent")
	for _, p := range goList(t, "-deps", "./cmd/patch-agent") {
		to, ours := relative(p.ImportPath)
		if ours && !strings.HasPrefix(to, "cmd/") && !slices.Contains(allowed, area(to)) {
			t.Errorf("the agent links %s", p.ImportPath)
		}
		if strings.HasPrefix(p.ImportPath, "github.com/jackc/") || p.ImportPath == "database/sql" {
			t.Errorf("the agent links the database driver %s", p.ImportPath)
		}
	}
}

func TestBinariesCarryNoTestCode(t *testing.T) {
	for _, p := range goList(t, "-deps", "./cmd/...") {
		to, ours := relative(p.ImportPath)
		if ours && area(to) == "testkit" || p.ImportPath == "testing" || strings.HasPrefix(p.ImportPath, "github.com/stretchr/") {
			t.Errorf("a binary links %s", p.ImportPath)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range goList(t, "./...") {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("package %s has no comment", p.ImportPath)
		}
	}
}

func TestLinterHasTheSameRules(t *testing.T) {
	text, err := os.ReadFile(path.Join(root, ".golangci.yml"))
	require.NoError(t, err)
	want, err := Renew(string(text))
	require.NoError(t, err)
	require.Equal(t, want, string(text), "run make generate")
}

func TestRulesOfTheHouse(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"internal/hosts", "internal/auth", true},
		{"internal/hosts", "internal/ca", false},
		{"internal/hosts", "internal/jobs", false},
		{"internal/hosts", "internal/agentclient", true},
		{"internal/auth", "internal/audit", true},
		{"internal/audit", "internal/auth", false},
		{"internal/auth", "internal/settings", false},
		{"internal/settings", "internal/auth", true},
		{"internal/enrollment", "internal/agentclient", false},
		{"internal/enrollment", "internal/ca", true},
		{"internal/rollouts", "internal/jobs", true},
		{"internal/rollouts", "internal/live", false},
		{"internal/db", "internal/hosts", false},
		{"internal/httpx", "internal/apierr", true},
		{"internal/agent/task", "internal/agent/pkgmgr", true},
		{"internal/agent/task", "internal/db", false},
		{"internal/agent/link", "internal/agentclient", false},
		{"internal/app", "internal/agent/link", false},
		{"internal/app", "web", true},
		{"internal/hosts", "web", false},
		{"internal/jobs", "internal/testkit/pgtest", false},
		{"cmd/patch-agent", "internal/agent", true},
		{"cmd/patch-agent", "internal/app", false},
		{"cmd/patch-manager", "internal/jobs", false},
		{"internal/utilities", "internal/db", false},
	} {
		if err := May(c.from, c.to); (err == nil) != c.ok {
			t.Errorf("%s -> %s: %v", c.from, c.to, err)
		}
	}
}
