package auth_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/people"
)

func newToken(more map[string]any) map[string]any {
	body := map[string]any{"name": "nightly", "role": "operator", "read_only": false, "expires_in_days": 30}
	for k, v := range more {
		body[k] = v
	}
	return body
}

func TestAPITokenLife(t *testing.T) {
	r := emptyRig(t)
	web := r.group("Web")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator, Groups: []ids.ID{web}})
	w := op.post("/auth/tokens", newToken(map[string]any{"group_ids": []ids.ID{web}}))
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	made := read[auth.IssuedApiToken](op, w)
	require.Regexp(t, `^pmt_[A-Za-z0-9_-]{43}$`, made.Token)
	require.Equal(t, r.clock.Now().Add(30*24*hour), made.ExpiresAt)
	require.Equal(t, 1, r.count(`select count(*) from auth_api_token where token_hash = sha256(convert_to($1, 'UTF8'))`, made.Token))
	require.NotContains(t, r.details("api_token.create"), made.Token[4:])
	require.Contains(t, r.details("api_token.create"), `"groups":[{"id":`)

	script := r.program(made.Token)
	require.Contains(t, script.get("/probe").Body.String(), `"Name":"op","Role":"operator"`)
	list := read[auth.ApiTokenList](op, op.get("/auth/tokens"))
	require.Equal(t, 1, list.Total)
	require.NotContains(t, op.get("/auth/tokens").Body.String(), "pmt_")
	require.Equal(t, start, *list.Items[0].LastUsedAt)
	require.Equal(t, "192.0.2.1", list.Items[0].LastUsedAddress)

	// the last use is written at most once a minute
	script.addr = "192.0.2.7:1"
	r.clock.Advance(59 * time.Second)
	script.get("/probe")
	require.Equal(t, start, *read[auth.ApiTokenList](op, op.get("/auth/tokens")).Items[0].LastUsedAt)
	r.clock.Advance(time.Second)
	script.get("/probe")
	list = read[auth.ApiTokenList](op, op.get("/auth/tokens"))
	require.Equal(t, start.Add(time.Minute), *list.Items[0].LastUsedAt)
	require.Equal(t, "192.0.2.7", list.Items[0].LastUsedAddress)

	require.Equal(t, http.StatusNoContent, op.delete(path("/auth/tokens/", made.ID)).Code)
	require.Equal(t, "unauthorized", code(t, script.get("/probe")))
	require.Equal(t, "not_found", code(t, op.delete(path("/auth/tokens/", made.ID))), "once")
	require.NotNil(t, read[auth.ApiTokenList](op, op.get("/auth/tokens")).Items[0].RevokedAt)
	require.Equal(t, made.ID.String(), r.audited("api_token.revoke")[0].Target.ID)
}

func TestAPITokenExpiresAndIsForgotten(t *testing.T) {
	r := emptyRig(t)
	op := r.person(people.User{Role: auth.RoleOperator})
	made := read[auth.IssuedApiToken](op, op.post("/auth/tokens", newToken(map[string]any{"expires_in_days": 1})))
	script := r.program(made.Token)
	r.clock.Advance(24*hour - time.Second)
	require.Equal(t, 200, script.get("/probe").Code)
	r.clock.Advance(time.Second)
	require.Equal(t, "unauthorized", code(t, script.get("/probe")))
	purge := func() {
		_, err := r.svc.Loops()[1].Once(t.Context())
		require.NoError(t, err)
	}
	purge()
	require.Equal(t, 1, r.count(`select count(*) from auth_api_token`))
	r.clock.Advance(31 * 24 * hour)
	purge()
	require.Zero(t, r.count(`select count(*) from auth_api_token`))
}

