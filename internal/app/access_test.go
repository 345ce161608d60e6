package app

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
)

var update = flag.Bool("update", false, "write testdata/access.txt anew, for review")

const accessFile = "testdata/access.txt"

// TestAccess calls every operation of the API as everybody and compares the
// answers with the reviewed file. An operation without a row fails, and so does
// a row without an operation. After a change that is meant:
//
//	go test ./internal/app -run 'TestAccess$' -update
//
// and read the difference.
func TestAccess(t *testing.T) {
	t.Parallel()
	_, api := newAPI(describe(), &health{})
	w := newWorld(t)
	var rows []accessRow
	all := operations(api)
	for _, name := range slices.SortedFunc(maps.Keys(all), byPath) {
		if all[name].RequestBody != nil {
			w.bodies[all[name].OperationID] = true
		}
		rows = append(rows, w.ask(name, all[name]))
	}
	have := writeAccess(rows)
	if *update {
		require.NoError(t, os.WriteFile(accessFile, []byte(have), 0o644))
		return
	}
	want, err := os.ReadFile(accessFile)
	require.NoError(t, err)
	require.Equal(t, string(want), have, "if this is meant: go test ./internal/app -run 'TestAccess$' -update, and read the difference")
}

// byPath puts the operations on one thing beside each other.
func byPath(a, b string) int {
	am, ap, _ := strings.Cut(a, " ")
	bm, bp, _ := strings.Cut(b, " ")
	return strings.Compare(ap+" "+am, bp+" "+bm)
}

// accessRow is what everybody got from one operation.
type accessRow struct {
	id, method, path string
	public           bool
	answers          map[string][]string // callers by answer
}

// ask calls one operation as everybody.
func (w *world) ask(name string, op *huma.Operation) accessRow {
	w.t.Helper()
	method, path, _ := strings.Cut(name, " ")
	row := accessRow{id: op.OperationID, method: method, path: path, public: httpx.IsPublic(op), answers: map[string][]string{}}
	letIn := false
	for _, e := range everybody {
		if row.public && e.name != "anonymous" && e.name != "admin" {
			continue // it does not look at who asks
		}
		answer := w.answer(row, e.name)
		row.answers[answer] = append(row.answers[answer], e.name)
		letIn = letIn || answer < "4"
	}
	reason, known := refusedToAll[row.id]
	require.Equal(w.t, !letIn, known, "%s: everybody got %v; make its request in access_requests_test.go right (%s)", row.id, row.answers, reason)
	return row
}

// answer calls one operation as one caller. What is refused must have changed
// nothing that the audit trail would know.
func (w *world) answer(row accessRow, who string) string {
	w.t.Helper()
	c := w.as(who)
	r := w.requestFor(row.id, row.path, c)
	w.exec("delete from auth_failure") // wrong on purpose, many times, from one address
	before := w.one("select coalesce(max(id), 0) from audit_entry")
	var text string
	path := parameter.ReplaceAllStringFunc(row.path, func(p string) string { return r.path[p[1:len(p)-1]] })
	if r.body == nil && w.bodies[row.id] {
		r.body = map[string]any{}
	}
	res := w.send(c, row.method, path+r.query, r.body, &text)
	require.Less(w.t, res.StatusCode, 500, "%s as %s: %s", row.id, who, text)
	answer := strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, codeOf(text)))
	if !row.public && slices.Contains([]int{401, 403, 404}, res.StatusCode) {
		require.Equal(w.t, before, w.one("select coalesce(max(id), 0) from audit_entry"), "%s as %s was refused and has done something", row.id, who)
	}
	if row.method != http.MethodGet && strings.HasPrefix(row.path, "/api/v1/auth/") {
		delete(w.callers, who) // it may have changed itself
	}
	return answer
}

const accessHead = `# What every operation of the API answers to whom. Written by
#   go test ./internal/app -run 'TestAccess$' -update
# and reviewed by people: a line that is wrong here is a hole, or somebody locked out.
#
# What is asked for belongs to the group "mine". The callers:
#   anonymous     nobody signed in
#   auditor       sees all hosts, changes nothing
#   operator_in   is in the group "mine"; operator_out is in another one
#   admin         has just shown a second factor; admin_stale an hour ago
#   token         an API token of an admin; token_read may only read
#   token_in      one that is narrowed to the group "mine"; token_out to another one
#   disabled      an admin who was disabled with the session still open
#   must_change   an admin who must change the password first
#   no_mfa        an admin who has not set up a second factor
# An operation that is public does not look at who asks: anonymous and admin ask it.
`

func writeAccess(rows []accessRow) string {
	var b strings.Builder
	b.WriteString(accessHead)
	for _, r := range rows {
		fmt.Fprintf(&b, "\n%s %s %s", r.id, r.method, r.path)
		if r.public {
			b.WriteString(" public")
		}
		b.WriteString("\n")
		for _, answer := range slices.Sorted(maps.Keys(r.answers)) {
			fmt.Fprintf(&b, "    %-30s %s\n", answer, strings.Join(r.answers[answer], " "))
		}
	}
	return b.String()
}
