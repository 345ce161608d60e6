package ca

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"patchmanager/internal/clock"
)

// root is the key and certificate that sign everything.
type root struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// openRoot reads the root, or makes it when there is none. The key is written
// first: a crash before the certificate leaves a key from which the next start
// makes one, and nobody has seen another.
func openRoot(dir string, c clock.Clock) (root, error) {
	key, err := openRootKey(filepath.Join(dir, "root.key"), filepath.Join(dir, "root.crt"))
	if err != nil {
		return root{}, fmt.Errorf("open root key: %w", err)
	}
	cert, err := openRootCert(filepath.Join(dir, "root.crt"), key, c)
	if err != nil {
		return root{}, fmt.Errorf("open root certificate: %w", err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return root{}, fmt.Errorf("%s: root.key does not belong to root.crt; restore both from the same backup", dir)
	}
	return root{key, cert}, nil
}

func openRootKey(path, certPath string) (*ecdsa.PrivateKey, error) {
	data, err := readSecret(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(certPath); err == nil {
			return nil, fmt.Errorf("%s is missing although %s exists; restore it from a backup: a new key would lock out every agent", path, certPath)
		}
		return makeRootKey(path)
	}
	if err != nil {
		return nil, err
	}
	key, _, err := parsePEM(data)
	if err == nil && key == nil {
		err = errors.New("there is no key in it")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

func makeRootKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	data, err := keyPEM(key)
	if err != nil {
		return nil, err
	}
	return key, writeFile(path, data, 0o600)
}

func openRootCert(path string, key *ecdsa.PrivateKey, c clock.Clock) (*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeRootCert(path, key, c)
	}
	if err != nil {
		return nil, err
	}
	_, cert, err := parsePEM(data)
	if err == nil && cert == nil {
		err = errors.New("there is no certificate in it")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cert, nil
}

func makeRootCert(path string, key *ecdsa.PrivateKey, c clock.Clock) (*x509.Certificate, error) {
	t, err := rootProfile(c.Now())
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if err := writeFile(path, certPEM(der), 0o644); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// ReadFingerprint returns the fingerprint of the root in a directory without
// opening the authority, for the command line.
func ReadFingerprint(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "root.crt"))
	if err != nil {
		return "", fmt.Errorf("read root certificate: %w", err)
	}
	_, cert, err := parsePEM(data)
	if err == nil && cert == nil {
		err = errors.New("there is no certificate in it")
	}
	if err != nil {
		return "", fmt.Errorf("read root certificate: %w", err)
	}
	return fingerprint(cert.Raw), nil
}

// fingerprint is the form that people compare: sha256:<hex>.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return "sha256:" + hex.EncodeToString(sum[:])
}