// Nobody gets more out of a token than they have.
func TestAPITokenIsNoWayUp(t *testing.T) {
	r := emptyRig(t)
	web, foreign := r.group("Web"), r.group("Foreign")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator, Groups: []ids.ID{web}})
	auditor := r.person(people.User{Name: "aud", Role: auth.RoleAuditor})
	for name, c := range map[string]struct {
		who  *browser
		body map[string]any
	}{
		"operator to admin":     {op, newToken(map[string]any{"role": "admin"})},
		"operator to auditor":   {op, newToken(map[string]any{"role": "auditor"})},
		"auditor to operator":   {auditor, newToken(nil)},
		"auditor to admin":      {auditor, newToken(map[string]any{"role": "admin"})},
		"other group":           {op, newToken(map[string]any{"group_ids": []ids.ID{web, foreign}})},
		"group of nobody":       {op, newToken(map[string]any{"group_ids": []ids.ID{ids.New()}})},
		"no group":              {op, newToken(map[string]any{"group_ids": []ids.ID{}})},
		"for ever":              {op, newToken(map[string]any{"expires_in_days": 366})},
		"no time":               {op, newToken(map[string]any{"expires_in_days": 0})},
		"no name":               {op, newToken(map[string]any{"name": " "})},
		"of somebody else":      {op, newToken(map[string]any{"user_id": auditor.user.ID})},
		"token chosen by hand":  {op, newToken(map[string]any{"token": "pmt_x"})},
		"no role":               {op, newToken(map[string]any{"role": ""})},
		"expiry chosen by hand": {op, newToken(map[string]any{"expires_at": "2030-01-01T00:00:00Z"})},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.who.post("/auth/tokens", c.body)
			require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
		})
	}
	require.Zero(t, r.count(`select count(*) from auth_api_token`))
	unknown := op.post("/auth/tokens", newToken(map[string]any{"group_ids": []ids.ID{foreign}})).Body.String()
	require.Contains(t, unknown, "There is no such group.", "a foreign group looks like none")

	boss := r.admin("boss")
	made := read[auth.IssuedApiToken](boss, boss.post("/auth/tokens", newToken(map[string]any{"role": "admin"})))
	script := r.program(made.Token)
	script.refresh = boss.refresh
	for name, w := range map[string]string{
		"another token":   code(t, script.post("/auth/tokens", newToken(nil))),
		"own tokens":      code(t, script.get("/auth/tokens")),
		"revoke":          code(t, script.delete(path("/auth/tokens/", made.ID))),
		"sessions":        code(t, script.get("/auth/sessions")),
		"end sessions":    code(t, script.post("/auth/sessions/end-others", nil)),
		"profile":         code(t, script.patch("/auth/me", map[string]any{"email": "x@example.com"})),
		"password":        code(t, script.post("/auth/password", map[string]string{"current_password": people.Password, "new_password": goodPassword})),
		"a user":          code(t, script.post("/users", map[string]any{"username": "x", "role": "admin"})),
		"a role":          code(t, script.patch(path("/users/", op.user.ID), map[string]any{"role": "admin"})),
		"members":         code(t, script.call(http.MethodPut, path("/groups/", web, "/members"), map[string]any{"user_ids": []ids.ID{}})),
		"second factor":   code(t, script.post("/auth/mfa/totp", nil)),
		"step up":         code(t, script.post("/auth/step-up/totp", map[string]string{"code": "123456"})),
		"recovery codes":  code(t, script.post("/auth/mfa/recovery-codes", nil)),
		"reset of others": code(t, script.post(path("/users/", op.user.ID, "/reset-password"), nil)),
	} {
		require.Equal(t, "person_required", w, name)
	}
	script.refresh = ""
	require.Equal(t, http.StatusNoContent, script.post("/auth/logout", nil).Code)
	require.Equal(t, 200, script.get("/users").Code, "signing out ends no token")
	require.Equal(t, 200, boss.get("/probe").Code, "and nobody's session")
	require.Empty(t, r.audited("session.logout"))
}

