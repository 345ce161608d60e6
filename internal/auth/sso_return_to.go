package auth

import (
	"net/url"
	"strings"
)

// localPath is where the browser may be sent after a round trip: a path of this
// site, with query and fragment. Anything else becomes the first page. What a
// browser or a router could read as another host is not a path, also when it is
// escaped: "//host", "/\host", "/%2f%2fhost".
func localPath(text string) string {
	const first = "/"
	u, err := url.Parse(text)
	if err != nil || len(text) > 2000 || !strings.HasPrefix(text, "/") || u.Scheme != "" || u.Host != "" || u.User != nil {
		return first
	}
	if strings.ContainsFunc(text, isOdd) {
		return first
	}
	path, _, _ := strings.Cut(text, "?")
	path, _, _ = strings.Cut(path, "#")
	for range 3 { // what is escaped twice may be unescaped twice on its way
		if strings.Contains(path, "//") || strings.ContainsFunc(path, isOdd) {
			return first
		}
		if path, err = url.PathUnescape(path); err != nil {
			return first
		}
	}
	if strings.HasPrefix(u.Path, "/api/") {
		return first // not a page
	}
	return text
}

// isOdd reports what browsers drop or turn into a slash.
func isOdd(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }

// withQuery adds one parameter to a local path.
func withQuery(path, name, value string) string {
	u, err := url.Parse(path)
	if err != nil { // cannot happen: localPath has parsed it
		return "/"
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
