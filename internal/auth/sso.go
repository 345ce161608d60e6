package auth

import (
	"encoding/base64"
	"fmt"
	"time"

	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/ids"
)

// ssoPurpose is what a round trip to a provider is for.
type ssoPurpose string

const (
	ssoLogin  ssoPurpose = "login"
	ssoLink   ssoPurpose = "link"    // a signed-in user adds a way to sign in
	ssoStepUp ssoPurpose = "step_up" // a signed-in user shows a second factor again
	ssoTest   ssoPurpose = "test"    // an admin tries the connection; nothing changes
)

const (
	// ssoFlowLife is for a person who has to find a phone at the provider's page.
	ssoFlowLife = 10 * time.Minute
	// ssoStartsPerPlace bounds the rows that strangers can make: more than an
	// office needs in ssoFlowLife.
	ssoStartsPerPlace = 300
	// ssoFreshLeeway is how far a provider's clock may be behind when it says
	// when somebody showed who they are.
	ssoFreshLeeway = time.Minute
	// ssoTestKept is how long the result of a test can be read: it names claims of
	// the admin who ran it.
	ssoTestKept = time.Hour
)

// ssoFlow is a browser that is away at a provider.
type ssoFlow struct {
	provider  ids.ID
	purpose   ssoPurpose
	request   oidcflow.Request // State is not stored, only its hash
	user      ids.ID           // zero for a login
	session   ids.ID           // zero for a login
	test      ids.ID           // zero but for a test
	returnTo  string
	createdAt time.Time
	expiresAt time.Time
}

// ssoCode is why single sign-on did not work, for the page that the browser ends
// on: it travels in its address.
type ssoCode string

const (
	ssoUnavailable     ssoCode = "sso_unavailable"      // no such provider, switched off, or it does not answer
	ssoExpired         ssoCode = "sso_expired"          // unknown, used, too old, or of another browser
	ssoDenied          ssoCode = "sso_denied"           // the provider refused, or the person gave up
	ssoFailed          ssoCode = "sso_failed"           // the provider's answer cannot be believed; the log says why
	ssoUnknownUser     ssoCode = "sso_unknown_user"     // not linked, and accounts are not made
	ssoNoRole          ssoCode = "sso_no_role"          // no mapping matches
	ssoAccountDisabled ssoCode = "sso_account_disabled" // by an admin here
	ssoLastAdmin       ssoCode = "sso_last_admin"       // the mapping would take the last local admin's role
	ssoAlreadyLinked   ssoCode = "sso_already_linked"   // to another account, or the account to another person there
	ssoNotLinked       ssoCode = "sso_not_linked"       // somebody else signed in at the provider
	ssoNoSecondFactor  ssoCode = "sso_no_second_factor" // the provider did not ask for one, or is not trusted with it
	ssoNotFresh        ssoCode = "sso_not_fresh"        // the provider did not ask again
	ssoSessionEnded    ssoCode = "sso_session_ended"    // the session that began it is over
	ssoBusy            ssoCode = "sso_busy"             // too many sign-ins were begun from here
)

// ssoRefusal ends a round trip without what it was for. why is for log and audit
// trail.
type ssoRefusal struct {
	code ssoCode
	why  string
}

func (r *ssoRefusal) Error() string { return fmt.Sprintf("%s: %s", r.code, r.why) }

func refuseSSO(code ssoCode, why string, args ...any) error {
	return &ssoRefusal{code: code, why: fmt.Sprintf(why, args...)}
}

// ssoCookie binds a round trip to a browser. It is Lax, because it has to come
// back with the provider's redirect.
const ssoCookie = "__Host-pm_sso"

// ssoBrowser is its value, 256 random bits; it prints as stars.
type ssoBrowser string

// String keeps the value out of logs and messages.
func (ssoBrowser) String() string { return "***" }

// GoString keeps it out of %#v too.
func (ssoBrowser) GoString() string { return "***" }

// orNew keeps a browser's value, so that two tabs do not take each other's away,
// and makes one where there is none of ours.
func (b ssoBrowser) orNew() ssoBrowser {
	fresh := ssoBrowser(base64.RawURLEncoding.EncodeToString(randomBytes(32)))
	if len(b) == len(fresh) {
		return b
	}
	return fresh
}
