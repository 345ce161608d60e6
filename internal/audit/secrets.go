package audit

import (
	"regexp"
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

// findSecret returns the name of the first member that is named like a secret
// and has a text; empty when there is none. Such details are a mistake in the
// program.
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
		if v != "" && namesSecret(name) {
			return name
		}
	}
	return ""
}

// redacted stands for a text that looks like a secret.
const redacted = "[redacted]"

// redact replaces texts that look like a secret. They come from people, in a
// note or a reason, and are no ground to refuse the act.
func redact(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = redact(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = redact(inner)
		}
	case string:
		if looksSecret(v) {
			return redacted
		}
	}
	return value
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

// secretForms are the forms that our own secrets travel in: tokens, private
// keys, password hashes.
var secretForms = regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+\.[\w-]*|PRIVATE KEY-----|\$argon2`)

func looksSecret(v string) bool { return secretForms.MatchString(v) }

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
