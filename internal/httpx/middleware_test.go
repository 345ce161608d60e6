package httpx_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
	"patchmanager/internal/testkit/fakeclock"
)

func mux() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /api/v1/small", func(w http.ResponseWriter, r *http.Request) {
		httpx.WriteJSON(r.Context(), w, 200, "hello")
	})
	m.HandleFunc("GET /api/v1/things/{id}", func(w http.ResponseWriter, r *http.Request) {
		httpx.WriteJSON(r.Context(), w, http.StatusCreated, strings.Repeat("thing ", 1000))
	})
	m.HandleFunc("POST /api/v1/things", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			httpx.WriteError(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	m.HandleFunc("GET /api/v1/panic", func(http.ResponseWriter, *http.Request) { panic("secret detail") })
	m.HandleFunc("GET /api/v1/late", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("begun")) // the panic is what is tested
		panic("late")
	})
	return m
}

// stacked serves h. A request is observed when its handler has returned, which
// is after its answer has arrived.
func stacked(t *testing.T, h http.Handler) (do func(method, path string, header ...string) *http.Response, seen <-chan httpx.Observation) {
	observed := make(chan httpx.Observation, 64)
	c := fakeclock.New(time.Unix(1_700_000_000, 0))
	s := httptest.NewServer(httpx.Stack(h, httpx.Edge{Clock: c, Observe: func(o httpx.Observation) { observed <- o }}))
	t.Cleanup(s.Close)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	return func(method, path string, header ...string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, res.Body.Close()) })
		return res
	}, observed
}

func envelopeOf(t *testing.T, res *http.Response) httpx.Problem {
	var e httpx.Envelope
	require.Equal(t, "application/json", res.Header.Get("Content-Type"))
	require.NoError(t, json.NewDecoder(res.Body).Decode(&e))
	require.Equal(t, res.Header.Get("X-Request-Id"), e.Err.RequestID)
	require.NotEmpty(t, e.Err.RequestID)
	return e.Err
}

func TestWhatTheMuxRefusesIsAnEnvelope(t *testing.T) {
	do, _ := stacked(t, httpx.API(mux()))
	res := do("GET", "/api/v1/nothing")
	require.Equal(t, http.StatusNotFound, res.StatusCode)
	require.Equal(t, "not_found", envelopeOf(t, res).Code)

	res = do("DELETE", "/api/v1/things")
	require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
	require.Equal(t, "POST", res.Header.Get("Allow"))
	require.Equal(t, "DELETE is not possible here, only POST.", envelopeOf(t, res).Message)
}

func TestAPanicIsAnAnswerWithoutItsText(t *testing.T) {
	do, seen := stacked(t, httpx.API(mux()))
	res := do("GET", "/api/v1/panic")
	require.Equal(t, http.StatusInternalServerError, res.StatusCode)
	p := envelopeOf(t, res)
	require.Equal(t, "internal", p.Code)
	require.NotContains(t, p.Message, "secret")
	require.Equal(t, 500, (<-seen).Status)
}

func TestEachRequestIsObservedByItsRoute(t *testing.T) {
	do, seen := stacked(t, httpx.API(mux()))
	do("GET", "/api/v1/things/1")
	first := <-seen
	require.Equal(t, "GET /api/v1/things/{id}", first.Pattern)
	require.Equal(t, http.StatusCreated, first.Status)
	require.Positive(t, first.Bytes)
	do("GET", "/api/v1/things/2")
	require.Equal(t, first.Pattern, (<-seen).Pattern)
	do("GET", "/api/v1/nothing")
	require.Empty(t, (<-seen).Pattern)
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	do, _ := stacked(t, httpx.API(mux()))
	for _, path := range []string{"/api/v1/small", "/api/v1/nothing", "/api/v1/panic"} {
		h := do("GET", path).Header
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'self'; style-src 'self';")
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		require.NotEmpty(t, h.Get("Strict-Transport-Security"))
		require.Equal(t, "no-store", h.Get("Cache-Control"))
	}
}

