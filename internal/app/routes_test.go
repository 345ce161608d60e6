package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
)

// operations lists every operation with its path.
func operations(api huma.API) map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for path, item := range api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				all[op.Method+" "+path] = op
			}
		}
	}
	return all
}

var parameter = regexp.MustCompile(`\{[^}]+\}`)

// The list is written down, so that nobody opens an operation by accident.
func TestOnlyTheseOperationsAreOpenToEverybody(t *testing.T) {
	_, api := newAPI(describe(), &health{})
	var open []string
	for _, op := range operations(api) {
		if httpx.IsPublic(op) {
			open = append(open, op.OperationID)
		}
	}
	sort.Strings(open)
	require.Equal(t, publicOperations, open)
}

func TestEveryOtherOperationAsksForASignIn(t *testing.T) {
	mux, api := newAPI(describe(), &health{})
	for name, op := range operations(api) {
		if httpx.IsPublic(op) {
			continue
		}
		method, path, _ := strings.Cut(name, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, parameter.ReplaceAllString(path, ids.New().String()), strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		require.Equal(t, http.StatusUnauthorized, w.Code, "%s: %s", name, w.Body)
		require.NotEmpty(t, op.Security, "%s does not say that it needs a token", name)
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	_, api := newAPI(describe(), &health{})
	for name, op := range operations(api) {
		require.NotEmpty(t, op.OperationID, name)
		require.NotEmpty(t, op.Summary, name)
		require.NotEmpty(t, op.Tags, name)
		require.True(t, strings.HasPrefix(name[strings.Index(name, " ")+1:], httpx.BasePath+"/"), name)
	}
}

func TestTheCommittedDescriptionIsCurrent(t *testing.T) {
	want, err := OpenAPI()
	require.NoError(t, err)
	again, err := OpenAPI()
	require.NoError(t, err)
	require.Equal(t, string(want), string(again), "it must not depend on chance")
	have, err := os.ReadFile("../../api/openapi.yaml")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run make generate")
}

var publicOperations = []string{"enroll", "enrollAck", "enrollStatus", "getRootCertificate", "health", "login", "loginRecoveryCode",
	"loginTotp", "logout", "passkeySignIn", "passkeySignInOptions", "refreshSession", "signInMethods", "ssoCallback", "startSsoSignIn"}
