package discovery

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/ca"
	"patchmanager/internal/ids"
)

// Kind is what was found at an address.
type Kind string

// Kinds. The first three have proved to hold the key of a certificate of our own
// authority that names a host.
const (
	KindEnrolled   Kind = "enrolled"    // the agent of a host, where that host is
	KindElsewhere  Kind = "elsewhere"   // the agent of a host whose address is another one: moved, or a clone
	KindEnded      Kind = "ended"       // its host was removed, or its certificate is no longer good
	KindOtherAgent Kind = "other_agent" // possibly an agent of another manager or of an older generation
	KindOtherTLS   Kind = "other_tls"   // another TLS service
	KindOpen       Kind = "open"        // accepts connections and speaks no TLS
)

// Kinds in the order in which they matter.
var Kinds = []Kind{KindEnrolled, KindElsewhere, KindEnded, KindOtherAgent, KindOtherTLS, KindOpen}

// evidence is what a handshake has shown.
type evidence struct {
	chain    []*x509.Certificate
	version  uint16
	asked    bool // for a client certificate
	complete bool // so the key of the certificate was used
	heard    []byte
	err      error
}

// sighting is what the evidence means, as far as the network alone can tell.
type sighting struct {
	kind    Kind
	host    ids.ID // that the certificate names; zero: none of ours
	key     string // fingerprint of the certificate's key, to ask whether it still counts
	expired bool
	note    string // one sentence for people

	subject, issuer     string
	fingerprint         string // of the certificate, SHA-256
	notBefore, notAfter *time.Time
	tls                 string
}

// hostURI begins the identity of every host.
var hostURI = strings.TrimSuffix(agentclient.HostURI(ids.ID{}), ids.ID{}.String())

// sight judges. Only a complete handshake makes a certificate more than a copy:
// every certificate of a host can be had by asking that host.
func (e *evidence) sight(port uint16, roots *x509.CertPool, now func() time.Time) sighting {
	if len(e.chain) == 0 {
		return e.withoutCertificate()
	}
	s := describe(e.chain[0], e.version)
	ours := trust(e.chain, roots, now())
	host, isHost := hostOf(e.chain[0])
	switch {
	case ours != foreign && isHost && e.complete:
		s.kind, s.host, s.expired = KindEnrolled, host, ours == expired
	case ours != foreign && isHost:
		s.kind, s.note = KindOtherTLS, fmt.Sprintf("It shows the certificate of host %s and has not proved that it holds its key: %s", host, e.reason())
	case ours != foreign:
		s.kind, s.note = KindOtherTLS, "It holds a certificate of this manager that is not a host's: probably the manager itself."
	case isHost:
		s.kind, s.note = KindOtherAgent, "Its certificate is that of a host of another installation of this product."
	case e.asked && port == agentapi.DefaultPort:
		s.kind, s.note = KindOtherAgent, "It asks for a client certificate on the agents' port: possibly an agent of another manager, or of an older generation."
	default:
		s.kind = KindOtherTLS
		if !e.complete {
			s.note = e.reason()
		}
	}
	s.note = clip(s.note, maxNote)
	return s
}

const (
	maxNote = 500
	maxText = 250
)

func (e *evidence) withoutCertificate() sighting {
	var alert *net.OpError
	if errors.As(e.err, &alert) && alert.Op == "remote error" {
		return sighting{kind: KindOtherTLS, note: clip("It speaks TLS and refused: "+alert.Err.Error()+".", maxNote)}
	}
	if _, isRecord := recordError(e.err); isRecord || len(e.heard) > 0 && e.heard[0] != recordHandshake {
		return sighting{kind: KindOpen, note: clip("It speaks something else than TLS"+beginning(e.heard)+".", maxNote)}
	}
	if len(e.heard) > 0 {
		return sighting{kind: KindOtherTLS, note: clip("It began to speak TLS: "+e.reason(), maxNote)}
	}
	return sighting{kind: KindOpen, note: clip("It accepts connections: "+e.reason(), maxNote)}
}

// recordHandshake opens every TLS answer that is no alert.
const recordHandshake = 22

func recordError(err error) (tls.RecordHeaderError, bool) {
	var record tls.RecordHeaderError
	return record, errors.As(err, &record)
}

// beginning quotes the first readable characters of an answer.
func beginning(heard []byte) string {
	var b strings.Builder
	for _, c := range heard {
		if c < ' ' || c > '~' {
			break
		}
		b.WriteByte(c)
	}
	if b.Len() < 3 {
		return ""
	}
	return fmt.Sprintf(", beginning with %q", b.String())
}

// reason says why the handshake did not come to its end.
func (e *evidence) reason() string {
	var late net.Error
	switch {
	case errors.As(e.err, &late) && late.Timeout():
		return "it did not go on in time."
	case errors.Is(e.err, io.EOF) || errors.Is(e.err, io.ErrUnexpectedEOF):
		return "it closed the connection."
	}
	return "the handshake failed (" + plain(e.err.Error()) + ")."
}

// hostOf is the host that a certificate names.
func hostOf(c *x509.Certificate) (ids.ID, bool) {
	if len(c.URIs) != 1 {
		return ids.ID{}, false
	}
	text, ok := strings.CutPrefix(c.URIs[0].String(), hostURI)
	if !ok {
		return ids.ID{}, false
	}
	id, err := ids.Parse(text)
	return id, err == nil
}

func describe(c *x509.Certificate, version uint16) sighting {
	sum := sha256.Sum256(c.Raw)
	from, to := databaseTime(c.NotBefore), databaseTime(c.NotAfter)
	return sighting{
		key: ca.KeyFingerprint(c.RawSubjectPublicKeyInfo), fingerprint: hex.EncodeToString(sum[:]),
		subject: plain(subjectOf(c)), issuer: plain(c.Issuer.String()),
		notBefore: &from, notAfter: &to, tls: strings.TrimPrefix(tls.VersionName(version), "TLS "),
	}
}

// databaseTime keeps a stranger's certificate from naming a year that the
// database, or JSON, does not know.
func databaseTime(t time.Time) time.Time {
	first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	switch t = t.UTC().Truncate(time.Second); {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return t
}

func subjectOf(c *x509.Certificate) string {
	if text := c.Subject.String(); text != "" {
		return text
	}
	return strings.Join(c.DNSNames[:min(len(c.DNSNames), 5)], ", ")
}

// plain makes one printable line of what a stranger has sent.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	return clip(strings.TrimSpace(text), maxText)
}
