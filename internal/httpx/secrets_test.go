package httpx_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
)

type secretInput struct {
	Body struct {
		Name        string `json:"name" maxLength:"3"`
		NewPassword string `json:"new_password" maxLength:"3"`
	}
}

// A refusal shows the refused value, but neither a secret nor an object that
// may hold one.
func TestRefusalsDoNotShowSecrets(t *testing.T) {
	mux := http.NewServeMux()
	huma.Post(httpx.NewAPI(mux, "test"), "/x", func(context.Context, *secretInput) (*struct{}, error) { return nil, nil })
	for body, shown := range map[string]string{
		`{"name":"abcdef","new_password":"hunter2"}`: "abcdef",
		`{"new_password":"hunter2"}`:                 "required",
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body)))
		require.Equal(t, http.StatusUnprocessableEntity, w.Code)
		require.Contains(t, w.Body.String(), shown)
		require.NotContains(t, w.Body.String(), "hunter2")
	}
}