// Of the token's role and its user's, the lower one holds at this moment.
func TestAPITokenFollowsItsUser(t *testing.T) {
	r := emptyRig(t)
	boss, web := r.admin("boss"), r.group("Web")
	r.admin("spare")
	owner := r.person(people.User{Name: "owner", Role: auth.RoleAdmin, Groups: []ids.ID{web}})
	token := func(role auth.Role) string {
		_, secret := people.Issue(t, r.db, owner.user.ID, people.Token{Role: role}, r.clock.Now())
		return secret
	}
	bearers := map[auth.Role]string{auth.RoleAdmin: token(auth.RoleAdmin), auth.RoleOperator: token(auth.RoleOperator), auth.RoleAuditor: token(auth.RoleAuditor)}
	what := func(role auth.Role) string {
		a, err := r.svc.Authenticate(t.Context(), bearers[role], r.clientAddr())
		require.NoError(t, err)
		return fmt.Sprintf("%s readonly=%v all=%v", a.Role, a.ReadOnly, a.IsOverseer())
	}
	for _, c := range []struct{ owner, token, want string }{
		{"admin", "admin", "admin readonly=false all=true"},
		{"admin", "operator", "operator readonly=false all=true"},
		{"admin", "auditor", "auditor readonly=false all=true"},
		{"operator", "admin", "operator readonly=false all=false"},
		{"operator", "operator", "operator readonly=false all=false"},
		{"operator", "auditor", "operator readonly=true all=false"},
		{"auditor", "admin", "auditor readonly=false all=true"},
		{"auditor", "operator", "operator readonly=true all=true"},
		{"auditor", "auditor", "auditor readonly=false all=true"},
	} {
		read[auth.UserRow](boss, boss.patch(path("/users/", owner.user.ID), map[string]any{"role": c.owner}))
		require.Equal(t, c.want, what(auth.Role(c.token)), "%s's %s token", c.owner, c.token)
	}

	script := r.program(bearers[auth.RoleOperator])
	boss.patch(path("/users/", owner.user.ID), map[string]any{"disabled": true})
	require.Equal(t, "unauthorized", code(t, script.get("/probe")))
	boss.patch(path("/users/", owner.user.ID), map[string]any{"disabled": false})
	require.Equal(t, 200, script.get("/probe").Code)
	boss.post(path("/users/", owner.user.ID, "/reset-password"), nil)
	require.Equal(t, "password_change_required", code(t, script.get("/probe")))
	require.Equal(t, "password_change_required", code(t, script.get("/auth/me")), "a token has no business behind the gate")
	r.exec(`update auth_user set must_change_password = false where id = $1`, owner.user.ID)
	boss.post(path("/users/", owner.user.ID, "/reset-mfa"), nil)
	require.Equal(t, "mfa_setup_required", code(t, script.get("/probe")))
	require.Equal(t, "mfa_setup_required", code(t, script.get("/auth/me")))
	r.exec(`update auth_user set password_hash = null where id = $1`, owner.user.ID)
	require.Equal(t, 200, script.get("/probe").Code, "whoever signs in through a provider only has its factors")
}

func TestTokensOfOthers(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	other := r.person(people.User{Name: "other", Role: auth.RoleOperator})
	made := read[auth.IssuedApiToken](op, op.post("/auth/tokens", newToken(nil)))
	require.Equal(t, "not_found", code(t, other.delete(path("/auth/tokens/", made.ID))))
	require.Equal(t, "not_found", code(t, boss.delete(path("/auth/tokens/", made.ID))), "an admin has another way")
	require.Empty(t, read[auth.ApiTokenList](other, other.get("/auth/tokens")).Items)
	require.Equal(t, "forbidden", code(t, other.delete(path("/users/", op.user.ID, "/tokens/", made.ID))))
	require.Equal(t, 200, r.program(made.Token).get("/probe").Code)

	require.Equal(t, 1, read[auth.ApiTokenList](boss, boss.get(path("/users/", op.user.ID, "/tokens"))).Total)
	require.Equal(t, "not_found", code(t, boss.delete(path("/users/", other.user.ID, "/tokens/", made.ID))), "it is not theirs")
	require.Equal(t, http.StatusNoContent, boss.delete(path("/users/", op.user.ID, "/tokens/", made.ID)).Code)
	require.Equal(t, "unauthorized", code(t, r.program(made.Token).get("/probe")))
	require.Equal(t, "boss", r.audited("api_token.revoke")[0].Actor.Name)
}

