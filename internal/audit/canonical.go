package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// encodingVersion opens the encoding; see the package comment.
const encodingVersion = "patch-manager audit v1\x00"

// hash is a link of the chain. The zero hash precedes the first row.
type hash [sha256.Size]byte

// MarshalText implements encoding.TextMarshaler: lower-case hex.
func (h hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hash) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil || len(raw) != len(h) {
		return errors.New("not a hash of 64 hexadecimal digits")
	}
	copy(h[:], raw)
	return nil
}

// content is what a row says, as it is stored and hashed.
type content struct {
	id         int64
	at         time.Time
	actorKind  string
	actorID    string
	actorName  string
	action     string
	targetKind string
	targetID   string
	targetName string
	details    string
	address    string
	requestID  string
}

// sum is the row's hash behind prev.
func (c content) sum(prev hash) hash { return sha256.Sum256(c.encode(prev)) }

// encode is the canonical encoding that the package comment defines.
func (c content) encode(prev hash) []byte {
	b := []byte(encodingVersion)
	b = appendInt(b, c.id)
	b = appendInt(b, c.at.UnixMicro())
	for _, s := range []string{
		c.actorKind, c.actorID, c.actorName, c.action, c.targetKind, c.targetID,
		c.targetName, c.details, c.address, c.requestID,
	} {
		b = appendField(b, s)
	}
	return appendField(b, string(prev[:]))
}

func appendInt(b []byte, n int64) []byte {
	return appendField(b, string(binary.BigEndian.AppendUint64(nil, uint64(n))))
}

func appendField(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}
