package identity

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"patchmanager/internal/agentapi"
)

// ErrNotEnrolled is returned by Open where no enrollment has ended.
var ErrNotEnrolled = errors.New("this host is not enrolled: run patch-agent enroll https://MANAGER:8443 --ca-fingerprint sha256:…")

// Identity is one consistent set of key, certificate, CA and revocation list.
type Identity struct {
	Certificate tls.Certificate // with Leaf
	CA          *x509.Certificate
	CRL         *x509.RevocationList // nil: there is none
}

// Store keeps the identity on disk and in memory. Safe for concurrent use.
type Store struct {
	dir     string
	write   sync.Mutex
	current atomic.Pointer[Identity]
}

// Open reads the identity below stateDir.
func Open(stateDir string) (*Store, error) {
	s := &Store{dir: filepath.Join(stateDir, "pki")}
	id, err := s.load()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotEnrolled
	}
	if err != nil {
		return nil, fmt.Errorf("read identity in %s: %w", s.dir, err)
	}
	s.current.Store(id)
	return s, nil
}

// makeStore prepares the directory of an identity that is still to come.
func makeStore(stateDir string) (*Store, error) {
	dir := filepath.Join(stateDir, "pki")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make identity directory: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make identity directory: %w", err)
	}
	return &Store{dir: dir}, nil
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Store) load() (*Identity, error) {
	pair, err := os.ReadFile(s.path("identity.pem"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(s.path("ca.pem"))
	if err != nil {
		return nil, err
	}
	crl, err := os.ReadFile(s.path("crl.pem"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := parseKey(string(pair))
	if err != nil {
		return nil, err
	}
	id, err := check(key, string(pair), string(ca))
	if err != nil || len(crl) == 0 {
		return id, err
	}
	id.CRL, err = parseCRL(string(crl), id.CA)
	return id, err
}

// check makes an identity of key, certificate chain and CA, or says why they
// do not belong together. Validity in time is not looked at: an agent whose
// certificate has run out must still start, to say so.
func check(key *ecdsa.PrivateKey, chainPEM, caPEM string) (*Identity, error) {
	cas, err := parseCertificates(caPEM)
	if err != nil {
		return nil, fmt.Errorf("CA: %w", err)
	}
	chain, err := parseCertificates(chainPEM)
	if err != nil {
		return nil, err
	}
	leaf, public := chain[0], key.Public().(*ecdsa.PublicKey)
	if other, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || !public.Equal(other) {
		return nil, errors.New("the certificate was made for another key")
	}
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(cas[0])
	id := &Identity{CA: cas[0], Certificate: tls.Certificate{PrivateKey: key, Leaf: leaf}}
	for i, c := range chain {
		if i > 0 {
			middle.AddCert(c)
		}
		if !c.Equal(cas[0]) {
			id.Certificate.Certificate = append(id.Certificate.Certificate, c.Raw)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: middle, CurrentTime: leaf.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return nil, fmt.Errorf("the pinned CA did not sign the certificate: %w", err)
	}
	return id, nil
}

// Current is the identity in use.
func (s *Store) Current() *Identity { return s.current.Load() }

// NewCSR makes a key for a renewal and asks for a certificate for it. The key
// in use stays until Install brings that certificate.
func (s *Store) NewCSR(subject Subject) (string, error) {
	s.write.Lock()
	defer s.write.Unlock()
	key, err := newKey()
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	text, err := keyPEM(key)
	if err != nil {
		return "", err
	}
	if err := writeFile(s.path("next.key"), text); err != nil {
		return "", fmt.Errorf("keep key: %w", err)
	}
	return csrPEM(key, subject)
}

// Install takes a new certificate, for the key of the last NewCSR or the one in
// use, and switches to it; connections go on. A refusal is *agentapi.Error.
func (s *Store) Install(u agentapi.CertificateUpdate) error {
	s.write.Lock()
	defer s.write.Unlock()
	now := s.Current()
	id, err := s.match(u, certificatePEM(now.CA))
	if err != nil {
		return agentapi.NewError(agentapi.CodeInvalid, "the certificate is refused: %v", err)
	}
	id.CRL = now.CRL
	if u.CRL != "" {
		if id.CRL, err = parseCRL(u.CRL, id.CA); err != nil {
			return agentapi.NewError(agentapi.CodeInvalid, "%v", err)
		}
	}
	if err := s.keep(id, u.ServerCrt+"\n"+u.CAChain, u.CRL); err != nil {
		return err
	}
	if err := os.Remove(s.path("next.key")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop old key: %w", err)
	}
	return nil
}

// match finds the key that a certificate was made for.
func (s *Store) match(u agentapi.CertificateUpdate, ca string) (*Identity, error) {
	next, err := os.ReadFile(s.path("next.key"))
	if err == nil {
		key, err := parseKey(string(next))
		if err != nil {
			return nil, err
		}
		if id, err := check(key, u.ServerCrt+"\n"+u.CAChain, ca); err == nil {
			return id, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return check(s.Current().Certificate.PrivateKey.(*ecdsa.PrivateKey), u.ServerCrt+"\n"+u.CAChain, ca)
}

// keep writes an identity, the pair last: until then the old one is whole.
func (s *Store) keep(id *Identity, chainPEM, crlPEM string) error {
	key, err := keyPEM(id.Certificate.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		return err
	}
	if crlPEM != "" {
		if err := writeFile(s.path("crl.pem"), crlPEM); err != nil {
			return fmt.Errorf("keep revocation list: %w", err)
		}
	}
	if err := writeFile(s.path("ca.pem"), certificatePEM(id.CA)); err != nil {
		return fmt.Errorf("keep CA: %w", err)
	}
	if err := writeFile(s.path("identity.pem"), key+chainPEM); err != nil {
		return fmt.Errorf("keep certificate: %w", err)
	}
	s.current.Store(id)
	return nil
}

// InstallCRL replaces the revocation list, after checking it.
func (s *Store) InstallCRL(text string) error {
	s.write.Lock()
	defer s.write.Unlock()
	id := *s.Current()
	list, err := parseCRL(text, id.CA)
	if err != nil {
		return agentapi.NewError(agentapi.CodeInvalid, "%v", err)
	}
	if id.CRL != nil && list.Number != nil && id.CRL.Number != nil && list.Number.Cmp(id.CRL.Number) < 0 {
		return agentapi.NewError(agentapi.CodeInvalid, "the revocation list is older than the one in use")
	}
	if err := writeFile(s.path("crl.pem"), text); err != nil {
		return fmt.Errorf("keep revocation list: %w", err)
	}
	id.CRL = list
	s.current.Store(&id)
	return nil
}

// CRLStatus is the word for the health answer.
func (id *Identity) CRLStatus(now time.Time) string {
	switch {
	case id.CRL == nil:
		return "none"
	case now.After(id.CRL.NextUpdate):
		return "expired"
	default:
		return "valid"
	}
}

// revoked reports whether the list names a certificate.
func (id *Identity) revoked(c *x509.Certificate) bool {
	if id.CRL == nil {
		return false
	}
	for _, entry := range id.CRL.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(c.SerialNumber) == 0 {
			return true
		}
	}
	return false
}
