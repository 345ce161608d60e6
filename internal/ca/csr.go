package ca

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// maxCSR is the size of a request's PEM text; one for RSA 8192 needs 3 KiB.
const maxCSR = 16 << 10

// ParseCSR reads a certificate request and checks what a request can prove:
// that its sender holds the private key, and that the key is a good one.
// Everything else in it is a claim and is not looked at.
func ParseCSR(text string) (*x509.CertificateRequest, error) {
	if len(text) > maxCSR {
		return nil, fmt.Errorf("the certificate request is larger than %d bytes", maxCSR)
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("the certificate request is not PEM of type CERTIFICATE REQUEST")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, errors.New("there is more than one PEM block where one certificate request is wanted")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the certificate request cannot be read: %w", err)
	}
	if err := checkKey(csr.PublicKey); err != nil {
		return nil, err
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("the certificate request is not signed by its own key: %w", err)
	}
	return csr, nil
}

// checkKey comes before the signature: checking one of a huge key costs time.
func checkKey(pub any) error {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() || k.Curve == elliptic.P384() {
			return nil
		}
	case ed25519.PublicKey:
		return nil
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits >= 2048 && bits <= 8192 && k.E >= 65537 {
			return nil
		}
	}
	return errors.New("the key must be ECDSA P-256 or P-384, Ed25519, or RSA of 2048 to 8192 bits")
}

// KeyFingerprint names a public key: sha256:<hex> of its SubjectPublicKeyInfo.
func KeyFingerprint(spki []byte) string { return fingerprint(spki) }
