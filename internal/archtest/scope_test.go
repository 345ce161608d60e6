package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scopedPackages hold queries on what belongs to hosts.
var scopedPackages = []string{"hosts", "patches", "enrollment", "jobs", "live", "dashboard", "ca", "audit", "audittrail", "auth", "settings", "discovery"}

// hostOwned finds a query that reads or writes something that belongs to a host.
var hostOwned = regexp.MustCompile(`(?is)\b(?:from|join|update|into|using)\s+(?:only\s+)?` +
	`(host|host_detail|host_state_change|host_act|host_label|host_poll|host_inventory|host_package|host_patch|host_group|host_group_host|` +
	`host_scope_v|host_target_v|host_place_v|host_facts_age_v|host_patch_summary_v|host_package_summary_v|` +
	`job|job_host|job_event|job_plan|job_plan_host|job_current_v|job_history_v|auth_user_group|auth_member_v)\b`)

// scanned is one function of a package.
type scanned struct {
	name    string
	decl    *ast.FuncDecl
	owned   bool // its SQL, or SQL that it refers to, is about hosts
	scoped  bool // it takes a Scope and uses it
	touches []string
}

// TestQueriesOfHostsTakeAScope reads the source: a function whose SQL touches
// what belongs to hosts takes a hosts.Scope and uses it, or is written down in
// scope_exempt.go with the reason why it needs none. So nobody forgets the
// scope: the compiler asks the caller for it.
func TestQueriesOfHostsTakeAScope(t *testing.T) {
	used := map[string]bool{}
	for _, pkg := range scopedPackages {
		for _, f := range scan(t, filepath.Join(root, "internal", pkg)) {
			name := pkg + "." + f.name
			reason, exempt := scopeExempt[name]
			switch {
			case exempt:
				used[name] = true
				require.Greater(t, len(reason), 20, "%s: say why it needs no scope", name)
				if !f.owned || f.scoped {
					t.Errorf("%s is exempt from taking a scope and need not be: take it off the list", name)
				}
			case f.owned && !f.scoped:
				t.Errorf("%s touches %s without a hosts.Scope: take one and use its SQL, or write into scope_exempt.go why there is no reader to limit",
					name, strings.Join(f.touches, ", "))
			}
		}
	}
	for name := range scopeExempt {
		require.True(t, used[name], "%s is exempt and does not exist", name)
	}
}

// TestTheScanFindsWhatItLooksFor keeps the test above from passing because it
// sees nothing.
func TestTheScanFindsWhatItLooksFor(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.go"), []byte(`package a
const where = " from host h where true"
const both = "select 1" + where
func bare() { q("select id from job_host jh") }
func byConstant() { q(both) }
func ignored(_ hosts.Scope) { q("select 1 from host") }
func unused(s hosts.Scope) { q("select 1 from host"); _ = s }
func good(s hosts.Scope) { q("select 1 from host where " + s.SQL("id")) }
func passed(s hosts.Scope) { q("select 1 from host where " + f.where(s)) }
func other() { q("select 1 from enrollment_token") }
func words() { errors.New("the hosts of a job from job 3") }
func (s Scope) own() { q("select 1 from host where " + s.SQL("id")) }
`), 0o600))
	got := map[string][2]bool{}
	for _, f := range scan(t, dir) {
		got[f.name] = [2]bool{f.owned, f.scoped}
	}
	require.Equal(t, map[string][2]bool{"bare": {true, false}, "byConstant": {true, false}, "ignored": {true, false}, "unused": {true, false},
		"good": {true, true}, "passed": {true, true}, "other": {false, false}, "words": {false, false}, "Scope.own": {true, true}}, got)
}

// scan reads the functions of a folder, without its tests.
func scan(t *testing.T, dir string) []scanned {
	t.Helper()
	var files []*ast.File
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, f)
	}
	constants := sqlConstants(files)
	var all []scanned
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				all = append(all, examine(fn, constants))
			}
		}
	}
	return all
}

// sqlConstants are the texts of constants and variables of the package by name.
func sqlConstants(files []*ast.File) map[string]ast.Expr {
	named := map[string]ast.Expr{}
	for _, f := range files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || (g.Tok != token.CONST && g.Tok != token.VAR) {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, n := range v.Names {
					if i < len(v.Values) {
						named[n.Name] = v.Values[i]
					}
				}
			}
		}
	}
	return named
}

func examine(fn *ast.FuncDecl, constants map[string]ast.Expr) scanned {
	s := scanned{name: fn.Name.Name, decl: fn}
	if fn.Recv != nil && len(fn.Recv.List) > 0 {
		s.name = typeName(fn.Recv.List[0].Type) + "." + s.name
	}
	for _, sql := range texts(fn.Body, constants, map[string]bool{}) {
		for _, m := range hostOwned.FindAllStringSubmatch(sql, -1) {
			s.touch(m[1])
		}
	}
	s.owned = len(s.touches) > 0
	s.scoped = usesScope(fn)
	return s
}

func (s *scanned) touch(table string) {
	if !slices.Contains(s.touches, table) {
		s.touches = append(s.touches, table)
	}
}

// texts are the string literals below a node, also of constants that it names.
// A text that is no SQL (an error, a comment in words) does not count.
func texts(n ast.Node, constants map[string]ast.Expr, seen map[string]bool) (out []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.BasicLit:
			if text, err := strconv.Unquote(x.Value); x.Kind == token.STRING && err == nil && looksLikeSQL(text) {
				out = append(out, text)
			}
		case *ast.SelectorExpr:
			return true
		case *ast.Ident:
			if value, ok := constants[x.Name]; ok && !seen[x.Name] {
				seen[x.Name] = true
				out = append(out, texts(value, constants, seen)...)
			}
		}
		return true
	})
	return out
}

var sqlWords = regexp.MustCompile(`(?is)\b(select|insert into|delete from|join|where|set)\b|^\s*from\b`)

func looksLikeSQL(text string) bool { return sqlWords.MatchString(text) }

// usesScope reports whether a function has a parameter or a receiver of type
// Scope and does something with it: calls one of its methods or passes it on.
func usesScope(fn *ast.FuncDecl) bool {
	fields := slices.Clone(fn.Type.Params.List)
	if fn.Recv != nil {
		fields = append(fields, fn.Recv.List...)
	}
	for _, f := range fields {
		if typeName(f.Type) != "Scope" {
			continue
		}
		for _, n := range f.Names {
			if isUsed(fn.Body, n.Name) {
				return true
			}
		}
	}
	return false
}

func isUsed(body ast.Node, name string) (used bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			for _, a := range x.Args {
				if id, ok := a.(*ast.Ident); ok && id.Name == name {
					used = true
				}
			}
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok && id.Name == name {
				used = true
			}
		}
		return true
	})
	return used
}

func typeName(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.IndexExpr:
		return typeName(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
