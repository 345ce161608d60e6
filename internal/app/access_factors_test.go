package app

import (
	"encoding/base32"
	"path/filepath"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/ids"
	"patchmanager/internal/sealed"
)

// seal makes an authenticator's key for a user, as the product stores it, and a
// code that is right now.
func (w *world) seal(user ids.ID) (box []byte, code string) {
	w.t.Helper()
	b, err := sealed.Load(filepath.Join(w.cfg.cfg.Data.Dir, "secret.key"))
	require.NoError(w.t, err)
	key := []byte("twenty bytes, of old")
	box, err = b.Seal("auth totp "+user.String(), key)
	require.NoError(w.t, err)
	code, err = totp.GenerateCode(base32.StdEncoding.EncodeToString(key), time.Now())
	require.NoError(w.t, err)
	return box, code
}

// withAuthenticator gives the user one and returns a code of it.
func (w *world) withAuthenticator(user ids.ID) (code string) {
	w.t.Helper()
	box, code := w.seal(user)
	w.exec(`insert into auth_totp (user_id, sealed_key, created_at, confirmed_at) values ($1, $2, now(), now())
		on conflict (user_id) do update set sealed_key = excluded.sealed_key`, user, box)
	return code
}

// withChallenge is a sign-in of the user that waits for its second factor.
func (w *world) withChallenge(user ids.ID) (token string) {
	w.t.Helper()
	token = w.name("challenge")
	w.exec(`insert into auth_challenge (token_hash, kind, user_id, data, created_at, expires_at)
		values (sha256(convert_to($1, 'UTF8')), 'second_factor', $2, 'password', now(), now() + interval '5 min')`, token, user)
	return token
}

func loginTOTPRequest(w *world, _ *caller) request {
	u := w.newUser().user
	return request{body: map[string]string{"challenge": w.withChallenge(u), "code": w.withAuthenticator(u)}}
}

func loginRecoveryCodeRequest(w *world, _ *caller) request {
	u := w.newUser().user
	code := w.name("code")
	w.exec(`insert into auth_recovery_code (user_id, code_hash, created_at)
		values ($1, sha256(convert_to(replace(replace($2, '-', ''), '0', 'o'), 'UTF8')), now())`, u, code)
	return request{body: map[string]string{"challenge": w.withChallenge(u), "code": code}}
}

func stepUpTOTPRequest(w *world, c *caller) request {
	if c.session.IsZero() {
		return request{body: map[string]string{"code": "000000"}}
	}
	return request{body: map[string]string{"code": w.withAuthenticator(c.user)}}
}

func confirmTOTPRequest(w *world, c *caller) request {
	if c.session.IsZero() {
		return request{body: map[string]string{"code": "000000"}}
	}
	box, code := w.seal(c.user)
	w.exec(`insert into auth_totp (user_id, pending_key, pending_at, created_at) values ($1, $2, now(), now())
		on conflict (user_id) do update set pending_key = excluded.pending_key, pending_at = now()`, c.user, box)
	return request{body: map[string]string{"code": code}}
}

// removeTOTPRequest leaves the caller a passkey: the last factor stays.
func removeTOTPRequest(w *world, c *caller) request {
	w.withPasskey(c)
	return request{}
}

// withPasskey gives a person one; nobody else can hold one.
func (w *world) withPasskey(c *caller) (id ids.ID) {
	w.t.Helper()
	id = ids.New()
	if !c.session.IsZero() {
		w.exec(`insert into auth_passkey (id, user_id, credential_id, credential, name, created_at)
			values ($1, $2, convert_to($3, 'UTF8'), '{}', 'key', now())`, id, c.user, w.name("credential"))
	}
	return id
}

func passkeyRequest(*world, *caller) request {
	return request{body: map[string]any{"ceremony": "none", "credential": map[string]any{"id": "none"}}}
}

func newPasskeyRequest(*world, *caller) request {
	return request{body: map[string]any{"ceremony": "none", "name": "key", "credential": map[string]any{"id": "none"}}}
}

// ownPasskeyRequest is about one of two, because the last factor stays.
func ownPasskeyRequest(w *world, c *caller) request {
	w.withPasskey(c)
	return request{path: map[string]string{"id": w.withPasskey(c).String()}, body: map[string]string{"name": "other"}}
}
