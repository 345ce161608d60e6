package ca

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"patchmanager/internal/agentclient"
)

// ClientTLS is the manager's side of connections to agents, for
// agentclient.Config: it shows the current client certificate, trusts the root
// alone and refuses what was revoked.
func (a *Authority) ClientTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    a.RootPool(),
		Time:       a.deps.Clock.Now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return a.manager.Load(), nil
		},
		VerifyConnection: a.refuseRevoked,
	}
}

// revocationTimeout bounds the look into the database during a handshake.
const revocationTimeout = 3 * time.Second

// refuseRevoked asks the table, not a list in memory: a revocation counts for
// the very next connection, in every process. A certificate that the table
// does not know was signed after the backup that the database came from; its
// chain proves it.
func (a *Authority) refuseRevoked(cs tls.ConnectionState) error {
	ctx, cancel := context.WithTimeout(context.Background(), revocationTimeout)
	defer cancel()
	at, reason, err := revocation(ctx, a.deps.DB, cs.PeerCertificates[0].SerialNumber.Bytes())
	if err != nil {
		return fmt.Errorf("%w: %w", agentclient.ErrUnchecked, err)
	}
	if at != nil {
		return fmt.Errorf("it was revoked at %s: %s", at.Format(time.RFC3339), reason)
	}
	return nil
}

// UICertificate makes the certificate of the web listener for names and
// addresses, and returns what a tls.Config calls for it: a renewed one is
// served at once.
func (a *Authority) UICertificate(ctx context.Context, names []string) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	names = normalNames(names)
	a.mu.Lock()
	a.uiNames = names
	a.mu.Unlock()
	if err := a.renewUI(ctx, names); err != nil {
		return nil, err
	}
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.ui.Load(), nil }, nil
}

// normalNames puts DNS names before addresses and sorts both, so that the same
// set is recognised in a certificate that was read back.
func normalNames(names []string) []string {
	var dns, ips []string
	for _, n := range names {
		n = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(n), "."))
		switch ip := parseIP(n); {
		case n == "":
		case ip != "":
			ips = append(ips, ip)
		default:
			dns = append(dns, n)
		}
	}
	slices.Sort(dns)
	slices.Sort(ips)
	return append(slices.Compact(dns), slices.Compact(ips)...)
}

func parseIP(s string) string {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	return addr.Unmap().WithZone("").String()
}
