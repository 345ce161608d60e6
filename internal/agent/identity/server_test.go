package identity_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
	"patchmanager/internal/testkit/testca"
)

func publicOf(t *testing.T, csr string) *ecdsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(csr))
	request, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	return request.PublicKey.(*ecdsa.PublicKey)
}

func enrolled(t *testing.T) (*identity.Store, *testca.CA) {
	t.Helper()
	m := goodManager(t)
	e := enrollment(t, m)
	_, err := e.Run(t.Context())
	require.NoError(t, err)
	s, err := identity.Open(e.StateDir)
	require.NoError(t, err)
	return s, m.ca
}

// shake makes one handshake and returns what the server and the client think.
func shake(t *testing.T, s *identity.Store, client *tls.Config) (leaf *x509.Certificate, server error) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", s.ServerTLS(clock.System()))
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		raw, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			return
		}
		conn := tls.Client(raw, client)
		conn.Handshake() //nolint:errcheck // the server's view is what counts
		conn.Read(make([]byte, 1))
		conn.Close()
	}()
	conn, err := listener.Accept()
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return s.Current().Certificate.Leaf, conn.(*tls.Conn).HandshakeContext(ctx)
}

func TestOnlyTheManagerGetsThroughTheHandshake(t *testing.T) {
	s, ca := enrolled(t)
	other := testca.New(t)
	revoked := ca.Manager()
	require.NoError(t, s.InstallCRL(ca.CRL(2, time.Now().Add(time.Hour), revoked.Leaf)))
	manager := testca.Leaf{Name: "m", URI: agentapi.ManagerURI, Usage: x509.ExtKeyUsageClientAuth}
	expired, server := manager, manager
	expired.NotAfter = time.Now().Add(-time.Hour)
	server.Usage = x509.ExtKeyUsageServerAuth
	host := manager
	host.URI = "spiffe://patch-manager/host/1"
	for name, c := range map[string]struct {
		certs []tls.Certificate
		max   uint16
		says  string // empty: let in
	}{
		"the manager":                   {certs: []tls.Certificate{ca.Manager()}},
		"nobody":                        {says: "didn't provide a certificate"},
		"another CA":                    {certs: []tls.Certificate{other.Manager()}, says: "unknown authority"},
		"the right CA without the URI":  {certs: []tls.Certificate{ca.Issue(testca.Leaf{Name: "x", Usage: x509.ExtKeyUsageClientAuth})}, says: "not the manager"},
		"the right CA with another URI": {certs: []tls.Certificate{ca.Issue(host)}, says: "not the manager"},
		"a server certificate":          {certs: []tls.Certificate{ca.Issue(server)}, says: "incompatible key usage"},
		"expired":                       {certs: []tls.Certificate{ca.Issue(expired)}, says: "expired"},
		"revoked":                       {certs: []tls.Certificate{revoked}, says: "revoked"},
		"the manager, but with TLS 1.2": {certs: []tls.Certificate{ca.Manager()}, max: tls.VersionTLS12, says: "unsupported versions"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := shake(t, s, &tls.Config{Certificates: c.certs, InsecureSkipVerify: true, MaxVersion: c.max})
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestRenewalSwitchesWithoutARestart(t *testing.T) {
	s, ca := enrolled(t)
	before := s.Current().Certificate.Leaf
	csr, err := s.NewCSR(identity.Subject{FQDN: "web-1.example.com"})
	require.NoError(t, err)
	leaf, _ := shake(t, s, &tls.Config{Certificates: []tls.Certificate{ca.Manager()}, InsecureSkipVerify: true})
	require.Equal(t, before.SerialNumber, leaf.SerialNumber, "the old one serves until the new one is here")

	other := testca.New(t)
	for name, crt := range map[string]string{
		"another CA":  other.SignCSR(csr),
		"another key": testca.PEM(ca.Issue(testca.Leaf{Name: "x", Usage: x509.ExtKeyUsageServerAuth}).Leaf),
		"no PEM":      "nonsense",
	} {
		err := s.Install(agentapi.CertificateUpdate{ServerCrt: crt})
		require.Error(t, err, name)
		require.Equal(t, before, s.Current().Certificate.Leaf)
	}
	require.Error(t, s.Install(agentapi.CertificateUpdate{ServerCrt: ca.SignCSR(csr), CRL: other.CRL(9, time.Now())}))

	require.NoError(t, s.Install(agentapi.CertificateUpdate{ServerCrt: ca.SignCSR(csr), CAChain: testca.PEM(ca.Root)}))
	require.Equal(t, publicOf(t, csr), s.Current().Certificate.Leaf.PublicKey)
	require.Len(t, s.Current().Certificate.Certificate, 1, "the root is not sent")
	leaf, serverErr := shake(t, s, &tls.Config{Certificates: []tls.Certificate{ca.Manager()}, InsecureSkipVerify: true})
	require.NoError(t, serverErr)
	require.NotEqual(t, before.SerialNumber, leaf.SerialNumber)
}

// The seed project wrote a revocation list before it had verified it, and a bad
// one stopped the agent for ever.
func TestBadRevocationListChangesNothing(t *testing.T) {
	s, ca := enrolled(t)
	require.NoError(t, s.InstallCRL(ca.CRL(5, time.Now().Add(time.Hour))))
	for _, bad := range []string{"", "nonsense", testca.New(t).CRL(9, time.Now().Add(time.Hour)), ca.CRL(4, time.Now().Add(time.Hour))} {
		require.Error(t, s.InstallCRL(bad))
		require.Equal(t, int64(5), s.Current().CRL.Number.Int64())
	}
	require.NoError(t, s.InstallCRL(ca.CRL(6, time.Now().Add(-time.Minute))))
	require.Equal(t, "expired", s.Current().CRLStatus(time.Now()))
	_, err := shake(t, s, &tls.Config{Certificates: []tls.Certificate{ca.Manager()}, InsecureSkipVerify: true})
	require.NoError(t, err, "an expired list locks nobody out")
}
