package signin

import (
	"crypto/ecdsa"
	"crypto/x509"

	"github.com/descope/virtualwebauthn"
)

// NewPasskey makes the key pair of a passkey. The library writes a coordinate
// that begins with a zero byte too short, which no browser does and the manager
// rightly refuses: one key in 128 is such, and is made again.
func NewPasskey() virtualwebauthn.Credential {
	for {
		c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		if hasFullCoordinates(c.Key.Data) {
			return c
		}
	}
}

func hasFullCoordinates(pkcs8 []byte) bool {
	parsed, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		panic(err) // the library has just written it
	}
	const size = 32 // bytes of a coordinate on P-256
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		panic("the key is not one of an elliptic curve")
	}
	point, err := key.PublicKey.Bytes() // 4, x, y
	return err == nil && point[1] != 0 && point[1+size] != 0
}
