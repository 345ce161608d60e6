package agentclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"patchmanager/internal/ids"
)

// HostURI is the URI SAN that the certificate of a host's agent carries.
func HostURI(host ids.ID) string { return "spiffe://patch-manager/host/" + host.String() }

// ErrUnchecked marks an error of Config.TLS's own check that says nothing about
// the host, such as a database that does not answer.
var ErrUnchecked = errors.New("the certificate could not be checked")

// identityError is a server that is not the host we wanted to talk to.
type identityError struct{ err error }

func (e *identityError) Error() string { return "the agent's certificate is refused: " + e.err.Error() }
func (e *identityError) Unwrap() error { return e.err }

// hostTLS makes the TLS settings for one host from the CA's. The standard
// check of names is replaced, not left out: VerifyConnection also runs for
// resumed sessions and ends the handshake.
func hostTLS(base *tls.Config, host ids.ID) *tls.Config {
	cfg := base.Clone()
	cfg.MinVersion = tls.VersionTLS13
	cfg.NextProtos = []string{"http/1.1"}
	cfg.InsecureSkipVerify = true //nolint:gosec // VerifyConnection does all of it, by identity instead of by name
	more := base.VerifyConnection
	cfg.VerifyConnection = func(cs tls.ConnectionState) error {
		if err := verifyHost(cfg, cs, host); err != nil {
			return &identityError{err}
		}
		if more == nil {
			return nil
		}
		err := more(cs)
		if err == nil || errors.Is(err, ErrUnchecked) {
			return err
		}
		return &identityError{err}
	}
	return cfg
}

func verifyHost(cfg *tls.Config, cs tls.ConnectionState, host ids.ID) error {
	if len(cs.PeerCertificates) == 0 {
		return errors.New("there is none")
	}
	if cfg.RootCAs == nil {
		return errors.New("no root certificate is configured to check it with")
	}
	opts := x509.VerifyOptions{Roots: cfg.RootCAs, Intermediates: x509.NewCertPool(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if cfg.Time != nil {
		opts.CurrentTime = cfg.Time()
	}
	for _, c := range cs.PeerCertificates[1:] {
		opts.Intermediates.AddCert(c)
	}
	leaf := cs.PeerCertificates[0]
	if _, err := leaf.Verify(opts); err != nil {
		return err
	}
	if len(leaf.URIs) != 1 || leaf.URIs[0].String() != HostURI(host) {
		return fmt.Errorf("it belongs to %v, not to %s", leaf.URIs, HostURI(host))
	}
	return nil
}

// classify finds the kind of a transport error.
func classify(err error) Kind {
	var identity *identityError
	var remote *net.OpError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &identity):
		return Refused
	case errors.As(err, &record):
		return Protocol // the port speaks something else than TLS
	case errors.As(err, &remote) && remote.Op == "remote error":
		return Refused // a TLS alert: the agent does not accept our certificate or version
	}
	return Unreachable
}
