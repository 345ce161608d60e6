package audit

import (
	"strings"
	"unicode"
)

// secretNouns are the last words of the names of secrets: "new_password" is
// one, "password_changed" and "token_id" are not.
var secretNouns = map[string]bool{
	"password": true, "passwd": true, "passphrase": true, "secret": true, "token": true,
	"cookie": true, "authorization": true, "credential": true, "credentials": true,
	"bearer": true, "seed": true, "otp": true, "pin": true,
}

// secretKeys are the kinds of keys that are secret; others ("public_key",
// "idempotency_key") are not.
var secretKeys = map[string]bool{"private": true, "api": true, "secret": true, "signing": true, "seal": true, "access": true}

// findSecret returns the path of the first value that looks like a secret, by
// the name of its member or by its own form; empty when there is none.
func findSecret(name string, value any) string {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if found := findSecret(key, inner); found != "" {
				return found
			}
		}
	case []any:
		for _, inner := range v {
			if found := findSecret(name, inner); found != "" {
				return found
			}
		}
	case string:
		if v != "" && (namesSecret(name) || looksSecret(v)) {
			return name
		}
	}
	return ""
}

func namesSecret(name string) bool {
	w := wordsOf(name)
	if len(w) == 0 {
		return false
	}
	last := w[len(w)-1]
	if last == "key" && len(w) > 1 {
		return secretKeys[w[len(w)-2]]
	}
	return secretNouns[last]
}

// looksSecret knows the forms that our own secrets travel in.
func looksSecret(v string) bool {
	return strings.Contains(v, "PRIVATE KEY-----") || strings.Contains(v, "$argon2") ||
		(strings.HasPrefix(v, "eyJ") && strings.Count(v, ".") == 2)
}

// wordsOf splits snake_case, kebab-case and camelCase.
func wordsOf(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		if r == '_' || r == '-' || r == '.' {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}