func TestStrangeAPITokens(t *testing.T) {
	r := emptyRig(t)
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	made := read[auth.IssuedApiToken](op, op.post("/auth/tokens", newToken(nil)))
	for _, token := range []string{"pmt_", made.Token[:46], made.Token + "x", "pmt_" + made.Token[5:] + "A", "PMT_" + made.Token[4:], made.Token[4:], "pmt_\x00"} {
		require.Equal(t, "unauthorized", code(t, r.program(token).get("/probe")), token)
	}
	require.Contains(t, fmt.Sprintf("%v %+v %#v", auth.SecretForTest(), auth.SecretForTest(), auth.SecretForTest()), "***")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", auth.SecretForTest(), auth.SecretForTest(), auth.SecretForTest()), "pmt_")
}

// An act of a program does not look like one of its user in the trail.
func TestActsOfTokensAreTold(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	made := read[auth.IssuedApiToken](boss, boss.post("/auth/tokens", newToken(map[string]any{"role": "admin"})))
	a, err := r.svc.Authenticate(t.Context(), made.Token, r.clientAddr())
	require.NoError(t, err)
	details := map[string]any{"a": 1}
	require.Equal(t, map[string]any{"a": 1, "api_token_id": made.ID.String()}, a.Entry("host.remove", audit.Target{}, details).Details)
	require.Len(t, details, 1, "the caller's map stays as it was")
}

func TestOneUserHasFiftyTokensAtMost(t *testing.T) {
	r := emptyRig(t)
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	for range 50 {
		people.Issue(t, r.db, op.user.ID, people.Token{Role: auth.RoleOperator}, r.clock.Now())
	}
	require.Equal(t, "too_many_tokens", code(t, op.post("/auth/tokens", newToken(nil))))
	r.exec(`update auth_api_token set revoked_at = now() where id = (select id from auth_api_token limit 1)`)
	require.Equal(t, http.StatusCreated, op.post("/auth/tokens", newToken(nil)).Code)
}

// The console makes tokens for automation.
func TestIssueToken(t *testing.T) {
	r := emptyRig(t)
	people.New(t, r.db, people.User{Name: "robot", Role: auth.RoleOperator}, r.clock.Now())
	made, err := r.svc.IssueToken(t.Context(), " Robot ", "deploy", true, hour)
	require.NoError(t, err)
	a, err := r.svc.Authenticate(t.Context(), made.Token, r.clientAddr())
	require.NoError(t, err)
	require.Equal(t, auth.RoleOperator, a.Role)
	require.True(t, a.ReadOnly)
	require.Equal(t, start.Add(hour), made.ExpiresAt)
	e := r.audited("api_token.create")[0]
	require.Equal(t, "console", e.Actor.Name)
	require.Contains(t, string(e.Details), `"username":"robot"`)

	_, err = r.svc.IssueToken(t.Context(), "nobody", "x", true, hour)
	require.ErrorContains(t, err, "no such user")
	for _, life := range []time.Duration{0, time.Second, 366 * 24 * hour} {
		_, err = r.svc.IssueToken(t.Context(), "robot", "x", true, life)
		require.ErrorContains(t, err, "invalid field")
	}
	people.New(t, r.db, people.User{Name: "new", Role: auth.RoleOperator, NoMFA: true}, r.clock.Now())
	_, err = r.svc.IssueToken(t.Context(), "new", "x", true, hour)
	require.ErrorContains(t, err, "second factor", "a token that would be refused is not made")
}
