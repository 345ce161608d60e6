package app

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
)

// A script on the console gets a token that works, and a rotated key signs
// nobody out.
func TestTheConsoleMakesAnAPITokenAndRotatesTheKey(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := i.start(t)
	_, _, err := APIToken(t.Context(), i.cfg, "admin", "deploy", true, time.Hour)
	require.ErrorContains(t, err, "Choose a password of your own first", "of a user who cannot do anything yet there is none")
	session := s.enter(t, firstPassword(t, i)).Session

	_, _, err = APIToken(t.Context(), i.cfg, "admin", "deploy", true, time.Second)
	require.ErrorContains(t, err, `expires = "1s": `)
	token, expires, err := APIToken(t.Context(), i.cfg, "admin", "deploy", true, time.Hour)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), expires, time.Minute)
	var page auth.UserPage
	require.Equal(t, http.StatusOK, s.call(t, "GET", "/api/v1/users", token, nil, &page).StatusCode)
	require.Equal(t, "admin", page.Items[0].Username)
	require.Equal(t, http.StatusForbidden, s.call(t, "POST", "/api/v1/groups", token, map[string]any{"name": "x"}, nil).StatusCode)
	require.NotContains(t, s.log(), token)

	retired, err := RotateSigningKey(t.Context(), i.cfg, false)
	require.NoError(t, err)
	require.Equal(t, 1, retired)
	require.Equal(t, http.StatusOK, s.call(t, "GET", "/api/v1/auth/me", session.AccessToken, nil, nil).StatusCode)
	s.stop(t)
}
