package enrollment_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/ca"
	"patchmanager/internal/db"
	"patchmanager/internal/enrollment"
	"patchmanager/internal/hosts"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

var (
	start      = time.Now().UTC().Truncate(time.Second)
	everything = hosts.ScopeOf(auth.System("test"))
)

type bed struct {
	t     *testing.T
	db    *db.DB
	clock *fakeclock.Clock
	ca    *ca.Authority
	svc   *enrollment.Service
	hosts *hosts.Service
	admin auth.Actor
}

func newBed(t *testing.T) *bed {
	b := &bed{t: t, db: pgtest.New(t), clock: fakeclock.New(start), admin: auth.Actor{UserID: ids.New(), Name: "admin", Role: auth.RoleAdmin}}
	var err error
	b.ca, err = ca.Open(t.Context(), ca.Deps{DB: b.db, Clock: b.clock, Dir: t.TempDir()})
	require.NoError(t, err)
	b.svc = enrollment.New(enrollment.Deps{DB: b.db, Clock: b.clock, CA: b.ca})
	b.hosts = hosts.New(hosts.Deps{DB: b.db, Clock: b.clock, Certificates: b.ca})
	return b
}

type agent struct {
	key *ecdsa.PrivateKey
	req agentapi.EnrollRequest
}

func newAgent(t *testing.T, name, machine string) *agent {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &agent{key: key, req: agentapi.EnrollRequest{MachineID: machine, Hostname: name, FQDN: name + ".example.com",
		IPAddress: "192.0.2.10", Port: 12443, OSDetails: map[string]string{"pretty_name": "Debian GNU/Linux 12"}, CSR: csrOf(t, key)}}
}

func csrOf(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"manager.example.com"}}, key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func (b *bed) enroll(a *agent, token string) (string, error) {
	req := a.req
	req.Token = token
	return b.svc.Enroll(b.t.Context(), auth.Actor{}, netip.MustParseAddr("192.0.2.10"), req)
}

func (b *bed) mustEnroll(a *agent, token string) string {
	b.t.Helper()
	p, err := b.enroll(a, token)
	require.NoError(b.t, err)
	return p
}

func (b *bed) status(polling string) agentapi.EnrollBundle {
	b.t.Helper()
	s, err := b.svc.Status(b.t.Context(), polling)
	require.NoError(b.t, err)
	return s
}

func (b *bed) pending() []enrollment.Enrollment {
	b.t.Helper()
	p, err := b.svc.List(b.t.Context(), b.admin, "pending", 1, 100)
	require.NoError(b.t, err)
	return p.Items
}

func (b *bed) token(uses int) string {
	b.t.Helper()
	t, err := b.svc.IssueToken(b.t.Context(), b.admin, "test", uses, 24)
	require.NoError(b.t, err)
	return t.Token
}

func (b *bed) audited(action string) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.db.QueryRow(b.t.Context(), "select count(*) from audit_entry where action = $1", action).Scan(&n))
	return n
}

func code(t *testing.T, err error) string {
	t.Helper()
	known, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	return known.Code
}

