package identity

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"time"

	"patchmanager/internal/clock"
)

// FingerprintError says that the server on the other side is not the manager
// that was meant, or that somebody sits in between.
type FingerprintError struct {
	Wanted string
	Found  []string // of the CA certificates that the server showed
}

// Error implements error.
func (e *FingerprintError) Error() string {
	found := "no CA certificate"
	if len(e.Found) > 0 {
		found = strings.Join(e.Found, ", ")
	}
	return "the manager's CA is not the expected one:\n  expected " + e.Wanted + "\n  found    " + found +
		"\nCompare with what the manager shows under \"Add host\"; if they differ, somebody may be listening in between. Nothing was sent."
}

// CertificateError says what is wrong with the certificate of a server that
// does show the right CA.
type CertificateError struct{ Reason string }

// Error implements error.
func (e *CertificateError) Error() string { return e.Reason + "\nNothing was sent." }

// managerClient talks only to a manager whose certificate the CA with this
// fingerprint has signed.
func managerClient(host, fingerprint string, c clock.Clock) *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			TLSHandshakeTimeout: 10 * time.Second,
			TLSClientConfig: &tls.Config{
				MinVersion: tls.VersionTLS13,
				// The standard check knows the system's CAs only; VerifyConnection
				// replaces it by a stricter one.
				InsecureSkipVerify: true,
				VerifyConnection: func(state tls.ConnectionState) error {
					return verifyServer(state, host, fingerprint, c.Now())
				},
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// verifyServer checks, in this order: the CA is the pinned one, it signed the
// leaf, and the leaf is the manager's and not that of some enrolled host.
func verifyServer(state tls.ConnectionState, host, fingerprint string, now time.Time) error {
	ca, err := pinned(state.PeerCertificates, fingerprint)
	if err != nil {
		return err
	}
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(ca)
	for _, c := range state.PeerCertificates[1:] {
		middle.AddCert(c)
	}
	leaf := state.PeerCertificates[0]
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: middle, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}); err != nil {
		return &CertificateError{fmt.Sprintf("the manager's certificate is not valid under its CA (is this host's clock right? it says %s): %v", now.Format(time.RFC3339), err)}
	}
	if err := leaf.VerifyHostname(host); err != nil && !isManager(leaf) {
		return &CertificateError{fmt.Sprintf("the server has a certificate of the right CA, but not for this address: %v", err)}
	}
	return nil
}

func pinned(chain []*x509.Certificate, fingerprint string) (*x509.Certificate, error) {
	wrong := &FingerprintError{Wanted: fingerprint}
	for _, c := range chain {
		if Fingerprint(c) == fingerprint && c.IsCA {
			return c, nil
		}
		if c.IsCA {
			wrong.Found = append(wrong.Found, Fingerprint(c))
		}
	}
	return nil, wrong
}
