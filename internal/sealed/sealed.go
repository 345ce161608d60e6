// Package sealed keeps secrets in the database unreadable without a key file:
// AES-256-GCM, with the purpose as associated data, so that what was sealed as
// one thing cannot be passed off as another.
//
//	box = 0x01 | key id (4) | nonce (12) | ciphertext and tag
//
// The key file holds one line, 32 bytes in base64, mode 0600. It belongs into
// every backup: without it nothing sealed can be opened again.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

const (
	format    = 1
	idLen     = 4
	headerLen = 1 + idLen
	// KeyLen is the length of the key in bytes.
	KeyLen = 32
)

// ErrOtherKey means that a box was sealed with a key that is not ours: the key
// file was lost or replaced, or the database is another installation's.
var ErrOtherKey = errors.New("sealed with another key file")

// Box seals and opens.
type Box struct {
	aead   cipher.AEAD
	header [headerLen]byte
}

// New makes a Box of a key.
func New(key []byte) (*Box, error) {
	if len(key) != KeyLen {
		return nil, fmt.Errorf("the key has %d bytes; %d are needed", len(key), KeyLen)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare key: %w", err)
	}
	b := &Box{header: [headerLen]byte{format}}
	if b.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("prepare key: %w", err)
	}
	sum := sha256.Sum256(append([]byte("patch-manager key id\x00"), key...))
	copy(b.header[1:], sum[:idLen])
	return b, nil
}

// Seal encrypts plain for one purpose, e.g. "auth_signing_key".
func (b *Box) Seal(purpose string, plain []byte) ([]byte, error) {
	nonce := make([]byte, b.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("make nonce: %w", err)
	}
	out := append(b.header[:], nonce...)
	return b.aead.Seal(out, nonce, plain, b.bound(purpose)), nil
}

// Open decrypts what Seal made for the same purpose.
func (b *Box) Open(purpose string, box []byte) ([]byte, error) {
	n := headerLen + b.aead.NonceSize()
	if len(box) < n+b.aead.Overhead() || box[0] != format {
		return nil, errors.New("not a sealed value")
	}
	if [headerLen]byte(box[:headerLen]) != b.header {
		return nil, ErrOtherKey
	}
	plain, err := b.aead.Open(nil, box[headerLen:n], box[n:], b.bound(purpose))
	if err != nil {
		return nil, fmt.Errorf("open value sealed for %s: %w", purpose, err)
	}
	return plain, nil
}

func (b *Box) bound(purpose string) []byte { return append(b.header[:], purpose...) }
