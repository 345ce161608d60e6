package auth

import (
	"net/netip"
	"strings"
	"time"
	"unicode"

	"patchmanager/internal/audit"
	"patchmanager/internal/ids"
)

// User is a person who may sign in, as the API shows it to themselves.
type User struct {
	ID                 ids.ID     `json:"id"`
	Username           string     `json:"username"`
	DisplayName        string     `json:"display_name"`
	Email              string     `json:"email"`
	Role               Role       `json:"role" enum:"admin,operator,auditor"`
	Local              bool       `json:"local" doc:"Has a password here."`
	MustChangePassword bool       `json:"must_change_password" doc:"Everything else is refused until the password is changed."`
	MustSetUpMFA       bool       `json:"must_set_up_mfa" doc:"Everything else is refused until a second factor is set up. Of this session."`
	GroupIDs           []ids.ID   `json:"group_ids" nullable:"false"`
	Theme              string     `json:"theme" enum:"system,dark,light"`
	TimeZone           string     `json:"time_zone" doc:"IANA name; empty: the browser's."`
	RecoveryCodesLeft  int        `json:"recovery_codes_left"`
	FreshUntil         *time.Time `json:"fresh_until" doc:"Until when the last second factor of this session counts for dangerous acts; null: never shown."`
}

// account is a stored user with what the API never shows.
type account struct {
	User
	passwordHash string
	disabledAt   *time.Time
}

// target names the user in the audit trail.
func (u User) target() audit.Target {
	return audit.Target{Kind: "user", ID: u.ID.String(), Name: u.Username}
}

// Caller is the far end of a request that has no Actor yet.
type Caller struct {
	Address   netip.Addr
	UserAgent string
	RequestID string
	Device    deviceToken // of the cookie; whose it is, is looked up
}

// as is the caller, known to be u.
func (c Caller) as(u User, session ids.ID) Actor {
	return Actor{UserID: u.ID, SessionID: session, Name: u.Username, Role: u.Role, Address: c.Address, RequestID: c.RequestID}
}

// maxUsername is the database's limit, in characters.
const maxUsername = 64

// normalUsername is the form that names are stored and counted in. What cannot
// be a name becomes one that no user has.
func normalUsername(s string) string {
	s = strings.ToLower(strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD")))
	return cut(printable(s), maxUsername)
}

// maxUserAgent is the database's limit, in characters.
const maxUserAgent = 400

func normalUserAgent(s string) string {
	return cut(printable(strings.ToValidUTF8(s, "\uFFFD")), maxUserAgent)
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

func cut(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}
