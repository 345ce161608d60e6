package ca

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"time"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Issued is a signed certificate.
type Issued struct {
	Serial   []byte
	PEM      string
	NotAfter time.Time
	der      []byte
}

// IssueHost signs the certificate of a host for the key of a checked request.
// Only the key is taken from the request. When tx does not commit, the
// certificate must not leave the process.
func (a *Authority) IssueHost(ctx context.Context, tx db.Tx, csr *x509.CertificateRequest, host ids.ID) (Issued, error) {
	t, err := hostProfile(host, a.now())
	if err != nil {
		return Issued{}, fmt.Errorf("issue host certificate: %w", err)
	}
	i, err := a.sign(ctx, tx, "host", &host, t, csr.PublicKey, csr.RawSubjectPublicKeyInfo)
	if err != nil {
		return Issued{}, fmt.Errorf("issue host certificate: %w", err)
	}
	return i, nil
}

// sign records the certificate and then signs it.
func (a *Authority) sign(ctx context.Context, q db.Querier, profile string, host *ids.ID, t *x509.Certificate, pub any, spki []byte) (Issued, error) {
	r := certificateRow{Serial: t.SerialNumber.Bytes(), Profile: profile, HostID: host, KeyFingerprint: KeyFingerprint(spki),
		Names: namesOf(t), NotBefore: t.NotBefore, NotAfter: t.NotAfter, IssuedAt: a.now()}
	if host != nil {
		at := renewAt(t.NotBefore, t.NotAfter)
		r.RenewAt = &at
	}
	if err := insertCertificate(ctx, q, r); err != nil {
		return Issued{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.root.cert, pub, a.root.key)
	if err != nil {
		return Issued{}, fmt.Errorf("sign: %w", err)
	}
	return Issued{Serial: r.Serial, PEM: string(certPEM(der)), NotAfter: t.NotAfter, der: der}, nil
}

// namesOf lists everything that a certificate vouches for.
func namesOf(t *x509.Certificate) []string {
	var names []string
	for _, u := range t.URIs {
		names = append(names, u.String())
	}
	names = append(names, t.DNSNames...)
	for _, ip := range t.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// Revoke ends every certificate of a host. It takes effect at the next
// connection of any process after tx has committed.
func (a *Authority) Revoke(ctx context.Context, tx db.Tx, host ids.ID, reason string) error {
	return revokeCertificates(ctx, tx, []ids.ID{host}, reason, a.now())
}

// RevokeAll is Revoke for many hosts.
func (a *Authority) RevokeAll(ctx context.Context, tx db.Tx, hosts []ids.ID, reason string) error {
	return revokeCertificates(ctx, tx, hosts, reason, a.now())
}
