package auth_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
)

const hour = time.Hour

// forge signs claims with any key and header.
func forge(t *testing.T, method jwt.SigningMethod, key any, kid string, change func(c jwt.MapClaims), from string) string {
	t.Helper()
	c := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(from, c)
	require.NoError(t, err)
	change(c)
	tok := jwt.NewWithClaims(method, c)
	tok.Header["kid"] = kid
	s, err := tok.SignedString(key)
	require.NoError(t, err)
	return s
}

func kidOf(t *testing.T, token string) string {
	t.Helper()
	tok, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	require.NoError(t, err)
	return tok.Header["kid"].(string)
}

// ownKey opens the signing key as only the process with the key file can.
func (r *rig) ownKey(kid string) ed25519.PrivateKey {
	r.t.Helper()
	var sealed []byte
	require.NoError(r.t, r.db.QueryRow(r.t.Context(), `select sealed_key from auth_signing_key where kid = $1`, kid).Scan(&sealed))
	seed, err := newBox(r.t, 1).Open("auth signing key "+kid, sealed)
	require.NoError(r.t, err)
	require.NotContains(r.t, string(sealed), string(seed))
	return ed25519.NewKeyFromSeed(seed)
}

func TestForgedTokensAreRefused(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	good, kid := b.access, kidOf(t, b.access)
	own := r.ownKey(kid)
	_, foreign, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	same := func(jwt.MapClaims) {}
	set := func(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }
	parts := strings.Split(good, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	edited := base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte("admin"), []byte("owner"), 1))

	for name, token := range map[string]string{
		"alg none":         forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, same, good),
		"hs256 public key": forge(t, jwt.SigningMethodHS256, []byte(own.Public().(ed25519.PublicKey)), kid, same, good),
		"foreign key":      forge(t, jwt.SigningMethodEdDSA, foreign, kid, same, good),
		"unknown kid":      forge(t, jwt.SigningMethodEdDSA, own, ids.New().String(), same, good),
		"strange kid":      forge(t, jwt.SigningMethodEdDSA, own, "../../etc/passwd", same, good),
		"no kid":           forge(t, jwt.SigningMethodEdDSA, own, "", same, good),
		"other audience":   forge(t, jwt.SigningMethodEdDSA, own, kid, set("aud", "patch-agent"), good),
		"other issuer":     forge(t, jwt.SigningMethodEdDSA, own, kid, set("iss", "somebody"), good),
		"no expiry":        forge(t, jwt.SigningMethodEdDSA, own, kid, func(c jwt.MapClaims) { delete(c, "exp") }, good),
		"expired":          forge(t, jwt.SigningMethodEdDSA, own, kid, set("exp", start.Add(-time.Second).Unix()), good),
		"other session":    forge(t, jwt.SigningMethodEdDSA, own, kid, set("sid", ids.New().String()), good),
		"other user":       forge(t, jwt.SigningMethodEdDSA, own, kid, set("sub", ids.New().String()), good),
		"no session":       forge(t, jwt.SigningMethodEdDSA, own, kid, func(c jwt.MapClaims) { delete(c, "sid") }, good),
		"edited payload":   parts[0] + "." + edited + "." + parts[2],
		"no signature":     parts[0] + "." + parts[1] + ".",
		"not a token":      "hello",
		"long":             strings.Repeat("a.", 100_000),
		"nothing":          "",
	} {
		t.Run(name, func(t *testing.T) {
			b.access = token
			w := b.get("/probe")
			require.Equal(t, 401, w.Code, w.Body)
			require.Equal(t, "Bearer", w.Header().Get("WWW-Authenticate"))
		})
	}
	b.access = forge(t, jwt.SigningMethodEdDSA, own, kid, same, good)
	require.Equal(t, 200, b.get("/probe").Code, "the forging itself is right")
}

func TestAccessTokenLivesFifteenMinutes(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	r.clock.Advance(15*time.Minute - time.Second)
	require.Equal(t, 200, b.get("/probe").Code)
	r.clock.Advance(time.Second)
	require.Equal(t, "unauthorized", code(t, b.get("/probe")))
	require.Equal(t, 200, b.post("/auth/refresh", nil).Code)
	require.Equal(t, 200, b.get("/probe").Code)
}

