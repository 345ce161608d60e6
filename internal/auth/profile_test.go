package auth_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/testkit/people"
)

func TestUpdateMe(t *testing.T) {
	r := emptyRig(t)
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	u := read[auth.User](op, op.patch("/auth/me", map[string]any{"display_name": " Olga ", "email": "o@example.com", "theme": "dark", "time_zone": "Asia/Kathmandu"}))
	require.Equal(t, []string{"Olga", "o@example.com", "dark", "Asia/Kathmandu"}, []string{u.DisplayName, u.Email, u.Theme, u.TimeZone})
	require.Equal(t, u, read[auth.User](op, op.get("/auth/me")))
	require.Contains(t, r.details("user.profile_change"), `"theme":{"from":"system","to":"dark"}`)
	read[auth.User](op, op.patch("/auth/me", map[string]any{"theme": "dark"}))
	require.Len(t, r.audited("user.profile_change"), 1)
	require.Empty(t, read[auth.User](op, op.patch("/auth/me", map[string]any{"email": "", "time_zone": ""})).Email)
	for _, body := range []map[string]any{{"theme": "pink"}, {"time_zone": "Local"}, {"time_zone": "../../etc/passwd"}, {"time_zone": "Mars/Base"}, {"email": "x"}} {
		require.Equal(t, http.StatusUnprocessableEntity, op.patch("/auth/me", body).Code, body)
	}
}
