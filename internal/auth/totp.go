package auth

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"patchmanager/internal/ids"
)

const (
	totpPeriod = 30 // s; what every authenticator app takes without asking
	// totpSkew accepts one step before and after, for clocks of phones.
	totpSkew    = 1
	totpKeySize = 20 // bytes, as RFC 4226 wants for SHA-1
	totpIssuer  = "Linux Patch Manager"
	// pendingLife is how long a shown key waits for its first code.
	pendingLife = 15 * time.Minute
)

// totpKey is the shared secret of an authenticator app; it prints as stars.
type totpKey []byte

// String keeps the key out of logs and messages.
func (totpKey) String() string { return "***" }

// GoString keeps it out of %#v too.
func (totpKey) GoString() string { return "***" }

// MarshalText keeps it out of JSON logs.
func (totpKey) MarshalText() ([]byte, error) { return []byte("***"), nil }

// totp is one stored authenticator.
type totp struct {
	sealed      []byte // nil: not confirmed yet
	confirmedAt *time.Time
	lastStep    int64 // the newest step whose code was used
	pending     []byte
	pendingAt   *time.Time
}

// totpPurpose binds a sealed key to its user: copied into another's row it does
// not open.
func totpPurpose(user ids.ID) string { return "auth totp " + user.String() }

func (k totpKey) base32() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(k)
}

// uri is what authenticator apps read out of the QR code.
func (k totpKey) uri(username string) string {
	q := url.Values{"secret": {k.base32()}, "issuer": {totpIssuer}}
	// apps read "+" as a plus sign
	return "otpauth://totp/" + url.PathEscape(totpIssuer+":"+username) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// match returns the step whose code this is, of those that are accepted now;
// false when it is of none. It always compares all of them.
func (k totpKey) match(code string, now time.Time) (step int64, ok bool, err error) {
	code = strings.ReplaceAll(code, " ", "")
	current := now.Unix() / totpPeriod
	for s := current - totpSkew; s <= current+totpSkew; s++ {
		want, err := hotp.GenerateCodeCustom(k.base32(), uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, fmt.Errorf("compute code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok, nil
}

// qrRows is the QR code of a text as rows of "0" (light) and "1" (dark), without
// the margin of 4 that has to be drawn around it.
func qrRows(text string) ([]string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	b := code.Bounds()
	rows := make([]string, 0, b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := make([]byte, 0, b.Dx())
		for x := b.Min.X; x < b.Max.X; x++ {
			module := byte('0')
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				module = '1'
			}
			row = append(row, module)
		}
		rows = append(rows, string(row))
	}
	return rows, nil
}