func TestAnotherSitesPageCannotChangeAnything(t *testing.T) {
	do, _ := stacked(t, httpx.API(mux()))
	res := do("POST", "/api/v1/things", "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, res.StatusCode)
	require.Equal(t, "cross_origin", envelopeOf(t, res).Code)
	require.Equal(t, http.StatusForbidden, do("POST", "/api/v1/things", "Origin", "https://elsewhere.example.com").StatusCode)
	require.Equal(t, http.StatusNoContent, do("POST", "/api/v1/things", "Sec-Fetch-Site", "same-origin").StatusCode)
	require.Equal(t, http.StatusNoContent, do("POST", "/api/v1/things").StatusCode, "a program")
}

func TestJSONIsCompressedForWhoTakesIt(t *testing.T) {
	do, _ := stacked(t, httpx.API(mux()))
	res := do("GET", "/api/v1/things/1", "Accept-Encoding", "br, gzip;q=0.5")
	require.Equal(t, "gzip", res.Header.Get("Content-Encoding"))
	require.Equal(t, http.StatusCreated, res.StatusCode)
	z, err := gzip.NewReader(res.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Contains(t, string(text), "thing thing")

	for _, accept := range []string{"", "identity", "gzip;q=0", "gzip; q=0"} {
		res := do("GET", "/api/v1/things/1", "Accept-Encoding", accept)
		require.Empty(t, res.Header.Get("Content-Encoding"), accept)
		require.Equal(t, "Accept-Encoding", res.Header.Get("Vary"))
	}
	require.Empty(t, do("GET", "/api/v1/small", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"))
}

func TestALongBodyIsRefused(t *testing.T) {
	m := http.NewServeMux()
	api := httpx.NewAPI(m, "test")
	huma.Post(api, "/api/v1/names", func(context.Context, *struct{ Body struct{ Name string } }) (*struct{}, error) { return nil, nil })
	h := httpx.Stack(httpx.API(m), httpx.Edge{Clock: fakeclock.New(time.Unix(0, 0)), Observe: func(httpx.Observation) {}})
	for size, status := range map[int]int{1 << 10: http.StatusNoContent, httpx.MaxBody + 1: http.StatusRequestEntityTooLarge} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/api/v1/names", strings.NewReader(`{"Name":"`+strings.Repeat("x", size)+`"}`))
		h.ServeHTTP(w, r)
		require.Equal(t, status, w.Code, w.Body)
		if status != http.StatusNoContent {
			require.Equal(t, "request_entity_too_large", envelopeOf(t, w.Result()).Code)
		}
	}
}

func TestAPathMayTakeALongerBody(t *testing.T) {
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	h := httpx.Stack(read, httpx.Edge{Clock: fakeclock.New(time.Unix(0, 0)), Observe: func(httpx.Observation) {},
		Bodies: map[string]int64{"/large": 2 * httpx.MaxBody}})
	for path, most := range map[string]int{"/large": 2 * httpx.MaxBody, "/large/2": httpx.MaxBody, "/": httpx.MaxBody} {
		for size, status := range map[int]int{most: http.StatusOK, most + 1: http.StatusRequestEntityTooLarge} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(strings.Repeat("x", size))))
			require.Equal(t, status, w.Code, "%s %d", path, size)
		}
	}
}

func TestAnAddressThatIsNotAllowedGetsNothing(t *testing.T) {
	var asked []string
	seen := make(chan httpx.Observation, 8)
	h := httpx.Stack(httpx.SPA(pages()), httpx.Edge{Clock: fakeclock.New(time.Unix(1_700_000_000, 0)),
		Observe: func(o httpx.Observation) { seen <- o },
		Trusted: func(a netip.Addr) bool { return a == netip.MustParseAddr("10.0.0.1") },
		Admits: func(path string, from netip.Addr) bool {
			asked = append(asked, path+" "+from.String())
			return from == netip.MustParseAddr("198.51.100.1")
		}})
	ask := func(method, path, forwarded string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		r.RemoteAddr = "10.0.0.1:4000"
		r.Header.Set("X-Forwarded-For", forwarded)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	for _, path := range []string{"/", "/assets/app-1a.js", "/api/v1/auth/login", "/api/v1/ws/jobs", "/no/such"} {
		res := ask("GET", path, "192.0.2.9")
		require.Equal(t, http.StatusForbidden, res.StatusCode, path)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
		require.NotEmpty(t, res.Header.Get("Content-Security-Policy"))
		e := envelopeOf(t, res)
		require.Equal(t, "address_not_allowed", e.Code)
		require.Contains(t, e.Message, "192.0.2.9")
		require.NotContains(t, e.Message, "198.51")
		require.Equal(t, http.StatusForbidden, (<-seen).Status, "it is in the log")
	}
	require.Equal(t, http.StatusOK, ask("GET", "/", "192.0.2.9, 198.51.100.1").StatusCode)
	require.Equal(t, "/ 192.0.2.9", asked[0])
}
