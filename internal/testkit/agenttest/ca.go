package agenttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"testing"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/ids"
)

// CA is a certificate authority for one test. Its certificates are valid for
// ten years around now, so that fake clocks do not matter.
type CA struct {
	tb      testing.TB
	root    *x509.Certificate
	key     *ecdsa.PrivateKey
	manager tls.Certificate
}

// NewCA makes a CA and the manager's client certificate.
func NewCA(tb testing.TB) *CA {
	tb.Helper()
	c := &CA{tb: tb, key: newKey(tb)}
	c.root = c.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, c.key)
	c.manager = c.Issue(agentapi.ManagerURI, x509.ExtKeyUsageClientAuth)
	return c
}

// Pool holds the root.
func (c *CA) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.root)
	return p
}

// ClientTLS is the manager's side, as agentclient.Config wants it.
func (c *CA) ClientTLS() *tls.Config {
	return &tls.Config{RootCAs: c.Pool(), Certificates: []tls.Certificate{c.manager}, MinVersion: tls.VersionTLS13}
}

// HostCertificate is what the agent of a host serves with.
func (c *CA) HostCertificate(host ids.ID) tls.Certificate {
	return c.Issue(agentclient.HostURI(host), x509.ExtKeyUsageServerAuth)
}

// Issue makes a certificate with any identity and use.
func (c *CA) Issue(uri string, use x509.ExtKeyUsage) tls.Certificate {
	c.tb.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		c.tb.Fatal(err)
	}
	key := newKey(c.tb)
	leaf := c.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "test"}, URIs: []*url.URL{u},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{use}}, key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw, c.root.Raw}, PrivateKey: key, Leaf: leaf}
}

func (c *CA) sign(t *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	c.tb.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		c.tb.Fatal(err)
	}
	t.SerialNumber = serial
	t.NotBefore, t.NotAfter = time.Now().AddDate(-5, 0, 0), time.Now().AddDate(5, 0, 0)
	parent := c.root
	if parent == nil {
		parent = t
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), c.key)
	if err != nil {
		c.tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.tb.Fatal(err)
	}
	return cert
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}