func TestApprovedByAPersonAndServedUntilAcknowledged(t *testing.T) {
	b := newBed(t)
	a := newAgent(t, "web1", "m1")
	polling := b.mustEnroll(a, "")
	require.Equal(t, agentapi.EnrollPending, b.status(polling).Status)
	list := b.pending()
	require.Len(t, list, 1)
	require.Empty(t, list[0].Collisions)
	require.Equal(t, "192.0.2.10", list[0].AddressSeen)
	_, err := b.svc.Approve(t.Context(), auth.Actor{UserID: ids.New(), Role: auth.RoleOperator}, list[0].ID)
	require.Equal(t, "forbidden", code(t, err))
	e, err := b.svc.Approve(t.Context(), b.admin, list[0].ID)
	require.NoError(t, err)
	require.Equal(t, "approved", e.Status)
	require.Equal(t, "admin", e.DecidedBy)
	_, err = b.svc.Approve(t.Context(), b.admin, list[0].ID)
	require.Equal(t, "enrollment_decided", code(t, err))

	bundle := b.status(polling)
	require.Equal(t, agentapi.EnrollApproved, bundle.Status)
	require.Equal(t, e.HostID.String(), bundle.HostID)
	b.checkCertificate(a, bundle)
	again := b.mustEnroll(a, "") // the agent lost its polling token, not its key
	require.Equal(t, agentapi.EnrollNotFound, b.status(polling).Status, "the older one is replaced")
	require.Equal(t, bundle, b.status(again))
	require.NoError(t, b.svc.Acknowledge(t.Context(), again))
	require.NoError(t, b.svc.Acknowledge(t.Context(), again), "the answer may get lost")
	require.Equal(t, 1, b.audited("enrollment.complete"))
	require.Equal(t, bundle, b.status(again))
	b.clock.Advance(2 * time.Hour)
	require.Equal(t, agentapi.EnrollNotFound, b.status(again).Status)
	require.Error(t, b.svc.Acknowledge(t.Context(), "nonsense"))
	h, err := b.hosts.Get(t.Context(), everything, *e.HostID)
	require.NoError(t, err)
	require.Equal(t, "web1", h.Name)
	require.Equal(t, hosts.Unknown, h.State)
	require.Equal(t, 1, b.audited("enrollment.request"))
	require.Equal(t, 1, b.audited("enrollment.approve"))
}

