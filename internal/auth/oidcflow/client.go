package oidcflow

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	callTimeout  = 10 * time.Second
	maxAnswer    = 1 << 20 // the largest key sets and user-infos are some 50 KiB
	maxRedirects = 3
)

// newHTTPClient has limits that a provider cannot talk it out of.
func newHTTPClient() *http.Client {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   callTimeout,
		ResponseHeaderTimeout: callTimeout,
		MaxIdleConns:          8,
		IdleConnTimeout:       time.Minute,
	}
	return &http.Client{Transport: limited{t}, Timeout: callTimeout, CheckRedirect: sameHost}
}

// sameHost keeps what we send, and what we believe, with the host that was
// meant.
func sameHost(next *http.Request, via []*http.Request) error {
	switch first := via[0].URL; {
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	case next.URL.Host != first.Host || next.URL.Scheme != first.Scheme:
		return fmt.Errorf("%s redirects to another host (%s)", first.Host, next.URL.Host)
	}
	return nil
}

// limited refuses plain http to other machines and long answers.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkURL(r.URL); err != nil {
		return nil, err
	}
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: maxAnswer}
	return resp, nil
}

type limitedBody struct {
	io.ReadCloser
	left int64
}

var errTooLong = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// checkURL lets https through, and http to this machine.
func checkURL(u *url.URL) error {
	if u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("%s is not https", u.Redacted())
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

const wellKnown = "/.well-known/openid-configuration"

// Issuer is the form of an issuer that is stored: the discovery address that
// people paste is cut back to it. It refuses what cannot be one, in words.
func Issuer(text string) (string, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), wellKnown)
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "", errors.New("Give the issuer's full address, such as https://login.example.com.") //nolint:staticcheck // shown to people
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		return "", errors.New("An issuer has no user, no query and no fragment.") //nolint:staticcheck // shown to people
	case checkURL(u) != nil:
		return "", errors.New("An issuer must begin with https:// (http:// is possible for this machine only).") //nolint:staticcheck // shown to people
	}
	return text, nil
}

// words is the end of an error's chain that says something to an admin, without
// the address, which may carry parameters.
func words(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var n net.Error
	if errors.As(err, &n) && n.Timeout() {
		return fmt.Sprintf("no answer within %s", callTimeout)
	}
	return clean(err.Error())
}

// clean cuts foreign words short and keeps control characters out of them.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
