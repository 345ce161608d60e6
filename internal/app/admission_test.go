package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/clock"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/metrics"
	"patchmanager/internal/settings"
)

func ranges(list ...string) (out settings.Ranges) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// fenced has a list of its own for each way in.
var fenced = settings.Access{UI: ranges("192.0.2.1/32"), Enrollment: ranges("192.0.2.2/32"), Metrics: ranges("192.0.2.3/32")}

func TestEachWayInHasItsOwnList(t *testing.T) {
	_, api := newAPI(describe(), &health{})
	paths := map[string]string{ // path → the last number of who may use it
		"/": "1", "/sign-in": "1", "/assets/index.js": "1", "/api/v1/ws/jobs": "1", "/api/v1/openapi.json": "1", "/api/": "1", "*": "1", "": "1",
		"/metrics": "3", "/metrics/": "1", "/Metrics": "1", "//metrics": "1",
		"/api/v1/enroll/": "1", "/api/v1/enroll/../jobs": "1", "/api/v1/enroll/status/x/../../../jobs": "1", "/api/v1/enroll//jobs": "1",
		"/api/v1/enrollments": "1", "/api/v1/enrollment-tokens": "1", "/status/health": "", "/status/health/": "1", "/api/v1/status/health": "",
	}
	for name, op := range operations(api) {
		_, path, _ := strings.Cut(parameter.ReplaceAllString(name, ids.New().String()), " ")
		switch {
		case op.OperationID == "health":
		case strings.HasPrefix(op.OperationID, "enroll"):
			paths[path] = "2"
		default:
			paths[path] = "1"
		}
	}
	for path, last := range paths {
		for _, n := range []string{"1", "2", "3", "9"} {
			want := n == last || last == "" && (n == "1" || n == "3")
			require.Equal(t, want, admits(fenced, path, netip.MustParseAddr("192.0.2."+n)), "%s from .%s", path, n)
		}
	}
}

// The router must not turn a path of one list into one of another.
func TestNoPathSlipsFromOneListToAnother(t *testing.T) {
	p := &process{domains: describe(), clock: clock.System(), metrics: metrics.New("test")}
	h := httpx.Stack(p.everything(), httpx.Edge{Observe: func(httpx.Observation) {}, Clock: p.clock,
		Admits: func(path string, from netip.Addr) bool { return admits(fenced, path, from) }})
	for _, target := range []string{"/api/v1/enroll/../openapi.json", "/api/v1/enroll/%2e%2e/openapi.json", "/api/v1/enroll/..%2fopenapi.json",
		"/api/v1/enroll/status/..%2f..%2fopenapi.json", "/api/v1//enroll/../openapi.json", "/metrics/../api/v1/openapi.json", "/api/v1/openapi.json"} {
		u, err := url.Parse(target)
		require.NoError(t, err)
		for _, method := range []string{"GET", "HEAD", "CONNECT", "OPTIONS", "POST"} {
			for _, from := range []string{"192.0.2.2:4000", "192.0.2.3:4000"} { // enrollment, metrics
				r := httptest.NewRequest(method, "/", nil)
				r.URL, r.RemoteAddr = u, from
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				require.Equal(t, http.StatusForbidden, w.Code, "%s %s from %s", method, target, from)
			}
		}
	}
}
