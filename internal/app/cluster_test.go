package app

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/testkit/pgtest"
)

// clusterURL is what the product is called. Clients of httptest reach the proxy by
// this name; a passkey belongs to a name and not to an address.
const clusterURL = "https://example.com"

// cluster is `web` twice and `worker` once on one database and one data
// directory, behind a proxy that gives each request to another process.
type cluster struct {
	i      installation
	webs   [2]*server
	worker *server
	proxy  *httptest.Server
	turn   atomic.Int64
	served [2]atomic.Int64
	only   atomic.Int64 // 1 or 2: this one alone, the other is dead
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	dsn := pgtest.Empty(t)
	c := &cluster{proxy: httptest.NewUnstartedServer(nil)}
	c.i = newInstallation(t, `database.url = "`+dsn+`"`, `http.public_url = "`+clusterURL+`"`)
	for n := range c.webs { // both at once: one of them migrates and makes the authority
		c.webs[n] = c.i.launchAs(t, "web")
	}
	c.worker = c.i.launchAs(t, "worker")
	for _, s := range c.webs {
		c.i.ready(t, s)
	}
	c.worker.await(t, "ready")
	for _, s := range append(c.webs[:], c.worker) { // more lines than the test would hold
		go func() {
			for range s.said {
			}
		}()
	}
	c.proxy.Config.Handler = &httputil.ReverseProxy{
		Rewrite:   c.rewrite,
		Transport: &http.Transport{TLSClientConfig: c.webs[0].client.Transport.(*http.Transport).TLSClientConfig.Clone()},
	}
	c.proxy.StartTLS()
	t.Cleanup(c.proxy.Close)
	return c
}

// fromHeader tells the proxy which address a request of the test comes from.
const fromHeader = "X-Test-From"

func (c *cluster) rewrite(r *httputil.ProxyRequest) {
	n := c.turn.Add(1) % 2
	if only := c.only.Load(); only != 0 {
		n = only - 1
	}
	c.served[n].Add(1)
	to, err := url.Parse(c.webs[n].url)
	if err != nil {
		panic(err) // it was called by it before
	}
	r.SetURL(to)
	r.Out.Host = r.In.Host // as a proxy must, for the check of Origin
	r.Out.Header["X-Forwarded-For"] = append(r.In.Header["X-Forwarded-For"], r.In.Header.Get(fromHeader))
	r.Out.Header.Del(fromHeader)
}

// visitor is a browser at an address.
type visitor struct {
	c       *cluster
	from    string
	client  *http.Client
	forged  string // X-Forwarded-For that it sends itself
	cookies int    // that it was given
}

func (c *cluster) visitor(t *testing.T, from string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := *c.proxy.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &visitor{c: c, from: from, client: &client}
}

// ask implements signin.Ask.
func (v *visitor) ask(t testing.TB, method, path, bearer string, body, out any) int {
	t.Helper()
	return v.send(t, method, path, bearer, body, out).StatusCode
}

func (v *visitor) send(t testing.TB, method, path, bearer string, body, out any) *http.Response {
	t.Helper()
	var b bytes.Buffer
	if body != nil {
		require.NoError(t, json.NewEncoder(&b).Encode(body))
	}
	req, err := http.NewRequestWithContext(t.Context(), method, clusterURL+path, &b)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", clusterURL)
	req.Header.Set(fromHeader, v.from)
	if v.forged != "" {
		req.Header.Set("X-Forwarded-For", v.forged)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := v.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	v.checkHeaders(t, res)
	var text bytes.Buffer
	_, err = text.ReadFrom(res.Body)
	require.NoError(t, err)
	if out != nil && res.StatusCode < 300 {
		require.NoError(t, json.Unmarshal(text.Bytes(), out), text.String())
	}
	return res
}

// checkHeaders looks at every answer that a test gets, whatever it is about.
func (v *visitor) checkHeaders(t testing.TB, res *http.Response) {
	t.Helper()
	require.Empty(t, res.Header.Get("Server"))
	require.NotContains(t, res.Header.Get("Content-Security-Policy"), "unsafe")
	if strings.HasPrefix(res.Request.URL.Path, "/api/") {
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
	}
	for _, k := range res.Cookies() {
		v.cookies++
		require.True(t, strings.HasPrefix(k.Name, "__Host-"), k.Name)
		require.True(t, k.Secure && k.HttpOnly && k.Path == "/" && k.Domain == "", "%+v", k)
		require.Contains(t, []http.SameSite{http.SameSiteStrictMode, http.SameSiteLaxMode}, k.SameSite, k.Name)
	}
}

// both asks each process once and expects the same of them.
func (v *visitor) both(t *testing.T, want int, method, path, bearer string) {
	t.Helper()
	for range 2 {
		require.Equal(t, want, v.ask(t, method, path, bearer, nil, nil), path)
	}
}

// until asks until each process has answered like this, one after the other:
// what has changed in memory is known to all of them within two seconds.
func (v *visitor) until(t *testing.T, want int, method, path string) {
	t.Helper()
	for seen := 0; seen < 2; {
		if seen++; v.ask(t, method, path, "", nil, nil) != want {
			seen = 0
		}
	}
}

// socketClient speaks HTTP/1.1, which a WebSocket needs.
func (v *visitor) socketClient() *http.Client {
	tr := v.client.Transport.(*http.Transport).Clone()
	tr.ForceAttemptHTTP2, tr.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
	return &http.Client{Transport: tr}
}
