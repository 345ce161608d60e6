package app

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/testkit/signin"
)

// securityKey is an authenticator with one passkey for the cluster's name.
type securityKey struct {
	party virtualwebauthn.RelyingParty
	auth  virtualwebauthn.Authenticator
	key   virtualwebauthn.Credential
}

func newSecurityKey(owner auth.User) *securityKey {
	return &securityKey{
		party: virtualwebauthn.RelyingParty{Name: "Linux Patch Manager", ID: "example.com", Origin: clusterURL},
		auth:  virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: owner.ID[:]}),
		key:   signin.NewPasskey(),
	}
}

// make answers the ceremony of a new passkey.
func (k *securityKey) make(t *testing.T, c auth.Ceremony) any {
	t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(optionsText(t, c))
	require.NoError(t, err)
	made := virtualwebauthn.CreateAttestationResponse(k.party, k.auth, k.key, *options)
	return map[string]any{"ceremony": c.Ceremony, "credential": json.RawMessage(made), "name": "Key ring"}
}

// show answers the ceremony of a sign-in or a step-up.
func (k *securityKey) show(t *testing.T, c auth.Ceremony) any {
	t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(optionsText(t, c))
	require.NoError(t, err)
	k.key.Counter++
	shown := virtualwebauthn.CreateAssertionResponse(k.party, k.auth, k.key, *options)
	return map[string]any{"ceremony": c.Ceremony, "credential": json.RawMessage(shown)}
}

func optionsText(t *testing.T, c auth.Ceremony) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"publicKey": c.Options})
	require.NoError(t, err)
	return string(text)
}

// passkeys makes a passkey, confirms with it and signs in with it, alone and
// behind the password: each ceremony begins at one process and ends at the other.
func (c *cluster) passkeys(t *testing.T, ada *visitor, mine auth.Session) {
	t.Helper()
	const base = "/api/v1/auth"
	k := newSecurityKey(mine.User)
	require.Equal(t, http.StatusCreated, c.ceremony(t, ada, base+"/mfa/passkeys", mine.AccessToken, nil, k.make))
	require.Equal(t, http.StatusOK, c.ceremony(t, ada, base+"/step-up/passkey", mine.AccessToken, nil, k.show))

	alone := c.visitor(t, "198.51.100.40")
	require.Equal(t, http.StatusOK, c.ceremony(t, alone, base+"/login/passkey", "", auth.PasskeySignInBegin{}, k.show))
	var s auth.Session
	require.Equal(t, http.StatusOK, alone.ask(t, "POST", base+"/refresh", "", nil, &s))
	require.Equal(t, mine.User.ID, s.User.ID)

	second := c.visitor(t, "198.51.100.41")
	var in auth.SignIn
	require.Equal(t, http.StatusOK, second.ask(t, "POST", base+"/login", "", auth.LoginInput{Username: "admin", Password: ownPassword}, &in))
	begin := auth.PasskeySignInBegin{Challenge: in.Challenge.Token}
	require.Equal(t, http.StatusOK, c.ceremony(t, second, base+"/login/passkey", "", begin, k.show))
	require.Equal(t, http.StatusOK, second.ask(t, "POST", base+"/refresh", "", nil, &s))
	second.both(t, http.StatusOK, "GET", base+"/me", s.AccessToken)
}

// ceremony asks for options and sends the device's answer, each to another process.
func (c *cluster) ceremony(t *testing.T, v *visitor, path, access string, begin any, device func(*testing.T, auth.Ceremony) any) int {
	t.Helper()
	before := [2]int64{c.served[0].Load(), c.served[1].Load()}
	var first auth.Ceremony
	require.Equal(t, http.StatusOK, v.ask(t, "POST", path+"/options", access, begin, &first))
	status := v.ask(t, "POST", path, access, device(t, first), nil)
	require.Equal(t, [2]int64{before[0] + 1, before[1] + 1}, [2]int64{c.served[0].Load(), c.served[1].Load()}, "one half at each process")
	return status
}
