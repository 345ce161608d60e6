package agentclient

import (
	"bytes"
	"errors"
	"net/url"
)

var nul = []byte(`\u0000`)

// cleanText replaces the escape of NUL in a JSON text by that of the
// replacement character: PostgreSQL stores no NUL, and one log line must not
// make the whole answer unusable. An escaped backslash in front is left alone.
func cleanText(body []byte) []byte {
	for from := 0; ; {
		i := bytes.Index(body[from:], nul)
		if i < 0 {
			return body
		}
		at := from + i
		if precedingBackslashes(body, at)%2 == 0 {
			copy(body[at:], `\ufffd`)
		}
		from = at + len(nul)
	}
}

func precedingBackslashes(body []byte, at int) int {
	n := 0
	for at-n > 0 && body[at-n-1] == '\\' {
		n++
	}
	return n
}

// plain takes the URL with its encoded authority out of an error's text.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
