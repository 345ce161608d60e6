// Package testca is a certificate authority for tests of the two sides of the
// agent link: right certificates, and each kind of wrong one.
package testca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
)

// CA signs certificates. They are valid for a day around now.
type CA struct {
	tb   testing.TB
	Root *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Leaf says what a certificate is to hold.
type Leaf struct {
	Name     string
	URI      string
	DNS      []string
	IPs      []string
	Usage    x509.ExtKeyUsage
	NotAfter time.Time     // tomorrow unless set
	Key      crypto.Signer // a new one unless set
	Public   any           // for a key that is elsewhere: the CSR's
}

// New makes a CA with its own root.
func New(tb testing.TB) *CA {
	tb.Helper()
	c := &CA{tb: tb, key: NewKey(tb)}
	template := &x509.Certificate{
		SerialNumber: serial(tb), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	c.Root = c.sign(template, template, c.key.Public())
	return c
}

// NewKey makes an ECDSA P-256 key.
func NewKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	return key
}

func serial(tb testing.TB) *big.Int {
	tb.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	require.NoError(tb, err)
	return n
}

func (c *CA) sign(template, parent *x509.Certificate, public any) *x509.Certificate {
	c.tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, c.key)
	require.NoError(c.tb, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(c.tb, err)
	return cert
}

// Issue makes a certificate; with Leaf.Public it has no private key.
func (c *CA) Issue(l Leaf) tls.Certificate {
	c.tb.Helper()
	template := &x509.Certificate{
		SerialNumber: serial(c.tb), Subject: pkix.Name{CommonName: l.Name}, DNSNames: l.DNS,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: l.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{l.Usage},
	}
	if l.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(24 * time.Hour)
	}
	for _, ip := range l.IPs {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(ip))
	}
	if l.URI != "" {
		u, err := url.Parse(l.URI)
		require.NoError(c.tb, err)
		template.URIs = []*url.URL{u}
	}
	public := l.Public
	if public == nil {
		if l.Key == nil {
			l.Key = NewKey(c.tb)
		}
		public = l.Key.Public()
	}
	leaf := c.sign(template, c.Root, public)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw, c.Root.Raw}, PrivateKey: l.Key, Leaf: leaf}
}

// Manager is the manager's client certificate.
func (c *CA) Manager() tls.Certificate {
	return c.Issue(Leaf{Name: "manager", URI: agentapi.ManagerURI, Usage: x509.ExtKeyUsageClientAuth})
}

// SignCSR makes the server certificate that a CSR asks for, as PEM.
func (c *CA) SignCSR(csr string) string {
	c.tb.Helper()
	block, _ := pem.Decode([]byte(csr))
	require.NotNil(c.tb, block)
	request, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(c.tb, err)
	require.NoError(c.tb, request.CheckSignature())
	return PEM(c.Issue(Leaf{
		Name: request.Subject.CommonName, DNS: request.DNSNames, IPs: []string{"127.0.0.1"},
		Usage: x509.ExtKeyUsageServerAuth, Public: request.PublicKey,
	}).Leaf)
}

// CRL revokes certificates, as PEM.
func (c *CA) CRL(number int64, next time.Time, revoked ...*x509.Certificate) string {
	c.tb.Helper()
	template := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: next}
	for _, r := range revoked {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: r.SerialNumber, RevocationTime: time.Now()})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, c.Root, c.key)
	require.NoError(c.tb, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
}

// Pool holds the root.
func (c *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.Root)
	return pool
}

// PEM encodes a certificate.
func PEM(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}
