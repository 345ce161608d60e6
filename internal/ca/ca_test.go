package ca_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/auth"
	"patchmanager/internal/ca"
	"patchmanager/internal/db"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

type bed struct {
	t     *testing.T
	db    *db.DB
	clock *fakeclock.Clock
	dir   string
	ca    *ca.Authority
}

func newBed(t *testing.T) *bed {
	b := &bed{t: t, db: pgtest.New(t), clock: fakeclock.New(time.Now()), dir: filepath.Join(t.TempDir(), "ca")}
	b.ca = b.open()
	return b
}

func (b *bed) open() *ca.Authority {
	b.t.Helper()
	a, err := ca.Open(b.t.Context(), ca.Deps{DB: b.db, Clock: b.clock, Dir: b.dir})
	require.NoError(b.t, err)
	return a
}

func (b *bed) file(name string) []byte {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	require.NoError(b.t, err)
	return data
}

func parse(t *testing.T, data []byte) *x509.Certificate {
	t.Helper()
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(block.Bytes)
			require.NoError(t, err)
			return c
		}
	}
	t.Fatal("no certificate")
	return nil
}

func TestRootIsMadeOnceWithItsProfile(t *testing.T) {
	b := newBed(t)
	root := parse(t, b.file("root.crt"))
	require.True(t, root.IsCA)
	require.True(t, root.MaxPathLenZero)
	require.Equal(t, elliptic.P256(), root.PublicKey.(*ecdsa.PublicKey).Curve)
	require.WithinDuration(t, b.clock.Now().AddDate(10, 0, 0), root.NotAfter, 96*time.Hour)
	for name, mode := range map[string]os.FileMode{"root.key": 0o600, "manager.pem": 0o600, "root.crt": 0o644} {
		info, err := os.Stat(filepath.Join(b.dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	manager := b.file("manager.pem")
	again := b.open()
	require.Equal(t, b.ca.Fingerprint(), again.Fingerprint())
	require.Equal(t, manager, b.file("manager.pem"), "nothing is made twice")
	fp, err := ca.ReadFingerprint(b.dir)
	require.NoError(t, err)
	require.Equal(t, again.Fingerprint(), fp)
}

func TestACrashBetweenKeyAndCertificateRecovers(t *testing.T) {
	b := newBed(t)
	key := b.file("root.key")
	require.NoError(t, os.Remove(filepath.Join(b.dir, "root.crt")))
	require.NoError(t, os.Remove(filepath.Join(b.dir, "manager.pem")))
	b.open()
	require.Equal(t, key, b.file("root.key"))
}

func TestDamageIsNamedAndNeverPaperedOver(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"key lost":  {func(d string) error { return os.Remove(d + "/root.key") }, "lock out every agent"},
		"key open":  {func(d string) error { return os.Chmod(d+"/root.key", 0o640) }, "chmod 600"},
		"key empty": {func(d string) error { return os.WriteFile(d+"/root.key", nil, 0o600) }, "no key in it"},
		"certificate of another key": {func(d string) error {
			key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			der, _ := x509.MarshalPKCS8PrivateKey(key)
			return os.WriteFile(d+"/root.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
		}, "does not belong to"},
		"certificate garbage": {func(d string) error { return os.WriteFile(d+"/root.crt", []byte("x"), 0o644) }, "no certificate in it"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			require.NoError(t, c.damage(b.dir))
			_, err := ca.Open(t.Context(), ca.Deps{DB: b.db, Clock: b.clock, Dir: b.dir})
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestProcessesThatStartTogetherShareOneRoot(t *testing.T) {
	b := &bed{t: t, db: pgtest.New(t), clock: fakeclock.New(time.Now()), dir: filepath.Join(t.TempDir(), "ca")}
	var wg sync.WaitGroup
	prints := make([]string, 6)
	for i := range prints {
		wg.Go(func() {
			if a, err := ca.Open(t.Context(), ca.Deps{DB: b.db, Clock: b.clock, Dir: b.dir}); err == nil {
				prints[i] = a.Fingerprint()
			}
		})
	}
	wg.Wait()
	for _, p := range prints {
		require.Equal(t, prints[0], p)
		require.NotEmpty(t, p)
	}
	var rows int
	require.NoError(t, b.db.QueryRow(t.Context(), "select count(*) from ca_certificate").Scan(&rows))
	require.Equal(t, 1, rows, "one certificate for the manager")
}

func TestManagerCertificateIsForClientsAndRenewsItself(t *testing.T) {
	b := newBed(t)
	c := parse(t, b.file("manager.pem"))
	require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, c.ExtKeyUsage)
	require.Equal(t, agentapi.ManagerURI, c.URIs[0].String())
	current := func() string {
		got, err := b.ca.ClientTLS().GetClientCertificate(nil)
		require.NoError(t, err)
		return got.Leaf.SerialNumber.String()
	}
	first := current()
	loop := b.ca.Loops(nil)[0]
	b.clock.Advance(59 * 24 * time.Hour)
	_, err := loop.Once(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, current())
	b.clock.Advance(2 * 24 * time.Hour)
	_, err = loop.Once(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, first, current(), "a third of its life is left")
}

func TestListenerCertificateServesTheRootAndFollowsItsNames(t *testing.T) {
	b := newBed(t)
	get, err := b.ca.UICertificate(t.Context(), []string{"Manager.Example.com.", "192.0.2.1", "localhost", "::1", "localhost"})
	require.NoError(t, err)
	cert, err := get(nil)
	require.NoError(t, err)
	require.Len(t, cert.Certificate, 2)
	require.Equal(t, parse(t, b.ca.RootPEM()).Raw, cert.Certificate[1])
	for _, name := range []string{"manager.example.com", "localhost", "192.0.2.1", "::1"} {
		_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: b.ca.RootPool(), DNSName: name})
		require.NoError(t, err, name)
	}
	_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: b.ca.RootPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	require.Error(t, err, "it commands no agent")
	again := b.open()
	get2, err := again.UICertificate(t.Context(), []string{"localhost", "::1", "192.0.2.1", "manager.example.com"})
	require.NoError(t, err)
	same, err := get2(nil)
	require.NoError(t, err)
	require.Equal(t, cert.Leaf.SerialNumber, same.Leaf.SerialNumber)
	_, err = again.UICertificate(t.Context(), []string{"localhost"})
	require.NoError(t, err)
	other, err := get2(nil)
	require.NoError(t, err)
	require.Equal(t, []string{"localhost"}, other.Leaf.DNSNames, "what was returned before follows")
	require.Empty(t, other.Leaf.IPAddresses)
}

// host makes a host with a certificate and an agent that serves with it.
func (b *bed) host(name string) (ids.ID, *ecdsa.PrivateKey, tls.Certificate) {
	b.t.Helper()
	key, csr := b.request()
	var id ids.ID
	var issued ca.Issued
	require.NoError(b.t, b.db.InTx(b.t.Context(), func(tx db.Tx) (err error) {
		id = ids.New()
		_, err = tx.Exec(b.t.Context(), `insert into host (id, name, machine_id, address, port, enrolled_at, state_since)
			values ($1, $2, $2, '192.0.2.1', 1, $3, $3)`, id, name, b.clock.Now())
		if err != nil {
			return err
		}
		issued, err = b.ca.IssueHost(b.t.Context(), tx, csr, id)
		return err
	}))
	leaf := parse(b.t, []byte(issued.PEM))
	return id, key, tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

func (b *bed) request() (*ecdsa.PrivateKey, *x509.CertificateRequest) {
	b.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(b.t, err)
	csr, err := ca.ParseCSR(csrPEM(b.t, key))
	require.NoError(b.t, err)
	return key, csr
}

func csrPEM(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func TestRevocationCountsAtTheNextConnection(t *testing.T) {
	b := newBed(t)
	id, _, cert := b.host("web1")
	a := agenttest.Start(t, agenttest.Options{HostID: id, Certificate: &cert, Roots: b.ca.RootPool(), Clock: b.clock})
	client := agentclient.New(agentclient.Config{TLS: b.ca.ClientTLS})
	defer client.Close()
	agent := client.For(a.Target())
	_, err := agent.Health(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.db.InTx(t.Context(), func(tx db.Tx) error { return b.ca.Revoke(t.Context(), tx, id, "stolen") }))
	client.Close()
	_, err = agent.Health(t.Context())
	require.Equal(t, agentclient.Refused, agentclient.KindOf(err))
	require.ErrorContains(t, err, "stolen")
	b.db.Close()
	_, err = agent.Health(t.Context())
	require.Equal(t, agentclient.Unreachable, agentclient.KindOf(err), "a database that is away says nothing about the host: %v", err)
}

func TestHostCertificateIsRenewedOverItsConnection(t *testing.T) {
	b := newBed(t)
	id, _, cert := b.host("web1")
	a := agenttest.Start(t, agenttest.Options{HostID: id, Certificate: &cert, Roots: b.ca.RootPool(), Clock: b.clock})
	_, err := b.db.Exec(t.Context(), "update host set address = $1, port = $2, capabilities = '{certificate}'", a.Target().Address, a.Target().Port)
	require.NoError(t, err)
	key, _ := b.request()
	var got []agentapi.CertificateUpdate
	broken := true
	a.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		answer := agentapi.Envelope{Success: true, Data: json.RawMessage(`{}`)}
		switch r.Method + " " + r.URL.Path {
		case "POST /api/v1/pki/csr":
			answer.Data, _ = json.Marshal(agentapi.CSR{CSR: csrPEM(t, key)})
		case "PUT /api/v1/pki/certificate":
			if broken {
				panic(http.ErrAbortHandler)
			}
			var u agentapi.CertificateUpdate
			if err := json.NewDecoder(r.Body).Decode(&u); err == nil {
				got = append(got, u)
			}
		default:
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer) //nolint:errcheck // the client notices
		return true
	})
	client := agentclient.New(agentclient.Config{TLS: b.ca.ClientTLS})
	defer client.Close()
	loop := b.ca.Loops(client)[1]
	turn := func() {
		t.Helper()
		_, err := loop.Once(t.Context())
		require.NoError(t, err)
	}
	turn()
	require.Zero(t, renewals(t, b.db), "not yet")
	b.clock.Advance(61 * 24 * time.Hour)
	turn()
	require.Empty(t, got)
	broken = false
	turn()
	require.Empty(t, got, "tried again after an hour, not at once")
	b.clock.Advance(61 * time.Minute)
	turn()
	require.Len(t, got, 1)
	leaf := parse(t, []byte(got[0].ServerCrt))
	require.True(t, key.PublicKey.Equal(leaf.PublicKey))
	require.Equal(t, agentclient.HostURI(id), leaf.URIs[0].String())
	turn()
	b.clock.Advance(2 * time.Hour)
	turn()
	require.Len(t, got, 1, "once")
	b.clock.Advance(61 * 24 * time.Hour)
	turn()
	require.Len(t, got, 2, "the renewed one has its own time")
	require.Equal(t, 3, renewals(t, b.db), "with the one whose answer was lost")
}

func renewals(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	require.NoError(t, d.QueryRow(t.Context(), "select count(*) from audit_entry where action = 'certificate.renew'").Scan(&n))
	return n
}

func FuzzParseCSR(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		if csr, err := ca.ParseCSR(text); err == nil && csr.CheckSignature() != nil {
			t.Fatal("accepted without a good signature")
		}
	})
}

// Own certificates and downloads of the root are in the trail; a flood of
// downloads from one address is not.
func TestCertificateActsAreInTheTrail(t *testing.T) {
	b := newBed(t)
	mux := http.NewServeMux()
	b.ca.Routes(httpx.NewAPI(mux, "test"))
	from := func(address string) {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/ca/root.crt", nil)
		r = r.WithContext(auth.WithActor(t.Context(), auth.Actor{Address: netip.MustParseAddr(address)}))
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code)
	}
	for range 3 {
		from("192.0.2.1")
	}
	from("192.0.2.2")
	b.clock.Advance(2 * time.Minute)
	from("192.0.2.1")
	var downloads, issued int
	require.NoError(t, b.db.QueryRow(t.Context(), `select count(*) filter (where action = 'root_certificate.download' and actor_kind = 'anonymous'),
		count(*) filter (where action = 'certificate.issue') from audit_entry`).Scan(&downloads, &issued))
	require.Equal(t, 3, downloads)
	require.Equal(t, 1, issued, "the manager's own")
}
