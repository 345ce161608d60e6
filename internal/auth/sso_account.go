package auth

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"patchmanager/internal/auth/oidcflow"
)

// nameTries is how many numbers are tried behind a name that is taken.
const nameTries = 50

// ssoUsername is the name that a new account begins with: what the provider
// calls the person, in the letters that names may have here. It only proposes; an
// account that has the name already is never taken over.
func ssoUsername(who oidcflow.Identity) string {
	for _, claim := range []string{"preferred_username", "email", "name"} {
		if name := plainName(who.Text(claim)); name != "" {
			return name
		}
	}
	return "user"
}

// plainName leaves room for a number behind it.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1 // the accent of the letter before
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._@+-", r):
			return r
		}
		return '-'
	}, norm.NFKD.String(strings.ToLower(s)))
	return strings.Trim(cut(strings.Trim(s, "._@+-"), 56), "._@+-")
}

// numbered is the i-th proposal: the name itself, the name with a number, and at
// last one that nobody has.
func numbered(name string, i int) string {
	switch {
	case i == 0:
		return name
	case i < nameTries:
		return name + "-" + strconv.Itoa(i+1)
	}
	return name + "-" + hex.EncodeToString(randomBytes(3))
}

// ssoProfile is what a new account knows of its person. The address is for
// messages; it never decides whose account it is.
func ssoProfile(who oidcflow.Identity) (displayName, email string) {
	displayName = cut(printable(strings.ToValidUTF8(who.Text("name"), "\uFFFD")), maxDisplayName)
	if email = who.Text("email"); checkEmail(email) != nil {
		email = ""
	}
	return displayName, email
}