// A public operation never acts for somebody, but knows where it was called from.
func TestPublicOperationsHaveAnAnonymousActor(t *testing.T) {
	r := readyRig(t)
	w := r.signIn("admin", r.password).get("/open")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), `"Name":"","Role":"","Address":"192.0.2.1"`)
	require.Contains(t, w.Body.String(), w.Header().Get("X-Request-Id"))
}

func TestAuthenticateKnowsTheActor(t *testing.T) {
	r := readyRig(t)
	b := r.signIn("admin", r.password)
	a, err := r.svc.Authenticate(t.Context(), b.access, r.clientAddr())
	require.NoError(t, err)
	require.True(t, a.May(auth.ManageUsers))
	require.Equal(t, r.clientAddr(), a.Address)
	again, err := r.svc.SessionActor(t.Context(), a.SessionID, r.clientAddr())
	require.NoError(t, err)
	require.Equal(t, a, again)
	b.post("/auth/logout", nil)
	_, err = r.svc.SessionActor(t.Context(), a.SessionID, r.clientAddr())
	require.ErrorContains(t, err, "session has ended")
	_, err = r.svc.SessionActor(t.Context(), ids.New(), r.clientAddr())
	require.ErrorContains(t, err, "session has ended")
}

func TestSigningKeysRotate(t *testing.T) {
	r := readyRig(t)
	old := r.signIn("admin", r.password)
	r.clock.Advance(90*24*hour - time.Minute - 13*time.Minute)
	late := r.signIn("admin", r.password)
	require.Equal(t, kidOf(t, old.access), kidOf(t, late.access))
	r.clock.Advance(14 * time.Minute)
	_, err := r.svc.Loops()[0].Once(t.Context())
	require.NoError(t, err)

	fresh := r.signIn("admin", r.password)
	require.NotEqual(t, kidOf(t, old.access), kidOf(t, fresh.access))
	require.Equal(t, 200, fresh.get("/probe").Code)
	require.Equal(t, 200, late.get("/probe").Code, "signed by the old key, still verified")

	own := r.ownKey(kidOf(t, old.access))
	stretch := func(c jwt.MapClaims) { c["exp"] = r.clock.Now().Add(99 * hour).Unix() }
	stretched := r.signIn("admin", r.password)
	stretched.access = forge(t, jwt.SigningMethodEdDSA, own, kidOf(t, old.access), stretch, stretched.access)
	require.Equal(t, 200, stretched.get("/probe").Code)
	for range 24 {
		r.clock.Advance(hour)
	}
	again := r.signIn("admin", r.password)
	again.access = forge(t, jwt.SigningMethodEdDSA, own, kidOf(t, old.access), stretch, again.access)
	require.Equal(t, "unauthorized", code(t, again.get("/probe")), "a day later it verifies nothing")
	_, err = r.svc.Loops()[1].Once(t.Context())
	require.NoError(t, err)
	var keys int
	require.NoError(t, r.db.QueryRow(t.Context(), `select count(*) from auth_signing_key`).Scan(&keys))
	require.Equal(t, 1, keys)
}

// Two processes share one key; one whose key file was replaced makes its own,
// and each verifies what the other signed.
func TestProcessesShareKeys(t *testing.T) {
	r := readyRig(t)
	first := r.signIn("admin", r.password)
	for seal, same := range map[byte]bool{1: true, 2: false} {
		other := auth.New(auth.Deps{DB: r.db, Clock: r.clock, Sealer: newBox(t, seal), Argon: cheap})
		r2 := *r
		r2.handler = handlerOf(other)
		b := r2.signIn("admin", r.password)
		require.Equal(t, same, kidOf(t, first.access) == kidOf(t, b.access))
		require.Equal(t, 200, b.get("/probe").Code)
		b.r = r
		require.Equal(t, 200, b.get("/probe").Code)
		cross := *first
		cross.r = &r2
		require.Equal(t, 200, cross.get("/probe").Code)
	}
}
