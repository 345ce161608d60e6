package enrollment

import (
	"crypto/x509"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/ca"
	"patchmanager/internal/ids"
)

// claim is a checked request of an agent: the key is proven, everything else
// is what the host says about itself.
type claim struct {
	csr            *x509.CertificateRequest
	key            string // fingerprint
	machineID      string
	hostname, fqdn string
	addressSeen    string
	addressClaimed string
	port           int
	os             string
	token          string
}

var (
	hostnameRule  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$`)
	machineIDRule = regexp.MustCompile(`^[A-Za-z0-9-]{0,128}$`)
)

// readClaim checks the form of everything and says all that is wrong at once.
func readClaim(r agentapi.EnrollRequest, from netip.Addr) (claim, error) {
	var bad []apierr.Detail
	refuse := func(field, value, message string) {
		bad = append(bad, apierr.Detail{Field: field, Value: cut(value, 100), Message: message})
	}
	c := claim{machineID: r.MachineID, hostname: r.Hostname, fqdn: strings.TrimSuffix(r.FQDN, "."), port: r.Port,
		addressClaimed: r.IPAddress, os: osName(r.OSDetails), token: strings.TrimSpace(r.Token)}
	if from.IsValid() {
		c.addressSeen = from.String()
	}
	if !hostnameRule.MatchString(r.Hostname) {
		refuse("hostname", r.Hostname, "Must be a host name of 1 to 253 letters, digits, dots, dashes and underscores.")
	}
	if c.fqdn != "" && !hostnameRule.MatchString(c.fqdn) {
		refuse("fqdn", r.FQDN, "Must be empty or a fully qualified host name.")
	}
	if !machineIDRule.MatchString(r.MachineID) {
		refuse("machine_id", r.MachineID, "Must be at most 128 letters, digits and dashes.")
	}
	if _, err := netip.ParseAddr(r.IPAddress); r.IPAddress != "" && err != nil {
		refuse("ip_address", r.IPAddress, "Must be empty or an IP address.")
	}
	if c.port == 0 {
		c.port = agentapi.DefaultPort
	} else if c.port < 1 || c.port > 65535 {
		refuse("port", strconv.Itoa(c.port), "Must be a TCP port, 1 to 65535.")
	}
	csr, err := ca.ParseCSR(r.CSR)
	if err != nil {
		refuse("csr", "", err.Error())
	} else {
		c.csr, c.key = csr, ca.KeyFingerprint(csr.RawSubjectPublicKeyInfo)
	}
	if len(bad) > 0 {
		return c, apierr.Invalid(bad...)
	}
	return c, nil
}

// address is where the agent will be asked: where it says it listens, unless
// that can only be meant on the host itself.
func (c claim) address() string {
	claimed, err := netip.ParseAddr(c.addressClaimed)
	seen, seenErr := netip.ParseAddr(c.addressSeen)
	switch {
	case err != nil, claimed.IsUnspecified(), claimed.IsMulticast():
		return c.addressSeen
	case claimed.IsLoopback() && seenErr == nil && !seen.IsLoopback():
		return c.addressSeen
	}
	return claimed.Unmap().WithZone("").String()
}

func osName(d map[string]string) string {
	name := d["pretty_name"]
	if name == "" {
		name = strings.TrimSpace(d["id"] + " " + d["version_id"])
	}
	return cut(strings.ReplaceAll(name, "\x00", ""), 256)
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// asked is an earlier request of the same key.
type asked struct {
	id     ids.ID
	status string
}
