package httpx_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/httpx"
)

type input struct {
	Body struct {
		Name  string `json:"name" minLength:"2"`
		Count int    `json:"count" maximum:"5"`
	}
}

// serve answers one POST whose handler ends with err.
func serve(t *testing.T, body string, err error) (*http.Response, httpx.Problem) {
	t.Helper()
	mux := http.NewServeMux()
	api := httpx.NewAPI(mux, "test")
	huma.Post(api, httpx.BasePath+"/things", func(context.Context, *input) (*struct{}, error) { return nil, err })
	req := httptest.NewRequest(http.MethodPost, httpx.BasePath+"/things", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	httpx.WithRequestID(mux).ServeHTTP(rec, req)
	var e struct{ Error httpx.Problem }
	if rec.Code >= 400 {
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &e), rec.Body.String())
	}
	return rec.Result(), e.Error
}

const good = `{"name":"ok","count":1}`

func TestValidationNamesEveryField(t *testing.T) {
	resp, p := serve(t, `{"name":"x","count":9}`, nil)
	require.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
	require.Equal(t, "validation_failed", p.Code)
	require.Len(t, p.Details, 2)
	require.ElementsMatch(t, []string{"name", "count"}, []string{p.Details[0].Field, p.Details[1].Field})
	require.Equal(t, resp.Header.Get("X-Request-Id"), p.RequestID)
	require.Len(t, p.RequestID, 26)
}

func TestKnownErrorKeepsItsWords(t *testing.T) {
	err := apierr.Conflict("job_finished", "Job %d has ended.", 7)
	err.Details = []apierr.Detail{{Field: "host", Message: "gone"}}
	resp, p := serve(t, good, errors.Join(err))
	require.Equal(t, http.StatusConflict, resp.StatusCode)
	require.Equal(t, "job_finished", p.Code)
	require.Equal(t, "Job 7 has ended.", p.Message)
	require.Equal(t, err.Details, p.Details)
}

func TestTooManySaysWhenToComeBack(t *testing.T) {
	resp, p := serve(t, good, apierr.TooMany(90*time.Second))
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	require.Equal(t, "90", resp.Header.Get("Retry-After"))
	require.Equal(t, "too_many_attempts", p.Code)
}

func TestUnexpectedErrorStaysInside(t *testing.T) {
	resp, p := serve(t, good, errors.New("password of the database is hunter2"))
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	require.Equal(t, "internal", p.Code)
	require.NotContains(t, p.Message, "hunter2")
	require.Empty(t, p.Details)
	require.NotEmpty(t, p.RequestID)
}

func TestClientsRequestIDIsNotBelieved(t *testing.T) {
	var seen string
	h := httpx.WithRequestID(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = httpx.RequestID(r.Context()) }))
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("X-Request-Id", "forged")
	h.ServeHTTP(httptest.NewRecorder(), req)
	require.NotEqual(t, "forged", seen)
}
