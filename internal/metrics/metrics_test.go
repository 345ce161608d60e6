package metrics_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
	"patchmanager/internal/metrics"
	"patchmanager/internal/runner"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	require.Equal(t, 200, w.Code, w.Body)
	return w.Body.String()
}

func TestRequestsAreCountedByRoute(t *testing.T) {
	m := metrics.New("1.2.3")
	m.Request(httpx.Observation{Method: "GET", Pattern: "GET /api/v1/hosts/{id}", Status: 200, Duration: time.Second})
	m.Request(httpx.Observation{Method: "BREW", Status: 404})
	text := scrape(t, m)
	require.Contains(t, text, `patch_manager_http_requests_total{method="GET",route="GET /api/v1/hosts/{id}",status="200"} 1`)
	require.Contains(t, text, `patch_manager_http_requests_total{method="other",route="none",status="404"} 1`)
	require.Contains(t, text, `patch_manager_http_request_duration_seconds_sum{method="GET",route="GET /api/v1/hosts/{id}"} 1`)
	require.Contains(t, text, `patch_manager_build_info{version="1.2.3"} 1`)
	require.Contains(t, text, "go_goroutines ")
	require.Contains(t, text, "process_resident_memory_bytes ")
}

func TestTurnsAreCountedByResult(t *testing.T) {
	m, c := metrics.New("x"), fakeclock.New(time.Unix(0, 0))
	results := []func() error{
		func() error { c.Advance(2 * time.Second); return nil },
		func() error { return errors.New("no") },
		func() error { panic("no") },
	}
	n := 0
	loops := m.Loops(c, runner.Loop{Name: "l", Once: func(context.Context) (bool, error) {
		n++
		return false, results[n-1]()
	}})
	_, err := loops[0].Once(t.Context())
	require.NoError(t, err)
	_, err = loops[0].Once(t.Context())
	require.Error(t, err)
	require.Panics(t, func() { _, _ = loops[0].Once(t.Context()) })
	text := scrape(t, m)
	for _, result := range []string{"ok", "error", "panic"} {
		require.Contains(t, text, `patch_manager_loop_turns_total{loop="l",result="`+result+`"} 1`)
	}
	require.Contains(t, text, `patch_manager_loop_turn_duration_seconds_sum{loop="l"} 2`)
}

func TestThePoolIsShown(t *testing.T) {
	m := metrics.New("x")
	m.Pool(pgtest.New(t))
	require.Contains(t, scrape(t, m), "patch_manager_db_connections_max 12")
}
