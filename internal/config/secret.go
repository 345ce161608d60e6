package config

import (
	"net/url"
	"regexp"
	"strings"
)

const stars = "***"

// Secret is a value that prints as stars.
type Secret string

// Reveal is the value itself.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return stars
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.String() }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// DSN is a PostgreSQL connection string whose password prints as stars.
type DSN string

// keywordPassword is the password of a "key=value" connection string.
var keywordPassword = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:\\.|[^'\\])*'|\S+)`)

// String implements fmt.Stringer. What cannot be read is not shown at all.
func (d DSN) String() string {
	s := string(d)
	if !strings.Contains(s, "://") {
		return keywordPassword.ReplaceAllString(s, "${1}"+stars)
	}
	u, err := url.Parse(s)
	if err != nil {
		return stars
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), stars)
	}
	q := u.Query()
	for k := range q {
		if strings.Contains(strings.ToLower(k), "password") {
			q.Set(k, stars)
		}
	}
	u.RawQuery = q.Encode()
	return strings.ReplaceAll(u.String(), url.QueryEscape(stars), stars)
}

// GoString implements fmt.GoStringer.
func (d DSN) GoString() string { return d.String() }

// MarshalText implements encoding.TextMarshaler.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Connection is the connection string with the password in it.
func (d Database) Connection() string {
	if d.Password == "" {
		return string(d.URL)
	}
	if u, err := url.Parse(string(d.URL)); err == nil && u.Scheme != "" {
		u.User = url.UserPassword(u.User.Username(), d.Password.Reveal())
		return u.String()
	}
	value := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(d.Password.Reveal())
	return string(d.URL) + " password='" + value + "'"
}