// checkCertificate: our root signed it, it is the agent's key, it names the
// host and nothing that the agent claimed.
func (b *bed) checkCertificate(a *agent, bundle agentapi.EnrollBundle) {
	b.t.Helper()
	block, _ := pem.Decode([]byte(bundle.ServerCrt))
	cert, err := x509.ParseCertificate(block.Bytes)
	require.NoError(b.t, err)
	_, err = cert.Verify(x509.VerifyOptions{Roots: b.ca.RootPool(), CurrentTime: b.clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	require.NoError(b.t, err)
	_, err = cert.Verify(x509.VerifyOptions{Roots: b.ca.RootPool(), CurrentTime: b.clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	require.Error(b.t, err, "a host's certificate is for servers only")
	require.True(b.t, a.key.PublicKey.Equal(cert.PublicKey))
	require.Equal(b.t, "spiffe://patch-manager/host/"+bundle.HostID, cert.URIs[0].String())
	require.Empty(b.t, cert.DNSNames)
	require.Empty(b.t, cert.IPAddresses)
	require.False(b.t, cert.IsCA)
}

func TestDeniedWithItsReason(t *testing.T) {
	b := newBed(t)
	a := newAgent(t, "web1", "m1")
	polling := b.mustEnroll(a, "")
	_, err := b.svc.Deny(t.Context(), b.admin, b.pending()[0].ID, "not ours")
	require.NoError(t, err)
	require.Equal(t, agentapi.EnrollBundle{Status: agentapi.EnrollDenied, Reason: "not ours"}, b.status(polling))
	require.Equal(t, agentapi.EnrollDenied, b.status(b.mustEnroll(a, "")).Status, "asking again changes nothing")
	b.clock.Advance(25 * time.Hour)
	require.Equal(t, agentapi.EnrollPending, b.status(b.mustEnroll(a, "")).Status)
}

func TestTokens(t *testing.T) {
	b := newBed(t)
	token := b.token(1)
	bundle := b.status(b.mustEnroll(newAgent(t, "web1", "m1"), token))
	require.Equal(t, agentapi.EnrollApproved, bundle.Status)
	_, err := b.enroll(newAgent(t, "web2", "m2"), token)
	require.Equal(t, "token_used", code(t, err))
	_, err = b.enroll(newAgent(t, "web2", "m2"), "pmet_guess")
	require.Equal(t, "token_unknown", code(t, err))
	require.Empty(t, b.pending(), "a refused token leaves nothing behind")

	fresh, err := b.svc.IssueToken(t.Context(), b.admin, "", 5, 1)
	require.NoError(t, err)
	b.clock.Advance(time.Hour)
	_, err = b.enroll(newAgent(t, "web2", "m2"), fresh.Token)
	require.Equal(t, "token_expired", code(t, err))

	gone, err := b.svc.IssueToken(t.Context(), b.admin, "", 5, 1)
	require.NoError(t, err)
	require.NoError(t, b.svc.RevokeToken(t.Context(), b.admin, gone.ID))
	require.Error(t, b.svc.RevokeToken(t.Context(), b.admin, gone.ID))
	_, err = b.enroll(newAgent(t, "web2", "m2"), gone.Token)
	require.Equal(t, "token_revoked", code(t, err))
	for _, bad := range [][2]int{{0, 1}, {1001, 1}, {1, 0}, {1, 721}} {
		_, err = b.svc.IssueToken(t.Context(), b.admin, "", bad[0], bad[1])
		require.Equal(t, "validation_failed", code(t, err))
	}
	var plain int
	require.NoError(t, b.db.QueryRow(t.Context(), "select count(*) from enrollment_token t where t::text like '%' || $1 || '%'", token).Scan(&plain))
	require.Zero(t, plain, "the secret is not stored")
}

func TestOneUseLetsInOneHostWhateverHappensAtOnce(t *testing.T) {
	b := newBed(t)
	token := b.token(3)
	var wg sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for i := range 10 {
		a := newAgent(t, "web"+string(rune('a'+i)), "m"+string(rune('a'+i)))
		wg.Go(func() {
			if _, err := b.enroll(a, token); err == nil {
				mu.Lock()
				in++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Equal(t, 3, in)
	p, err := b.hosts.List(t.Context(), everything, hosts.Filter{PageSize: 50})
	require.NoError(t, err)
	require.Equal(t, 3, p.Total)
}

func TestPendingRequestIsApprovedByALaterToken(t *testing.T) {
	b := newBed(t)
	a := newAgent(t, "web1", "m1")
	b.mustEnroll(a, "")
	require.Equal(t, agentapi.EnrollApproved, b.status(b.mustEnroll(a, b.token(1))).Status)
	require.Empty(t, b.pending())
}

func TestACloneWaitsForAPersonAndIsNeverMerged(t *testing.T) {
	b := newBed(t)
	token := b.token(10)
	first := b.status(b.mustEnroll(newAgent(t, "web1", "same"), token))
	_, err := b.db.Exec(t.Context(), "update host set state = 'healthy', last_seen_at = $1", start)
	require.NoError(t, err)
	clone := newAgent(t, "web1-copy", "same")
	clone.req.IPAddress = "192.0.2.99"
	polling, err := b.svc.Enroll(t.Context(), auth.Actor{}, netip.MustParseAddr("192.0.2.99"), withToken(clone, token))
	require.NoError(t, err)
	require.Equal(t, agentapi.EnrollPending, b.status(polling).Status, "the token alone does not do it")
	waiting := b.pending()
	require.Len(t, waiting[0].Collisions, 1)
	require.Contains(t, waiting[0].Collisions[0], "clone")
	e, err := b.svc.Approve(t.Context(), b.admin, waiting[0].ID)
	require.NoError(t, err)
	require.NotEqual(t, first.HostID, e.HostID.String(), "a host of its own")
	var used int
	require.NoError(t, b.db.QueryRow(t.Context(), "select used from enrollment_token").Scan(&used))
	require.Equal(t, 1, used)
}

func withToken(a *agent, token string) agentapi.EnrollRequest {
	r := a.req
	r.Token = token
	return r
}

func TestReinstalledHostKeepsItsHistoryAndTheOldKeyIsRevoked(t *testing.T) {
	b := newBed(t)
	old := newAgent(t, "web1", "same")
	first := b.status(b.mustEnroll(old, b.token(1)))
	_, err := b.db.Exec(t.Context(), "update host set state = 'unreachable'")
	require.NoError(t, err)
	again := newAgent(t, "web1", "same")
	again.req.IPAddress = "192.0.2.20"
	polling := b.mustEnroll(again, b.token(1))
	require.Contains(t, b.pending()[0].Collisions[0], "revokes the old certificate")
	_, err = b.svc.Approve(t.Context(), b.admin, b.pending()[0].ID)
	require.NoError(t, err)
	second := b.status(polling)
	require.Equal(t, first.HostID, second.HostID)
	id, err := ids.Parse(first.HostID)
	require.NoError(t, err)
	for _, c := range []struct {
		a      *agent
		bundle agentapi.EnrollBundle
		kind   agentclient.Kind
	}{{old, first, agentclient.Refused}, {again, second, ""}} {
		cert, err := tls.X509KeyPair([]byte(c.bundle.ServerCrt), keyPEM(t, c.a.key))
		require.NoError(t, err)
		srv := agenttest.Start(t, agenttest.Options{HostID: id, Certificate: &cert, Roots: b.ca.RootPool(), Clock: b.clock})
		client := agentclient.New(agentclient.Config{TLS: b.ca.ClientTLS})
		_, err = client.For(srv.Target()).Health(t.Context())
		if c.kind == "" {
			require.NoError(t, err)
		} else {
			require.Equal(t, c.kind, agentclient.KindOf(err), "%v", err)
			require.ErrorContains(t, err, "revoked")
		}
		client.Close()
	}
}

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestRemovedHostComesBackAndItsBundleIsGoneMeanwhile(t *testing.T) {
	b := newBed(t)
	a := newAgent(t, "web1", "same")
	polling := b.mustEnroll(a, b.token(1))
	first := b.status(polling)
	id, err := ids.Parse(first.HostID)
	require.NoError(t, err)
	require.NoError(t, b.hosts.Remove(t.Context(), b.admin, id))
	require.Equal(t, agentapi.EnrollNotFound, b.status(polling).Status)
	back := b.status(b.mustEnroll(newAgent(t, "web1", "same"), b.token(1)))
	require.Equal(t, agentapi.EnrollApproved, back.Status)
	require.Equal(t, first.HostID, back.HostID)
}

func TestRequestsExpire(t *testing.T) {
	b := newBed(t)
	a := newAgent(t, "web1", "m1")
	polling := b.mustEnroll(a, "")
	b.clock.Advance(7*24*time.Hour + time.Second)
	require.Equal(t, agentapi.EnrollNotFound, b.status(polling).Status)
	_, err := b.svc.Loops()[0].Once(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, b.audited("enrollment.expire"))
	require.Equal(t, agentapi.EnrollPending, b.status(b.mustEnroll(a, "")).Status)
}

func TestBadRequestsAreRefusedFieldByField(t *testing.T) {
	b := newBed(t)
	good := newAgent(t, "web1", "m1")
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	block, _ := pem.Decode([]byte(good.req.CSR))
	forged := bytes.Clone(block.Bytes)
	forged[len(forged)-3] ^= 1
	forgedPEM := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: forged}))
	for name, c := range map[string]struct {
		field  string
		change func(*agentapi.EnrollRequest)
	}{
		"no csr":      {"csr", func(r *agentapi.EnrollRequest) { r.CSR = "" }},
		"two csrs":    {"csr", func(r *agentapi.EnrollRequest) { r.CSR += r.CSR }},
		"huge csr":    {"csr", func(r *agentapi.EnrollRequest) { r.CSR += string(make([]byte, 20_000)) }},
		"forged csr":  {"csr", func(r *agentapi.EnrollRequest) { r.CSR = forgedPEM }},
		"rsa 1024":    {"csr", func(r *agentapi.EnrollRequest) { r.CSR = csrOf(t, small) }},
		"p-224":       {"csr", func(r *agentapi.EnrollRequest) { r.CSR = csrOf(t, p224) }},
		"hostname":    {"hostname", func(r *agentapi.EnrollRequest) { r.Hostname = "<script>" }},
		"no hostname": {"hostname", func(r *agentapi.EnrollRequest) { r.Hostname = "" }},
		"fqdn":        {"fqdn", func(r *agentapi.EnrollRequest) { r.FQDN = "a b" }},
		"machine id":  {"machine_id", func(r *agentapi.EnrollRequest) { r.MachineID = "a/b" }},
		"address":     {"ip_address", func(r *agentapi.EnrollRequest) { r.IPAddress = "localhost" }},
		"port":        {"port", func(r *agentapi.EnrollRequest) { r.Port = 70_000 }},
	} {
		t.Run(name, func(t *testing.T) {
			r := good.req
			c.change(&r)
			_, err := b.svc.Enroll(t.Context(), auth.Actor{}, netip.MustParseAddr("192.0.2.10"), r)
			known, ok := apierr.As(err)
			require.True(t, ok, "%v", err)
			require.Len(t, known.Details, 1)
			require.Equal(t, c.field, known.Details[0].Field)
		})
	}
	require.Empty(t, b.pending())
}

func TestAnAddressThatAsksTooOftenIsSlowedDownAndOthersAreNot(t *testing.T) {
	b := newBed(t)
	ask := func(from string) error {
		_, err := b.svc.Enroll(t.Context(), auth.Actor{}, netip.MustParseAddr(from), agentapi.EnrollRequest{})
		return err
	}
	var last error
	for range 201 {
		last = ask("192.0.2.66")
	}
	require.Equal(t, "too_many_attempts", code(t, last))
	require.Equal(t, "validation_failed", code(t, ask("192.0.2.67")))
	b.clock.Advance(time.Second)
	require.Equal(t, "validation_failed", code(t, ask("192.0.2.66")))
}

// The same through HTTP, as an agent does it.
func TestOverHTTP(t *testing.T) {
	b := newBed(t)
	mux := http.NewServeMux()
	b.svc.Routes(httpx.NewAPI(mux, "test"))
	srv := httptest.NewServer(httpx.WithRequestID(httpx.WithClientAddr(mux)))
	defer srv.Close()
	post := func(path string, body, out any) int {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		res, err := http.Post(srv.URL+"/api/v1"+path, "application/json", bytes.NewReader(text))
		require.NoError(t, err)
		defer res.Body.Close()
		if out != nil {
			require.NoError(t, json.NewDecoder(res.Body).Decode(out))
		}
		return res.StatusCode
	}
	a := newAgent(t, "web1", "m1")
	var accepted agentapi.EnrollAccepted
	require.Equal(t, 202, post("/enroll", a.req, &accepted))
	require.NotEmpty(t, accepted.PollingToken)
	require.Equal(t, "127.0.0.1", b.pending()[0].AddressSeen)
	_, err := b.svc.Approve(context.Background(), b.admin, b.pending()[0].ID)
	require.NoError(t, err)
	res, err := http.Get(srv.URL + "/api/v1/enroll/status/" + accepted.PollingToken)
	require.NoError(t, err)
	defer res.Body.Close()
	var bundle agentapi.EnrollBundle
	require.NoError(t, json.NewDecoder(res.Body).Decode(&bundle))
	b.checkCertificate(a, bundle)
	require.Equal(t, 204, post("/enroll/status/"+accepted.PollingToken+"/ack", struct{}{}, nil))
	require.Equal(t, 404, post("/enroll/status/nonsense/ack", struct{}{}, nil))
	var env httpx.Envelope
	require.Equal(t, 403, post("/enroll", withToken(newAgent(t, "web2", "m2"), "pmet_x"), &env))
	require.Equal(t, "token_unknown", env.Err.Code)
	require.Equal(t, 422, post("/enroll", map[string]any{"csr": "x"}, &env))
}

func FuzzEnrollRequest(f *testing.F) {
	f.Add([]byte(`{"hostname":"a","csr":"x","port":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r agentapi.EnrollRequest
		if json.Unmarshal(body, &r) != nil {
			return
		}
		// No database: a request that the fuzzer makes proves no key.
		s := enrollment.New(enrollment.Deps{Clock: fakeclock.New(start)})
		if _, err := s.Enroll(t.Context(), auth.Actor{}, netip.MustParseAddr("192.0.2.1"), r); err == nil {
			t.Fatal("accepted")
		}
	})
}
