package identity_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
	"patchmanager/internal/testkit/testca"
)

// manager is the other side of an enrollment.
type manager struct {
	*httptest.Server
	ca *testca.CA

	mu       sync.Mutex
	requests []agentapi.EnrollRequest
	asked    int
	acked    int
	busy     int // requests that are told to come back
	// answer says what a status request gets; by default the approved bundle.
	answer func(m *manager, w http.ResponseWriter) (agentapi.EnrollBundle, bool)
}

func newManager(t *testing.T, ca *testca.CA, leaf tls.Certificate) *manager {
	t.Helper()
	m := &manager{ca: ca, answer: (*manager).approve}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/enroll", m.enroll)
	mux.HandleFunc("GET /api/v1/enroll/status/{token}", m.status)
	mux.HandleFunc("POST /api/v1/enroll/status/{token}/ack", func(http.ResponseWriter, *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.acked++
	})
	m.Server = httptest.NewUnstartedServer(mux)
	m.TLS = &tls.Config{Certificates: []tls.Certificate{leaf}, MinVersion: tls.VersionTLS13}
	m.StartTLS()
	t.Cleanup(m.Close)
	return m
}

func goodManager(t *testing.T) *manager {
	t.Helper()
	ca := testca.New(t)
	return newManager(t, ca, ca.Issue(testca.Leaf{Name: "web", IPs: []string{"127.0.0.1"}, Usage: x509.ExtKeyUsageServerAuth}))
}

func (m *manager) enroll(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var in agentapi.EnrollRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if in.Token == "expired" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"code":"token_expired","message":"the token has expired; make a new one"}}`)
		return
	}
	if m.busy > 0 {
		m.busy--
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	m.requests = append(m.requests, in)
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"polling_token":"poll-%d"}`, len(m.requests))
}

func (m *manager) status(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if bundle, ok := m.answer(m, w); ok {
		json.NewEncoder(w).Encode(bundle) //nolint:errcheck // the client notices
	}
}

func (m *manager) approve(http.ResponseWriter) (agentapi.EnrollBundle, bool) {
	return agentapi.EnrollBundle{
		Status: agentapi.EnrollApproved, HostID: "host-1", CACrt: testca.PEM(m.ca.Root),
		ServerCrt: m.ca.SignCSR(m.requests[len(m.requests)-1].CSR), CRL: m.ca.CRL(1, time.Now().Add(time.Hour)),
	}, true
}

func enrollment(t *testing.T, m *manager) identity.Enrollment {
	t.Helper()
	return identity.Enrollment{
		StateDir: t.TempDir(), Manager: m.URL, Fingerprint: identity.Fingerprint(m.ca.Root), Clock: clock.System(),
		Facts: agentapi.EnrollRequest{MachineID: "m1", FQDN: "web-1.example.com", Hostname: "web-1", IPAddress: "192.0.2.7", Port: 12443},
		Say:   t.Logf,
	}
}

func TestEnrollmentEndsWithAnIdentity(t *testing.T) {
	m := goodManager(t)
	e := enrollment(t, m)
	e.Token = "one-time"
	host, err := e.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, "host-1", host)
	require.Equal(t, "one-time", m.requests[0].Token)
	require.Equal(t, "web-1.example.com", m.requests[0].FQDN)
	require.NotContains(t, m.requests[0].CSR, "PRIVATE KEY")
	require.Equal(t, 1, m.acked)

	s, err := identity.Open(e.StateDir)
	require.NoError(t, err)
	require.Equal(t, "valid", s.Current().CRLStatus(time.Now()))
	for name, mode := range map[string]os.FileMode{"pki": 0o700, "pki/identity.pem": 0o600} {
		info, err := os.Stat(filepath.Join(e.StateDir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
	}
	require.NoFileExists(t, filepath.Join(e.StateDir, "pki/enroll.json"))
}

func TestFingerprintMayBeWrittenAsOtherToolsDo(t *testing.T) {
	m := goodManager(t)
	e := enrollment(t, m)
	digits := strings.ToUpper(strings.TrimPrefix(e.Fingerprint, "sha256:"))
	var pairs []string
	for i := 0; i < len(digits); i += 2 {
		pairs = append(pairs, digits[i:i+2])
	}
	e.Fingerprint = "SHA256:" + strings.Join(pairs, ":")
	_, err := e.Run(t.Context())
	require.NoError(t, err)
}

func TestNothingIsSentToAServerThatIsNotTheManager(t *testing.T) {
	ca, other := testca.New(t), testca.New(t)
	server := testca.Leaf{Name: "x", IPs: []string{"127.0.0.1"}, Usage: x509.ExtKeyUsageServerAuth}
	expired := server
	expired.NotAfter = time.Now().Add(-time.Hour)
	client := server
	client.Usage = x509.ExtKeyUsageClientAuth
	foreign := other.Issue(server) // a leaf of somebody else beside the right root
	foreign.Certificate[1] = ca.Root.Raw
	for name, c := range map[string]struct {
		leaf tls.Certificate
		says string
	}{
		"another CA":                      {other.Issue(server), identity.Fingerprint(other.Root)},
		"a leaf the CA did not sign":      {foreign, "not valid under its CA"},
		"an enrolled host of the same CA": {ca.Issue(testca.Leaf{Name: "host", DNS: []string{"db-1.example.com"}, Usage: x509.ExtKeyUsageServerAuth}), "not for this address"},
		"expired":                         {ca.Issue(expired), "clock"},
		"not for servers":                 {ca.Issue(client), "not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newManager(t, ca, c.leaf)
			e := enrollment(t, m)
			_, err := e.Run(t.Context())
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "Nothing was sent")
			if name == "another CA" {
				require.ErrorContains(t, err, e.Fingerprint)
			}
			require.Empty(t, m.requests)
		})
	}
}

