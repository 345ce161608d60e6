package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"

	"patchmanager/internal/apierr"
)

// Params are the cost of Argon2id.
type Params struct {
	Memory uint32 // KiB
	Time   uint32 // passes
	Lanes  uint8
}

// DefaultParams cost 64 MiB and about 0.2 s on a small server.
var DefaultParams = Params{Memory: 64 * 1024, Time: 3, Lanes: 1}

const (
	saltSize = 16
	sumSize  = 32
	// atOnce bounds the memory of hashing: 4 x 64 MiB.
	atOnce = 4
	// maxWaiting bounds the queue before it: 100 waiters are served in about
	// 10 s on two cores; whoever comes then is better told to come back.
	maxWaiting = 100
	// collectFrom is the cost in KiB from which the memory of a hash is collected
	// before the next one takes its slot. The collector by itself lets as much
	// garbage pile up as is in use: 512 MiB instead of 256.
	collectFrom = 8 * 1024
	// maxMemory refuses a stored cost that would exhaust the machine, 1 GiB.
	maxMemory = 1 << 20
)

// hasher computes password hashes, a few at a time.
type hasher struct {
	params  Params
	slots   *semaphore.Weighted
	waiting atomic.Int64
	nobody  string // a hash that no password has, for users who do not exist
}

func newHasher(p Params) *hasher {
	h := &hasher{params: p, slots: semaphore.NewWeighted(atOnce)}
	h.nobody = encodePHC(p, randomBytes(saltSize), randomBytes(sumSize))
	return h
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: it ends the process instead
	return b
}

// hash makes the stored form of a password, in PHC string format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := randomBytes(saltSize)
	sum, err := h.compute(ctx, password, salt, h.params)
	if err != nil {
		return "", err
	}
	return encodePHC(h.params, salt, sum), nil
}

// verify compares a password with a stored hash. stale reports that the hash
// was made with another cost than today's.
func (h *hasher) verify(ctx context.Context, phc, password string) (ok, stale bool, err error) {
	p, salt, want, err := decodePHC(phc)
	if err != nil {
		return false, false, fmt.Errorf("read password hash: %w", err)
	}
	got, err := h.compute(ctx, password, salt, p)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, p != h.params, nil
}

func errBusy() error {
	return apierr.New(http.StatusServiceUnavailable, "sign_in_busy", "Too many people sign in at this moment. Try again in a minute.")
}

// isBusy reports that the next one will be sent away. It is asked before an
// attempt is counted, so that a crowd does not lock its accounts.
func (h *hasher) isBusy() bool { return h.waiting.Load() >= maxWaiting }

// compute waits for a slot. The password is taken in normal form C, so that ü
// is the same key on every keyboard.
func (h *hasher) compute(ctx context.Context, password string, salt []byte, p Params) ([]byte, error) {
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return nil, errBusy()
	}
	err := h.slots.Acquire(ctx, 1)
	h.waiting.Add(-1)
	if err != nil {
		return nil, fmt.Errorf("wait for password check: %w", err)
	}
	defer h.slots.Release(1)
	sum := argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, p.Time, p.Memory, p.Lanes, sumSize)
	if p.Memory >= collectFrom {
		runtime.GC()
	}
	return sum, nil
}

func encodePHC(p Params, salt, sum []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Lanes,
		e.EncodeToString(salt), e.EncodeToString(sum))
}

var errPHC = errors.New("not an argon2id hash that this version understands")

func decodePHC(s string) (p Params, salt, sum []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Lanes); err != nil {
		return p, nil, nil, errPHC
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(saltErr, sumErr) != nil || len(sum) != sumSize || p.Memory > maxMemory || p.Time < 1 || p.Lanes < 1 {
		return p, nil, nil, errPHC
	}
	return p, salt, sum, nil
}
