package audittrail_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"patchmanager/internal/audit"
	"patchmanager/internal/audittrail"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/queue"
	"patchmanager/internal/testkit/pgtest"
)

type bed struct {
	t   *testing.T
	db  *db.DB
	key *audit.Key
	mux *http.ServeMux
}

func newBed(t *testing.T) *bed {
	d := pgtest.New(t)
	key, err := audit.OpenKey(t.TempDir())
	require.NoError(t, err)
	q, err := queue.NewInserter(d, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	b := &bed{t: t, db: d, key: key, mux: http.NewServeMux()}
	trail := audit.New(audit.Deps{DB: d, Clock: clock.System(), Queue: q, Key: key})
	audittrail.New(audittrail.Deps{DB: d, Trail: trail}).Routes(httpx.NewAPI(b.mux, "test"))
	require.NoError(t, d.InTx(t.Context(), func(tx db.Tx) error {
		for _, action := range []string{"host.remove", "session.login", "host.remove"} {
			if err := audit.Append(t.Context(), tx, audit.Entry{Actor: audit.Actor{Kind: audit.KindUser, ID: "u1", Name: "ada"}, Action: action,
				Target: audit.Target{Kind: "host", ID: "h", Name: "web1"}, Details: map[string]any{"n": 1}}); err != nil {
				return err
			}
		}
		return nil
	}))
	return b
}

func person(role auth.Role) auth.Actor {
	return auth.Actor{UserID: ids.New(), SessionID: ids.New(), Name: string(role), Role: role}
}

func (b *bed) call(a auth.Actor, method, path string, into any) (int, []byte) {
	b.t.Helper()
	r := httptest.NewRequest(method, "/api/v1/audit"+path, nil)
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r.WithContext(auth.WithActor(b.t.Context(), a)))
	if into != nil {
		require.Less(b.t, w.Code, 300, w.Body.String())
		require.NoError(b.t, json.Unmarshal(w.Body.Bytes(), into), w.Body.String())
	}
	return w.Code, w.Body.Bytes()
}

func TestAuditorsReadProveVerifyAndExport(t *testing.T) {
	b := newBed(t)
	a := person(auth.RoleAuditor)
	var page audittrail.AuditPage
	b.call(a, "GET", "?action=host.&page_size=1", &page)
	require.Equal(t, 2, page.Total)
	require.Len(t, page.Items, 1)
	require.EqualValues(t, 3, page.Items[0].ID)
	require.Equal(t, map[string]any{"n": 1.0}, page.Items[0].Details)

	var facets audittrail.AuditFacets
	b.call(a, "GET", "/facets", &facets)
	require.Equal(t, []audittrail.AuditActionCount{{Value: "host.remove", Count: 2}, {Value: "session.login", Count: 1}}, facets.Actions)

	var proof audittrail.AuditProof
	b.call(a, "GET", "/entries/2/proof", &proof)
	require.Equal(t, "session.login", proof.Entry.Action)
	checkProof(t, proof)

	var key audittrail.AuditKey
	b.call(a, "GET", "/key", &key)
	require.Equal(t, b.key.VerifierKey(), key.VerifierKey)

	var points audittrail.CheckpointPage
	b.call(a, "GET", "/checkpoints", &points)
	require.Equal(t, 1, points.Total)
	require.Equal(t, proof.Checkpoint, points.Items[0])

	var v, same audittrail.Verification
	status, _ := b.call(a, "POST", "/verifications", &v)
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, "running", v.State)
	b.call(a, "GET", "/verifications/"+v.ID, &same)
	require.Equal(t, v, same)
	status, _ = b.call(a, "GET", "/verifications/"+ids.New().String(), nil)
	require.Equal(t, http.StatusNotFound, status)

	_, file := b.call(a, "GET", "/export", nil)
	known, err := audit.ParseVerifierKeys(key.VerifierKey)
	require.NoError(t, err)
	rep, err := audit.VerifyExport(bytes.NewReader(file), known)
	require.NoError(t, err)
	require.Nil(t, rep.Break)
	require.EqualValues(t, 4, rep.Entries, "with the row of the verification's order")
	_, file = b.call(a, "GET", "/export?format=csv&action=session.login", nil)
	require.Equal(t, 2, bytes.Count(file, []byte("\n")))
	b.call(a, "GET", "?action=audit.export", &page)
	require.Equal(t, 2, page.Total)
	require.Equal(t, "auditor", page.Items[0].Actor.Name)
}

// checkProof follows the path from the leaf to the root that is signed.
func checkProof(t *testing.T, p audittrail.AuditProof) {
	t.Helper()
	var path tlog.RecordProof
	for _, h := range p.Hashes {
		parsed, err := tlog.ParseHash(h)
		require.NoError(t, err)
		path = append(path, parsed)
	}
	root, err := tlog.ParseHash(p.Checkpoint.RootHash)
	require.NoError(t, err)
	leaf, err := tlog.ParseHash(p.LeafHash)
	require.NoError(t, err)
	require.NoError(t, tlog.CheckRecord(path, p.TreeSize, root, p.Index, leaf))
}

func TestNobodyElseReadsTheTrail(t *testing.T) {
	b := newBed(t)
	narrowed := person(auth.RoleAdmin)
	narrowed.SessionID, narrowed.TokenID, narrowed.Groups = ids.ID{}, ids.New(), []ids.ID{}
	for _, c := range []struct {
		actor auth.Actor
		want  int
	}{{auth.Actor{}, http.StatusUnauthorized}, {person(auth.RoleOperator), http.StatusForbidden}, {narrowed, http.StatusForbidden}} {
		for _, path := range []string{"GET ", "GET /facets", "GET /entries/1/proof", "GET /key", "GET /checkpoints", "GET /verifications",
			"POST /verifications", "GET /verifications/" + ids.New().String(), "GET /export", "GET /export?format=csv"} {
			method, rest := path[:bytes.IndexByte([]byte(path), ' ')], path[bytes.IndexByte([]byte(path), ' ')+1:]
			status, body := b.call(c.actor, method, rest, nil)
			require.Equal(t, c.want, status, "%s: %s", path, body)
		}
	}
	var n int
	require.NoError(t, b.db.QueryRow(t.Context(), "select count(*) from audit_entry").Scan(&n))
	require.Equal(t, 3, n)
}
