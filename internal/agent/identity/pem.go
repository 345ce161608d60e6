package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// newKey makes an ECDSA P-256 key.
func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func keyPEM(key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func parseKey(text string) (*ecdsa.PrivateKey, error) {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "PRIVATE KEY" {
			continue
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("parse key: %w", err)
		}
		if ec, ok := key.(*ecdsa.PrivateKey); ok {
			return ec, nil
		}
		return nil, errors.New("parse key: it is no ECDSA key")
	}
	return nil, errors.New("parse key: there is none")
}

func parseCertificates(text string) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("parse certificate: %w", err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("parse certificate: there is none")
	}
	return out, nil
}

func certificatePEM(certs ...*x509.Certificate) string {
	var out bytes.Buffer
	for _, c := range certs {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return out.String()
}

// parseCRL reads a revocation list and checks that the CA has signed it.
func parseCRL(text string, ca *x509.Certificate) (*x509.RevocationList, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("parse revocation list: it is no PEM")
	}
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse revocation list: %w", err)
	}
	if err := list.CheckSignatureFrom(ca); err != nil {
		return nil, fmt.Errorf("check revocation list: %w", err)
	}
	return list, nil
}

// Subject is who asks for a certificate.
type Subject struct {
	FQDN, Hostname string
	Address        string // IP address the agent listens on
}

func csrPEM(key *ecdsa.PrivateKey, s Subject) (string, error) {
	name := s.FQDN
	if name == "" {
		name = s.Hostname
	}
	request := &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}
	for _, n := range []string{s.FQDN, s.Hostname} {
		if n != "" && (len(request.DNSNames) == 0 || request.DNSNames[0] != n) {
			request.DNSNames = append(request.DNSNames, n)
		}
	}
	if ip := net.ParseIP(s.Address); ip != nil {
		request.IPAddresses = []net.IP{ip}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, request, key)
	if err != nil {
		return "", fmt.Errorf("make certificate request: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}

// Fingerprint is the name of a CA that a person can compare.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// normalFingerprint accepts capitals and colons between the bytes, as other
// tools print them.
func normalFingerprint(text string) (string, error) {
	kind, digits, ok := strings.Cut(strings.ToLower(strings.TrimSpace(text)), ":")
	digits = strings.ReplaceAll(digits, ":", "")
	if raw, err := hex.DecodeString(digits); !ok || kind != "sha256" || err != nil || len(raw) != sha256.Size {
		return "", fmt.Errorf("%q is no CA fingerprint: it must be sha256: and 64 hexadecimal digits, as the manager shows it", text)
	}
	return kind + ":" + digits, nil
}

// writeFile replaces a file atomically and durably, readable by root only.
func writeFile(name, text string) error {
	temporary := name + ".tmp"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
