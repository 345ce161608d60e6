package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// ServerTLS is the server side: TLS 1.3, a client certificate of the pinned CA
// with the manager's identity, not revoked. Anything else ends in the
// handshake. A renewed identity counts from the next connection on.
func (s *Store) ServerTLS(c clock.Clock) *tls.Config {
	var mu sync.Mutex
	var of *Identity
	var ready *tls.Config // kept while the identity is, so that sessions can be resumed
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			mu.Lock()
			defer mu.Unlock()
			if id := s.Current(); id != of {
				of, ready = id, id.serverTLS(c)
			}
			return ready, nil
		},
	}
}

func (id *Identity) serverTLS(c clock.Clock) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(id.CA)
	return &tls.Config{
		MinVersion:       tls.VersionTLS13,
		Certificates:     []tls.Certificate{id.Certificate},
		ClientCAs:        pool,
		ClientAuth:       tls.RequireAndVerifyClientCert, // also asks for the client usage
		Time:             c.Now,
		NextProtos:       []string{"h2", "http/1.1"},
		VerifyConnection: id.verifyManager, // also called for resumed sessions
	}
}

// verifyManager is what a certificate of the CA alone does not prove: every
// enrolled host has one.
func (id *Identity) verifyManager(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 {
		return errors.New("the client certificate was not verified")
	}
	for _, c := range state.VerifiedChains[0] {
		if id.revoked(c) {
			return fmt.Errorf("the client certificate %s is revoked", c.SerialNumber)
		}
	}
	if leaf := state.PeerCertificates[0]; !isManager(leaf) {
		return fmt.Errorf("the client %q is not the manager", leaf.Subject.CommonName)
	}
	return nil
}

func isManager(c *x509.Certificate) bool {
	return len(c.URIs) == 1 && c.URIs[0].String() == agentapi.ManagerURI
}
