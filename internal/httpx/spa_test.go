package httpx_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
)

func pages() httpx.Pages {
	return httpx.Pages{Index: "index.html", Placeholder: "__N__", Immutable: "assets", NotBuilt: "not built", Files: fstest.MapFS{
		"index.html":       {Data: []byte(`<meta name="csp-nonce" content="__N__">`)},
		"icon.svg":         {Data: []byte("<svg/>")},
		".gitkeep":         {Data: []byte("")},
		"assets/app-1a.js": {Data: []byte(strings.Repeat("let x;", 1000))},
	}}
}

func body(t *testing.T, res *http.Response) string {
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(b)
}

func TestEveryPathOfTheInterfaceIsThePage(t *testing.T) {
	do, _ := stacked(t, httpx.SPA(pages()))
	nonces := map[string]bool{}
	for _, path := range []string{"/", "/hosts/01ABC", "/index.html", "/.gitkeep", "/../../etc/passwd"} {
		res := do("GET", path)
		require.Equal(t, http.StatusOK, res.StatusCode, path)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
		text := body(t, res)
		nonce := strings.TrimSuffix(strings.TrimPrefix(text, `<meta name="csp-nonce" content="`), `">`)
		require.GreaterOrEqual(t, len(nonce), 20, text)
		require.Contains(t, res.Header.Get("Content-Security-Policy"), "style-src 'self' 'nonce-"+nonce+"'")
		nonces[nonce] = true
	}
	require.Len(t, nonces, 5, "each request has its own")
	require.Equal(t, http.StatusMethodNotAllowed, do("POST", "/hosts").StatusCode)
}

func TestFilesOfTheInterface(t *testing.T) {
	do, _ := stacked(t, httpx.SPA(pages()))
	res := do("GET", "/assets/app-1a.js", "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", res.Header.Get("Content-Encoding"))
	require.Contains(t, res.Header.Get("Content-Type"), "javascript")
	require.Contains(t, res.Header.Get("Cache-Control"), "immutable")
	require.Less(t, len(body(t, res)), 200)
	require.Len(t, body(t, do("GET", "/assets/app-1a.js")), 6000)
	require.NotContains(t, do("GET", "/icon.svg").Header.Get("Cache-Control"), "immutable")
	require.Equal(t, http.StatusNotFound, do("GET", "/assets/app-0ld.js").StatusCode, "the page would be taken for a script")
}

func TestAFileIsSentAgainOnlyWhenItHasChanged(t *testing.T) {
	do, _ := stacked(t, httpx.SPA(pages()))
	for _, accept := range []string{"identity", "gzip"} {
		for path, keep := range map[string]string{"/icon.svg": "public, no-cache", "/assets/app-1a.js": "public, max-age=31536000, immutable"} {
			first := do("GET", path, "Accept-Encoding", accept)
			require.Equal(t, keep, first.Header.Get("Cache-Control"))
			again := do("GET", path, "Accept-Encoding", accept, "If-None-Match", first.Header.Get("ETag"))
			require.Equal(t, http.StatusNotModified, again.StatusCode, path)
			require.Equal(t, keep, again.Header.Get("Cache-Control"))
		}
	}
	plain := do("GET", "/assets/app-1a.js", "Accept-Encoding", "identity").Header.Get("ETag")
	packed := do("GET", "/assets/app-1a.js", "Accept-Encoding", "gzip")
	require.NotEqual(t, plain, packed.Header.Get("ETag"), "other bytes, another tag")
	require.Equal(t, "Accept-Encoding", packed.Header.Get("Vary"))
	changed := pages()
	changed.Files.(fstest.MapFS)["icon.svg"].Data = []byte("<svg>2</svg>")
	other, _ := stacked(t, httpx.SPA(changed))
	require.NotEqual(t, do("GET", "/icon.svg").Header.Get("ETag"), other("GET", "/icon.svg").Header.Get("ETag"))
	require.Empty(t, do("GET", "/").Header.Get("ETag"), "a page that is kept has the nonce of another answer")
}

// What is not a file of the interface is kept by nobody, whatever it is.
func TestNothingElseIsKept(t *testing.T) {
	plain := http.NewServeMux()
	plain.Handle("/api/", httpx.API(mux()))
	plain.HandleFunc("GET /metrics", func(http.ResponseWriter, *http.Request) {})
	plain.Handle("/", httpx.SPA(pages()))
	do, _ := stacked(t, plain)
	for _, path := range []string{"/", "/hosts", "/metrics", "/assets/gone.js", "/api/v1/things/1", "/api/v1/no", "/api/v1/panic", "//double", "/assets"} {
		require.Equal(t, "no-store", do("GET", path).Header.Get("Cache-Control"), path)
	}
	for _, path := range []string{"/", "/metrics", "/api/v1/things/1", "/assets/app-1a.js"} {
		res := do("DELETE", path)
		require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode, path)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"), path)
		require.NotEmpty(t, res.Header.Get("Allow"), path)
		require.Equal(t, "method_not_allowed", envelopeOf(t, res).Code)
	}
}

// A page says nothing of who or what exists: all of them are the same one.
func TestPagesDoNotTellWhatExists(t *testing.T) {
	do, _ := stacked(t, httpx.SPA(pages()))
	page := func(path string) (string, http.Header) {
		res := do("GET", path)
		require.Equal(t, http.StatusOK, res.StatusCode)
		text, h := body(t, res), res.Header.Clone()
		nonce := strings.TrimSuffix(strings.TrimPrefix(text, `<meta name="csp-nonce" content="`), `">`)
		h.Set("Content-Security-Policy", strings.ReplaceAll(h.Get("Content-Security-Policy"), nonce, "N"))
		for _, own := range []string{"X-Request-Id", "Date"} {
			h.Del(own)
		}
		return strings.ReplaceAll(text, nonce, "N"), h
	}
	want, header := page("/users/admin")
	for _, path := range []string{"/users/nobody", "/users/01KZ0000000000000000000000", "/hosts/x/y", "/.env", "/assets/../secret.key"} {
		text, h := page(path)
		require.Equal(t, want, text, path)
		require.Equal(t, header, h, path)
	}
}

func TestABuildWithoutTheInterfaceSaysSo(t *testing.T) {
	do, _ := stacked(t, httpx.SPA(httpx.Pages{Index: "index.html", NotBuilt: "run the build", Files: fstest.MapFS{}}))
	res := do("GET", "/")
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	require.Equal(t, "run the build\n", body(t, res))
}
