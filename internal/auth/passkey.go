package auth

import (
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"patchmanager/internal/apierr"
	"patchmanager/internal/ids"
)

// Passkey is a key on a device of the user, as the API shows it.
type Passkey struct {
	ID         ids.ID     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	BackedUp   bool       `json:"backed_up" doc:"It is kept by a password manager or an account and survives the loss of the device."`
}

// storedPasskey is a passkey with what verifies it.
type storedPasskey struct {
	Passkey
	credential webauthn.Credential
}

// holder is a user as the library wants it. The user handle is the id: random
// enough to say nothing, and it never changes.
type holder struct {
	user User
	keys []storedPasskey
}

func (h holder) WebAuthnID() []byte          { return h.user.ID[:] }
func (h holder) WebAuthnName() string        { return h.user.Username }
func (h holder) WebAuthnDisplayName() string { return orName(h.user.DisplayName, h.user.Username) }

func (h holder) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, len(h.keys))
	for i, k := range h.keys {
		list[i] = k.credential
	}
	return list
}

// known finds one of the holder's passkeys by its credential.
func (h holder) known(c *webauthn.Credential) (storedPasskey, bool) {
	for _, k := range h.keys {
		if string(k.credential.ID) == string(c.ID) {
			return k, true
		}
	}
	return storedPasskey{}, false
}

func orName(display, name string) string {
	if display == "" {
		return name
	}
	return display
}

// relyingParties are the names that this product has for browsers. A passkey
// belongs to one name and is offered at no other, so the names are fixed by
// configuration and never taken from a request.
type relyingParties map[string]*webauthn.WebAuthn // by origin

// newRelyingParties leaves out origins that browsers allow no passkeys at: those
// whose host is an address.
func newRelyingParties(origins []string) relyingParties {
	rps := relyingParties{}
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || protocol.ValidateRPID(u.Hostname()) != nil {
			continue
		}
		rp, err := webauthn.New(&webauthn.Config{
			RPID: u.Hostname(), RPDisplayName: "Linux Patch Manager", RPOrigins: []string{origin},
			AttestationPreference: protocol.PreferNoAttestation,
			AuthenticatorSelection: protocol.AuthenticatorSelection{
				ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
				UserVerification: protocol.VerificationRequired,
			},
		})
		if err == nil {
			rps[strings.ToLower(origin)] = rp
		}
	}
	return rps
}

// at returns the relying party of the page that the request came from.
func (rps relyingParties) at(origin string) (*webauthn.WebAuthn, error) {
	if rp, ok := rps[strings.ToLower(origin)]; ok {
		return rp, nil
	}
	return nil, apierr.Conflict("passkeys_elsewhere", "Passkeys work only where this manager is opened by its own name, which is set as http.public_url.")
}
