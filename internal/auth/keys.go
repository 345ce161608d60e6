package auth

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"patchmanager/internal/audit"
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

// keyMemory is how long a key may be verified with from memory: so soon a
// rotation on the console is in force in every process.
const keyMemory = 10 * time.Second

// keyring finds and makes signing keys. What it remembers is what never changes,
// the opened private halves, and for some seconds what is asked for with every
// request.
type keyring struct {
	db     *db.DB
	clock  clock.Clock
	sealer Sealer

	mu       sync.Mutex
	known    map[string]remembered         // by kid, for verification
	opened   map[string]ed25519.PrivateKey // by kid, for signing
	unopened map[string]bool               // with this key file; said once
}

// remembered is a key as it was stored at a moment.
type remembered struct {
	signingKey
	readAt time.Time
}

func newKeyring(d *db.DB, c clock.Clock, s Sealer) *keyring {
	return &keyring{db: d, clock: c, sealer: s,
		known: map[string]remembered{}, opened: map[string]ed25519.PrivateKey{}, unopened: map[string]bool{}}
}

// signer returns the key to sign with now, and makes it when there is none. It
// looks at the database each time: sign-ins and refreshes are rare beside the
// requests in between, and a key that was retired signs nothing more.
func (k *keyring) signer(ctx context.Context) (signingKey, error) {
	now := k.clock.Now()
	keys, err := readSigningKeys(ctx, k.db, now)
	if err != nil {
		return signingKey{}, err
	}
	if key, ok := k.choose(ctx, keys); ok {
		return key, nil
	}
	var key signingKey
	err = k.db.InTx(ctx, func(tx db.Tx) (err error) {
		key, err = k.findOrMake(ctx, tx, now)
		return err
	})
	if err != nil {
		return signingKey{}, fmt.Errorf("find signing key: %w", err)
	}
	return key, nil
}

// findOrMake looks again under the lock: another process may have been first.
func (k *keyring) findOrMake(ctx context.Context, tx db.Tx, now time.Time) (signingKey, error) {
	if err := lockSigningKeys(ctx, tx); err != nil {
		return signingKey{}, err
	}
	keys, err := readSigningKeys(ctx, tx, now)
	if err != nil {
		return signingKey{}, err
	}
	if key, ok := k.choose(ctx, keys); ok {
		return key, nil
	}
	return k.make(ctx, tx, now)
}

// choose takes the newest of the keys that this process can open.
func (k *keyring) choose(ctx context.Context, keys []signingKey) (signingKey, bool) {
	for _, key := range keys {
		if private, ok := k.open(ctx, key); ok {
			key.private = private
			return key, true
		}
	}
	return signingKey{}, false
}

func (k *keyring) open(ctx context.Context, key signingKey) (ed25519.PrivateKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if private, ok := k.opened[key.kid]; ok {
		return private, true
	}
	seed, err := k.sealer.Open(sealPurpose(key.kid), key.sealed)
	if err != nil || len(seed) != ed25519.SeedSize {
		if !k.unopened[key.kid] {
			slog.WarnContext(ctx, "signing key cannot be opened with this key file; another one is used", "kid", key.kid, "error", err)
		}
		k.unopened[key.kid] = true
		return nil, false
	}
	k.opened[key.kid] = ed25519.NewKeyFromSeed(seed)
	return k.opened[key.kid], true
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
	target := audit.Target{Kind: "signing_key", ID: key.kid}
	details := map[string]any{"sign_until": key.signUntil.Format(time.RFC3339), "verify_until": key.verifyUntil.Format(time.RFC3339)}
	return key, audit.Append(ctx, tx, System("auth").Entry("signing_key.create", target, details))
}

// sealPurpose binds a sealed key to its row.
func sealPurpose(kid string) string { return "auth signing key " + kid }

// verifier returns the public key of a token's kid; false when it is unknown
// or no longer verifies.
func (k *keyring) verifier(ctx context.Context, kid string) (ed25519.PublicKey, bool, error) {
	now := k.clock.Now()
	k.mu.Lock()
	key, known := k.known[kid]
	k.mu.Unlock()
	if !known && !mayBeKid(kid) {
		return nil, false, nil
	}
	if !known || now.Sub(key.readAt) >= keyMemory {
		stored, found, err := readSigningKey(ctx, k.db, kid)
		if err != nil {
			return nil, false, err
		}
		key = remembered{stored, now}
		k.remember(kid, key, found)
		if !found {
			return nil, false, nil
		}
	}
	return key.public, now.Before(key.verifyUntil), nil
}

// remember keeps only keys that exist: anybody can make names of others up.
func (k *keyring) remember(kid string, key remembered, found bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found {
		k.known[kid] = key
	} else {
		delete(k.known, kid)
	}
}

// mayBeKid tells what is not one of ours and not worth a query.
func mayBeKid(kid string) bool {
	_, err := ids.Parse(kid)
	return err == nil
}
