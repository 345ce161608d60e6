package ca

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

// own is one of the manager's own certificates: a file with key and
// certificate, replaced as a whole.
type own struct {
	profile string // as in ca_certificate
	file    string
	make    func(now time.Time) (*x509.Certificate, error)
	chain   bool // whether the root is sent along
}

// renewManager makes the client identity current.
func (a *Authority) renewManager(ctx context.Context) error {
	c, err := a.ensure(ctx, own{profile: "manager", file: "manager.pem", make: managerProfile})
	if err != nil {
		return fmt.Errorf("manager certificate: %w", err)
	}
	a.manager.Store(c)
	return nil
}

// renewUI makes the listener's certificate current. The root is part of the
// chain it serves: agents at enrollment compare its fingerprint.
func (a *Authority) renewUI(ctx context.Context, names []string) error {
	c, err := a.ensure(ctx, own{profile: "ui", file: "ui.pem", chain: true,
		make: func(now time.Time) (*x509.Certificate, error) { return uiProfile(names, now) }})
	if err != nil {
		return fmt.Errorf("listener certificate: %w", err)
	}
	a.ui.Store(c)
	return nil
}

// ensure reads a certificate, or makes a new one when there is none, it is not
// of our root, its names are others, or a third of its life is left. Another
// process may have just done it: the file is read under the lock.
func (a *Authority) ensure(ctx context.Context, o own) (*tls.Certificate, error) {
	var c *tls.Certificate
	err := withLock(a.deps.Dir, func() error {
		want, err := o.make(a.now())
		if err != nil {
			return err
		}
		key, cert, err := readOwn(filepath.Join(a.deps.Dir, o.file))
		if err != nil {
			return err
		}
		if !a.isCurrent(key, cert, want) {
			if key, cert, err = a.makeOwn(ctx, o, want); err != nil {
				return err
			}
		}
		c = a.pair(o, key, cert)
		return nil
	})
	return c, err
}

func readOwn(path string) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	data, err := readSecret(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	key, cert, err := parsePEM(data)
	if err != nil {
		return nil, nil, nil //nolint:nilerr // made anew; nothing is lost with it
	}
	return key, cert, nil
}

func (a *Authority) isCurrent(key *ecdsa.PrivateKey, cert, want *x509.Certificate) bool {
	if key == nil || cert == nil || !key.PublicKey.Equal(cert.PublicKey) || cert.CheckSignatureFrom(a.root.cert) != nil {
		return false
	}
	return slices.Equal(namesOf(cert), namesOf(want)) && slices.Equal(cert.ExtKeyUsage, want.ExtKeyUsage) &&
		a.now().Before(renewAt(cert.NotBefore, cert.NotAfter)) && !a.now().Before(cert.NotBefore)
}

func (a *Authority) makeOwn(ctx context.Context, o own, t *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, fmt.Errorf("encode key: %w", err)
	}
	var issued Issued
	err = a.deps.DB.InTx(ctx, func(tx db.Tx) error {
		if issued, err = a.sign(ctx, tx, o.profile, nil, t, key.Public(), spki); err != nil {
			return err
		}
		return audit.Append(ctx, tx, auth.System("ca").Entry("certificate.issue",
			audit.Target{Kind: "certificate", ID: fmt.Sprintf("%x", issued.Serial), Name: o.profile},
			map[string]any{"names": namesOf(t), "not_after": issued.NotAfter.Format(time.RFC3339)}))
	})
	if err != nil {
		return nil, nil, err
	}
	secret, err := keyPEM(key)
	if err != nil {
		return nil, nil, err
	}
	if err := writeFile(filepath.Join(a.deps.Dir, o.file), append(secret, issued.PEM...), 0o600); err != nil {
		return nil, nil, fmt.Errorf("write %s: %w", o.file, err)
	}
	cert, err := x509.ParseCertificate(issued.der)
	return key, cert, err
}

func (a *Authority) pair(o own, key *ecdsa.PrivateKey, cert *x509.Certificate) *tls.Certificate {
	c := &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	if o.chain {
		c.Certificate = append(c.Certificate, a.root.cert.Raw)
	}
	return c
}
