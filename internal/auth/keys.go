package auth

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Lifetimes of a signing key.
const (
	keySigns   = 90 * 24 * time.Hour
	keyOverlap = 24 * time.Hour // verifies that much longer; tokens live 15 minutes
)

// signingKey is a stored key. private is set once it was opened.
type signingKey struct {
	kid         string
	public      ed25519.PublicKey
	sealed      []byte
	signUntil   time.Time
	verifyUntil time.Time
	private     ed25519.PrivateKey
}

// keyring finds and makes signing keys and remembers those it has seen: a key
// never changes, so there is nothing to go stale.
type keyring struct {
	db     *db.DB
	clock  clock.Clock
	sealer Sealer

	mu      sync.Mutex
	known   map[string]signingKey // by kid, for verification
	current signingKey            // for signing; zero until the first use
}

func newKeyring(d *db.DB, c clock.Clock, s Sealer) *keyring {
	return &keyring{db: d, clock: c, sealer: s, known: map[string]signingKey{}}
}

// signer returns the key to sign with now, and makes it when there is none.
func (k *keyring) signer(ctx context.Context) (signingKey, error) {
	now := k.clock.Now()
	k.mu.Lock()
	key := k.current
	k.mu.Unlock()
	if now.Before(key.signUntil) {
		return key, nil
	}
	err := k.db.InTx(ctx, func(tx db.Tx) (err error) {
		key, err = k.findOrMake(ctx, tx, now)
		return err
	})
	if err != nil {
		return signingKey{}, fmt.Errorf("find signing key: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = key
	return key, nil
}

// findOrMake takes the newest key that signs and that this process can open.
func (k *keyring) findOrMake(ctx context.Context, tx db.Tx, now time.Time) (signingKey, error) {
	keys, err := lockSigningKeys(ctx, tx, now)
	if err != nil {
		return signingKey{}, err
	}
	for _, key := range keys {
		seed, err := k.sealer.Open(sealPurpose(key.kid), key.sealed)
		if err != nil || len(seed) != ed25519.SeedSize {
			slog.WarnContext(ctx, "signing key cannot be opened with this key file; another one is used", "kid", key.kid, "error", err)
			continue
		}
		key.private = ed25519.NewKeyFromSeed(seed)
		return key, nil
	}
	return k.make(ctx, tx, now)
}

func (k *keyring) make(ctx context.Context, tx db.Tx, now time.Time) (signingKey, error) {
	id, err := ids.NewAt(now)
	if err != nil {
		return signingKey{}, err
	}
	seed := randomBytes(ed25519.SeedSize)
	private := ed25519.NewKeyFromSeed(seed)
	key := signingKey{
		kid: id.String(), private: private, public: private.Public().(ed25519.PublicKey),
		signUntil: now.Add(keySigns), verifyUntil: now.Add(keySigns + keyOverlap),
	}
	if key.sealed, err = k.sealer.Seal(sealPurpose(key.kid), seed); err != nil {
		return signingKey{}, fmt.Errorf("seal signing key: %w", err)
	}
	if err := insertSigningKey(ctx, tx, key, now); err != nil {
		return signingKey{}, err
	}
	slog.InfoContext(ctx, "made a signing key for access tokens", "kid", key.kid, "sign_until", key.signUntil)
	return key, nil
}

// sealPurpose binds a sealed key to its row.
func sealPurpose(kid string) string { return "auth signing key " + kid }

// verifier returns the public key of a token's kid; false when it is unknown
// or no longer verifies.
func (k *keyring) verifier(ctx context.Context, kid string) (ed25519.PublicKey, bool, error) {
	k.mu.Lock()
	key, known := k.known[kid]
	k.mu.Unlock()
	if !known {
		if !mayBeKid(kid) {
			return nil, false, nil
		}
		var err error
		if key, known, err = readSigningKey(ctx, k.db, kid); err != nil || !known {
			return nil, false, err
		}
		k.mu.Lock()
		k.known[kid] = key
		k.mu.Unlock()
	}
	return key.public, k.clock.Now().Before(key.verifyUntil), nil
}

// mayBeKid tells what is not one of ours and not worth a query.
func mayBeKid(kid string) bool {
	_, err := ids.Parse(kid)
	return err == nil
}
