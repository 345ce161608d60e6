package testca

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"
)

// Enroll puts an identity into an agent's state directory, as an enrollment
// leaves it, for 127.0.0.1 and the given names.
func Enroll(stateDir string, c *CA, names ...string) error {
	dir := filepath.Join(stateDir, "pki")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if len(names) == 0 {
		names = []string{"localhost"}
	}
	cert := c.Issue(Leaf{Name: names[0], DNS: names, IPs: []string{"127.0.0.1"}, Usage: x509.ExtKeyUsageServerAuth})
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	require.NoError(c.tb, err)
	pair := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})) + PEM(cert.Leaf)
	if err := os.WriteFile(filepath.Join(dir, "identity.pem"), []byte(pair), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ca.pem"), []byte(PEM(c.Root)), 0o600)
}
