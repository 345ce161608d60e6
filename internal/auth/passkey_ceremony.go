package auth

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/webauthn"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// ceremonyData is what a ceremony's row keeps between its two requests.
type ceremonyData struct {
	Origin  string               `json:"origin"`
	Session webauthn.SessionData `json:"session"`
	Second  string               `json:"second,omitempty"` // the sign-in that waits for this second factor
}

func errCeremony() error {
	return apierr.Conflict("ceremony_ended", "This attempt has ended or was used. Begin again.")
}

// errPasskey is the one answer to everything that is wrong with a credential.
func errPasskey() error {
	return apierr.Unauthorized("invalid_passkey", "This passkey was not accepted. Try again, or sign in another way.")
}

// keepCeremony stores the first half and returns it as the browser wants it.
func (s *Service) keepCeremony(ctx context.Context, tx db.Tx, kind challengeKind, user, session ids.ID, d ceremonyData, options any) (Ceremony, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return Ceremony{}, fmt.Errorf("encode ceremony: %w", err)
	}
	token, err := s.newChallenge(ctx, tx, kind, user, session, data, ceremonyLife)
	if err != nil {
		return Ceremony{}, err
	}
	asMap, err := members(options)
	return Ceremony{Ceremony: token, Options: asMap}, err
}

// members shows the library's options as the JSON that it makes of them.
func members(options any) (map[string]any, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("encode passkey options: %w", err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("decode passkey options: %w", err)
	}
	return m, nil
}

// takeCeremony ends a ceremony and returns what it kept. It works once, also
// when what follows is refused.
func (s *Service) takeCeremony(ctx context.Context, kind challengeKind, token, origin string) (c challenge, d ceremonyData, rp *webauthn.WebAuthn, err error) {
	var found bool
	err = s.db.InTx(ctx, func(tx db.Tx) (err error) {
		c, found, err = s.takeChallenge(ctx, tx, kind, token)
		return err
	})
	if err != nil {
		return c, d, nil, fmt.Errorf("take ceremony: %w", err)
	}
	if !found {
		return c, d, nil, errCeremony()
	}
	if err := json.Unmarshal(c.data, &d); err != nil {
		return c, d, nil, fmt.Errorf("decode ceremony: %w", err)
	}
	if d.Origin != origin {
		return c, d, nil, errCeremony() // begun at another page than it is ended at
	}
	rp, err = s.relying.at(origin)
	return c, d, rp, err
}

// holderOf reads a user with all passkeys.
func holderOf(ctx context.Context, q db.Querier, u User) (holder, error) {
	keys, err := passkeysOf(ctx, q, u.ID)
	return holder{user: u, keys: keys}, err
}
