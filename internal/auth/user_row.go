package auth

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"patchmanager/internal/apierr"
	"patchmanager/internal/ids"
)

// UserStatus is what an administrator wants to know of an account at a glance.
type UserStatus string

// Statuses; of several that hold, the first of this list is shown.
const (
	StatusDisabled UserStatus = "disabled"
	StatusLocked   UserStatus = "locked" // by failed attempts, for some minutes
	StatusNew      UserStatus = "new"    // has never signed in
	StatusActive   UserStatus = "active"
)

// UserRow is a user as administrators and auditors see them.
type UserRow struct {
	ID           ids.ID         `json:"id"`
	Username     string         `json:"username"`
	DisplayName  string         `json:"display_name"`
	Email        string         `json:"email"`
	Role         Role           `json:"role" enum:"admin,operator,auditor"`
	GroupIDs     []ids.ID       `json:"group_ids" nullable:"false"`
	Status       UserStatus     `json:"status" enum:"active,disabled,locked,new"`
	Local        bool           `json:"local" doc:"Has a password here."`
	MFA          []string       `json:"mfa" nullable:"false" doc:"Second factors that are set up: totp, passkey."`
	Providers    []UserProvider `json:"providers" nullable:"false" doc:"Single sign-on accounts that are linked."`
	LastSignInAt *time.Time     `json:"last_sign_in_at"`
	CreatedAt    time.Time      `json:"created_at"`
	Sessions     int            `json:"sessions" doc:"How many can be used at this moment."`
	LockedUntil  *time.Time     `json:"locked_until"`
}

// UserProvider is an account of a single sign-on provider that signs the user in.
type UserProvider struct {
	ProviderID ids.ID `json:"provider_id"`
	Name       string `json:"name"`
	Subject    string `json:"subject"`
}

// UserPage is one page of users.
type UserPage struct {
	Items []UserRow `json:"items" nullable:"false"`
	Total int       `json:"total"`
}

// usernames are plain, so that no two look alike: letters of one alphabet, and
// what occurs in e-mail addresses.
var usernames = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?$`)

func checkUsername(name string) []apierr.Detail {
	if usernames.MatchString(name) {
		return nil
	}
	return []apierr.Detail{{Field: "username", Value: cut(name, 100),
		Message: "Use 1 to 64 letters from a to z, digits and . _ - @ +, with a letter or digit at both ends; capitals become small."}}
}

// maxEmail is the limit of the standard, and the database's.
const maxEmail = 254

// checkEmail takes an address alone, without a name and without comments. None
// at all is fine.
func checkEmail(email string) []apierr.Detail {
	if email == "" {
		return nil
	}
	a, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	if err == nil && a.Name == "" && a.Address == email && len(email) <= maxEmail && domain != "" && !strings.ContainsAny(email, "\"\\ ") {
		return nil
	}
	return []apierr.Detail{{Field: "email", Value: cut(printable(email), 100), Message: "Write one address, such as name@example.com, or leave it empty."}}
}

// maxDisplayName is the database's limit, in characters.
const maxDisplayName = 200

func checkDisplayName(name string) []apierr.Detail {
	if utf8.RuneCountInString(name) <= maxDisplayName && name == printable(name) {
		return nil
	}
	return []apierr.Detail{{Field: "display_name", Message: "Use at most 200 characters, on one line."}}
}

func checkRole(role Role) []apierr.Detail {
	if slices.Contains(everybody, role) {
		return nil
	}
	return []apierr.Detail{{Field: "role", Value: string(role), Message: `Use "admin", "operator" or "auditor".`}}
}

// refuseInvalid is nil when there is nothing to say.
func refuseInvalid(details ...[]apierr.Detail) error {
	if all := slices.Concat(details...); len(all) > 0 {
		return apierr.Invalid(all...)
	}
	return nil
}