func TestManagerIsKnownByItsIdentityWhereTheAddressIsNotInTheCertificate(t *testing.T) {
	ca := testca.New(t)
	m := newManager(t, ca, ca.Issue(testca.Leaf{Name: "web", URI: agentapi.ManagerURI, Usage: x509.ExtKeyUsageServerAuth}))
	_, err := enrollment(t, m).Run(t.Context())
	require.NoError(t, err)
}

func TestRefusalsSayWhy(t *testing.T) {
	m := goodManager(t)
	e := enrollment(t, m)
	e.Token = "expired"
	_, err := e.Run(t.Context())
	require.ErrorContains(t, err, "the token has expired; make a new one")

	e.Token = ""
	m.answer = func(*manager, http.ResponseWriter) (agentapi.EnrollBundle, bool) {
		return agentapi.EnrollBundle{Status: agentapi.EnrollDenied, Reason: "not ours"}, true
	}
	_, err = e.Run(t.Context())
	var denied *identity.DeniedError
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "not ours", denied.Reason)

	for _, wrong := range []string{"", "sha256:12", "md5:" + strings.Repeat("0", 64)} {
		e.Fingerprint = wrong
		_, err = e.Run(t.Context())
		require.ErrorContains(t, err, "64 hexadecimal digits")
	}
	e = enrollment(t, m)
	e.Manager = "http://manager.example.com"
	_, err = e.Run(t.Context())
	require.ErrorContains(t, err, "https://")

	m.Close()
	_, err = enrollment(t, m).Run(t.Context())
	require.ErrorContains(t, err, "cannot be reached")
}

func TestInterruptedEnrollmentGoesOn(t *testing.T) {
	m := goodManager(t)
	e := enrollment(t, m)
	ctx, interrupt := context.WithCancel(t.Context())
	m.answer = func(*manager, http.ResponseWriter) (agentapi.EnrollBundle, bool) {
		interrupt()
		return agentapi.EnrollBundle{Status: agentapi.EnrollPending}, true
	}
	_, err := e.Run(ctx)
	require.Error(t, err)
	m.answer = (*manager).approve
	_, err = e.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.requests, 1, "the same request, the same key")
}

func TestRequestThatTheManagerForgotIsSentAgainWithTheSameKey(t *testing.T) {
	m := goodManager(t)
	m.answer = func(m *manager, w http.ResponseWriter) (agentapi.EnrollBundle, bool) {
		if m.asked == 1 {
			w.WriteHeader(http.StatusNotFound)
			return agentapi.EnrollBundle{}, false
		}
		return m.approve(w)
	}
	_, err := enrollment(t, m).Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.requests, 2)
	require.Equal(t, publicOf(t, m.requests[0].CSR), publicOf(t, m.requests[1].CSR))
}

func TestManagerThatStumblesIsWaitedFor(t *testing.T) {
	m := goodManager(t)
	m.answer = func(m *manager, w http.ResponseWriter) (agentapi.EnrollBundle, bool) {
		if m.asked == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return agentapi.EnrollBundle{}, false
		}
		return m.approve(w)
	}
	_, err := enrollment(t, m).Run(t.Context())
	require.NoError(t, err)
}

func TestBusyManagerIsWaitedFor(t *testing.T) {
	m := goodManager(t)
	m.busy = 1
	_, err := enrollment(t, m).Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.requests, 1)

	m.busy = 1
	ctx, cancel := context.WithCancel(t.Context())
	e := enrollment(t, m)
	e.Say = func(string, ...any) { cancel() }
	_, err = e.Run(ctx)
	require.ErrorContains(t, err, "429", "who gives up hears why")
}

func TestBundleIsChecked(t *testing.T) {
	other := testca.New(t)
	for name, c := range map[string]struct {
		spoil func(*manager, *agentapi.EnrollBundle)
		says  string
	}{
		"for another key": {func(m *manager, b *agentapi.EnrollBundle) {
			b.ServerCrt = testca.PEM(m.ca.Issue(testca.Leaf{Name: "x", Usage: x509.ExtKeyUsageServerAuth}).Leaf)
		}, "another key"},
		"of another CA":                  {func(m *manager, b *agentapi.EnrollBundle) { b.ServerCrt = other.SignCSR(m.requests[0].CSR) }, "did not sign"},
		"with another CA":                {func(_ *manager, b *agentapi.EnrollBundle) { b.CACrt = testca.PEM(other.Root) }, identity.Fingerprint(other.Root)},
		"with a foreign revocation list": {func(_ *manager, b *agentapi.EnrollBundle) { b.CRL = other.CRL(1, time.Now().Add(time.Hour)) }, "revocation list"},
		"without a certificate":          {func(_ *manager, b *agentapi.EnrollBundle) { b.ServerCrt = "" }, "there is none"},
	} {
		t.Run(name, func(t *testing.T) {
			m := goodManager(t)
			m.answer = func(m *manager, w http.ResponseWriter) (agentapi.EnrollBundle, bool) {
				b, ok := m.approve(w)
				c.spoil(m, &b)
				return b, ok
			}
			e := enrollment(t, m)
			_, err := e.Run(t.Context())
			require.ErrorContains(t, err, c.says)
			_, err = identity.Open(e.StateDir)
			require.ErrorIs(t, err, identity.ErrNotEnrolled)
		})
	}
}
