// Package testidp runs a real OpenID provider for a test: the program of
// tools/testidp, which is built once and started for each test on a free port of
// this machine. Its switches are described there.
package testidp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ClientID and Secret are what the provider knows the product by.
const (
	ClientID = "patch-manager"
	Secret   = "the client secret"
)

// Provider is a running provider.
type Provider struct {
	t      testing.TB
	Issuer string
}

var build = sync.OnceValues(func() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(here), "../../..")
	program := filepath.Join(root, "bin", "testidp")
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(program+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // tests of several packages build at once
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", program, ".") //nolint:noctx // shared by all tests of the process
	cmd.Dir = filepath.Join(root, "tools", "testidp")
	cmd.Stderr = os.Stderr
	return program, cmd.Run()
})

// Start runs a provider until the test ends.
func Start(t testing.TB, redirectURI string) *Provider {
	t.Helper()
	program, err := build()
	require.NoError(t, err, "build tools/testidp")
	cmd := exec.Command(program, "--follow-stdin", "--client-secret", Secret, "--redirect-uri", redirectURI) //nolint:noctx // it ends with its standard input
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	issuer, ok := strings.CutPrefix(strings.TrimSpace(line), "issuer ")
	require.True(t, ok, line)
	return &Provider{t: t, Issuer: issuer}
}

// Set turns switches; see tools/testidp.
func (p *Provider) Set(switches map[string]any) {
	p.t.Helper()
	body, err := json.Marshal(switches)
	require.NoError(p.t, err)
	resp, err := http.Post(p.Issuer+"/control", "application/json", bytes.NewReader(body)) //nolint:noctx // a test's own machine
	require.NoError(p.t, err)
	defer resp.Body.Close()
	require.Equal(p.t, http.StatusNoContent, resp.StatusCode)
}

// User is a person at the provider.
type User struct {
	Username string   `json:"username"`
	Password string   `json:"password"`
	Subject  string   `json:"subject"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Verified bool     `json:"email_verified"`
	Groups   []string `json:"groups"`
	Roles    []string `json:"roles"`
	AMR      []string `json:"amr"`
	ACR      string   `json:"acr"`
}

// SetUser adds a person, or replaces the one of the name.
func (p *Provider) SetUser(u User) {
	p.t.Helper()
	if u.Password == "" {
		u.Password = "password"
	}
	p.Set(map[string]any{"users": []User{u}})
}

// Visitor is a browser at the provider, with its cookies there.
type Visitor struct {
	p      *Provider
	client *http.Client
}

// Visitor opens a browser that the provider does not know.
func (p *Provider) Visitor() *Visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(p.t, err)
	return &Visitor{p: p, client: &http.Client{Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

var formID = regexp.MustCompile(`name="id" value="([^"]*)"`)

// SignIn goes where the product sent the browser, signs in unless the provider
// still knows the person, and returns the address that the provider sends the
// browser back to. An answer in between that is no page and no redirect is
// returned as its status.
func (v *Visitor) SignIn(address, username string) (back *url.URL, status int) {
	v.p.t.Helper()
	a := v.send(http.MethodGet, address, nil)
	for range 10 {
		switch {
		case a.status == http.StatusOK:
			id := formID.FindStringSubmatch(a.page)
			require.NotNil(v.p.t, id, a.page)
			a = v.send(http.MethodPost, v.p.Issuer+"/login", url.Values{"id": {id[1]}, "username": {username}, "password": {"password"}})
		case a.status != http.StatusFound:
			return nil, a.status
		case !strings.HasPrefix(a.location.String(), v.p.Issuer):
			return a.location, a.status
		default:
			a = v.send(http.MethodGet, a.location.String(), nil)
		}
	}
	require.Fail(v.p.t, "the provider goes round in circles")
	return nil, 0
}

type answer struct {
	status   int
	location *url.URL // of a redirect
	page     string
}

func (v *Visitor) send(method, address string, form url.Values) answer {
	v.p.t.Helper()
	req, err := http.NewRequestWithContext(v.p.t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(v.p.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.client.Do(req)
	require.NoError(v.p.t, err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	require.NoError(v.p.t, err)
	a := answer{status: resp.StatusCode, page: string(page)}
	if a.status == http.StatusFound {
		a.location, err = resp.Location()
		require.NoError(v.p.t, err)
	}
	return a
}
