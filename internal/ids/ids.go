// Package ids makes and reads the product's identifiers: 128 bits that sort by
// the time they were made, a uuid column in PostgreSQL and 26 characters of
// ULID text everywhere a person or a program outside sees them.
package ids

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/oklog/ulid/v2"
)

// ID is an identifier. The zero value means "none".
type ID [16]byte

// New makes an identifier that sorts after every one made a millisecond ago.
func New() ID { return ID(ulid.Make()) }

// NewAt makes a random identifier that carries the given time.
func NewAt(t time.Time) (ID, error) {
	u, err := ulid.New(ulid.Timestamp(t), ulid.DefaultEntropy())
	if err != nil {
		return ID{}, fmt.Errorf("make id: %w", err)
	}
	return ID(u), nil
}

// Parse reads the 26-character text form.
func Parse(s string) (ID, error) {
	u, err := ulid.ParseStrict(s)
	if err != nil {
		return ID{}, fmt.Errorf("%q is not an id: %w", s, err)
	}
	return ID(u), nil
}

// IsZero reports whether the identifier is "none".
func (i ID) IsZero() bool { return i == ID{} }

// String is the text form.
func (i ID) String() string { return ulid.ULID(i).String() }

// MarshalText implements encoding.TextMarshaler, so that JSON shows the text form.
func (i ID) MarshalText() ([]byte, error) { return ulid.ULID(i).MarshalText() }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *ID) UnmarshalText(b []byte) error {
	p, err := Parse(string(b))
	if err != nil {
		return err
	}
	*i = p
	return nil
}

// ScanUUID implements pgtype.UUIDScanner. A null is refused: scan into a *ID
// where a column may be null.
func (i *ID) ScanUUID(v pgtype.UUID) error {
	if !v.Valid {
		return errors.New("scan id: null")
	}
	*i = v.Bytes
	return nil
}

// UUIDValue implements pgtype.UUIDValuer.
func (i ID) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: i, Valid: true}, nil }
