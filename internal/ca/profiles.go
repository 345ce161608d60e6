package ca

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/ids"
)

// Lifetimes. A leaf lives 90 days: renewal starts after 60, which leaves a
// month in which a switched-off host can come back.
const (
	rootLife = 10 * 365 * 24 * time.Hour
	leafLife = 90 * 24 * time.Hour
	// backdate allows for hosts whose clock is behind.
	backdate = 5 * time.Minute
)

// renewAt is the moment when a third of the life is left.
func renewAt(notBefore, notAfter time.Time) time.Time {
	return notAfter.Add(-notAfter.Sub(notBefore) / 3)
}

// rootProfile signs leaves and nothing that could sign in turn.
func rootProfile(now time.Time) (*x509.Certificate, error) {
	t, err := template("Linux Patch Manager CA", now, rootLife)
	if err != nil {
		return nil, err
	}
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return t, nil
}

// managerProfile is the identity that agents obey. It is useless to a server.
func managerProfile(now time.Time) (*x509.Certificate, error) {
	return leafProfile("manager", agentapi.ManagerURI, x509.ExtKeyUsageClientAuth, now)
}

// hostProfile is the identity of one host. It is useless to a client, and it
// holds no name or address: one that a host claims could be the manager's.
func hostProfile(host ids.ID, now time.Time) (*x509.Certificate, error) {
	return leafProfile("host "+host.String(), agentclient.HostURI(host), x509.ExtKeyUsageServerAuth, now)
}

// uiProfile is the web listener. It carries the manager's URI, so that an
// agent at enrollment recognises it under an address that is not in the list;
// being for servers only, it commands no agent.
func uiProfile(names []string, now time.Time) (*x509.Certificate, error) {
	t, err := leafProfile("Linux Patch Manager", agentapi.ManagerURI, x509.ExtKeyUsageServerAuth, now)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	return t, nil
}

func leafProfile(name, uri string, use x509.ExtKeyUsage, now time.Time) (*x509.Certificate, error) {
	t, err := template(name, now, leafLife)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(uri)
	if err != nil {
		return nil, fmt.Errorf("read identity: %w", err)
	}
	t.URIs = []*url.URL{u}
	t.BasicConstraintsValid = true // says "not a CA"
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{use}
	return t, nil
}

func template(name string, now time.Time, life time.Duration) (*x509.Certificate, error) {
	serial := make([]byte, 16)
	if _, err := rand.Read(serial); err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	serial[0] = serial[0]&0x3f | 0x40 // positive and always 16 bytes long
	now = now.UTC().Truncate(time.Second)
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.Add(life),
	}, nil
}
