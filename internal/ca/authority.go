package ca

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
)

// Deps is what an Authority needs.
type Deps struct {
	DB        *db.DB
	Clock     clock.Clock
	Dir       string // made with mode 0700 when missing
	PublicURL string // where agents enroll, shown to people; may be empty
}

// Authority is the certificate authority of this installation.
type Authority struct {
	deps Deps
	root root

	manager atomic.Pointer[tls.Certificate]
	ui      atomic.Pointer[tls.Certificate]

	mu      sync.Mutex
	uiNames []string
}

// Open opens the authority in a directory, making what is missing: the root at
// the very first start, the manager's own certificate when it is due.
func Open(ctx context.Context, d Deps) (*Authority, error) {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	a := &Authority{deps: d}
	err := withLock(d.Dir, func() (err error) {
		a.root, err = openRoot(d.Dir, d.Clock)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	if err := a.renewManager(ctx); err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	return a, nil
}

// now is the time as PostgreSQL keeps it.
func (a *Authority) now() time.Time { return a.deps.Clock.Now().Truncate(time.Microsecond) }

// Fingerprint is what people give to an agent so that it knows the manager:
// sha256:<hex> of the root certificate.
func (a *Authority) Fingerprint() string { return fingerprint(a.root.cert.Raw) }

// RootPEM is the root certificate.
func (a *Authority) RootPEM() []byte { return certPEM(a.root.cert.Raw) }

// RootPool holds the root alone.
func (a *Authority) RootPool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.root.cert)
	return p
}

// EnrollCommand is what to run on a machine that shall be enrolled; empty when
// the address under which agents enroll is not known.
func (a *Authority) EnrollCommand() string {
	if a.deps.PublicURL == "" {
		return ""
	}
	return "sudo patch-agent enroll " + a.deps.PublicURL + " --ca-fingerprint " + a.Fingerprint()
}
