package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/people"
)

func TestCreateUser(t *testing.T) {
	r := emptyRig(t)
	boss, web := r.admin("boss"), r.group("Web servers")
	made := read[auth.CreatedUser](boss, boss.post("/users", map[string]any{"username": "  Ada.L ", "display_name": "Ada", "email": "ada@example.com",
		"role": "operator", "group_ids": []ids.ID{web}}))
	require.Equal(t, "ada.l", made.User.Username)
	require.Equal(t, auth.StatusNew, made.User.Status)
	require.True(t, made.User.Local)
	require.Equal(t, []ids.ID{web}, made.User.GroupIDs)
	require.Empty(t, made.User.MFA)
	require.Regexp(t, `^[a-z2-7]{5}(-[a-z2-7]{5}){3}$`, made.OneTimePassword)
	require.JSONEq(t, fmt.Sprintf(`{"role":"operator","groups":[{"id":%q,"name":"Web servers"}]}`, web), r.details("user.create"))

	ada := r.signIn("ada.l", made.OneTimePassword)
	require.True(t, ada.user.MustChangePassword)
	require.Equal(t, "password_change_required", code(t, ada.get("/probe")))
	require.Equal(t, "username_taken", code(t, boss.post("/users", map[string]any{"username": "ADA.L", "role": "auditor"})))
	require.Equal(t, 1, r.count(`select count(*) from auth_user where username = 'ada.l'`))
}

func TestCreateUserRefuses(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	for name, body := range map[string]map[string]any{
		"no name":           {"username": " ", "role": "operator"},
		"other alphabet":    {"username": "аdmin", "role": "operator"},
		"space":             {"username": "a b", "role": "operator"},
		"leading mark":      {"username": ".ada", "role": "operator"},
		"long":              {"username": strings.Repeat("a", 65), "role": "operator"},
		"control character": {"username": "a\u0000b", "role": "operator"},
		"role":              {"username": "ada", "role": "owner"},
		"unknown group":     {"username": "ada", "role": "operator", "group_ids": []ids.ID{ids.New()}},
		"no such member":    {"username": "ada", "role": "operator", "id": ids.New().String()},
		"password":          {"username": "ada", "role": "operator", "password": "chosen by the admin"},
		"e-mail":            {"username": "ada", "role": "operator", "email": "ada"},
		"e-mail with name":  {"username": "ada", "role": "operator", "email": "Ada <ada@example.com>"},
		"two e-mails":       {"username": "ada", "role": "operator", "email": "a@example.com, b@example.com"},
		"e-mail, newline":   {"username": "ada", "role": "operator", "email": "a@example.com\nBcc: b@example.com"},
		"display name":      {"username": "ada", "role": "operator", "display_name": "two\nlines"},
	} {
		t.Run(name, func(t *testing.T) {
			w := boss.post("/users", body)
			require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
		})
	}
	require.Equal(t, 1, r.count(`select count(*) from auth_user`))
	require.Empty(t, r.audited("user.create"))
}

func TestListUsers(t *testing.T) {
	r := emptyRig(t)
	boss, web := r.admin("boss"), r.group("Web servers")
	r.person(people.User{Name: "op_1", Role: auth.RoleOperator, Groups: []ids.ID{web}})
	gone := people.New(t, r.db, people.User{Name: "gone", Role: auth.RoleAuditor, NoMFA: true}, r.clock.Now())
	r.exec(`update auth_user set disabled_at = $2 where id = $1`, gone, r.clock.Now())
	r.exec(`update auth_user set last_sign_in_at = $1, email = 'boss@example.com' where username = 'boss'`, r.clock.Now())
	r.exec(`insert into auth_failure (subject, failures, last_at, locked_until) values ('code:op_1', 9, $1, $2)`, r.clock.Now(), r.clock.Now().Add(hour))

	names := func(query string) string {
		page := read[auth.UserPage](boss, boss.get("/users"+query))
		require.Equal(t, page.Total, max(page.Total, len(page.Items)))
		var out []string
		for _, u := range page.Items {
			out = append(out, u.Username+":"+string(u.Status))
		}
		return strings.Join(out, " ")
	}
	require.Equal(t, "boss:active gone:disabled op_1:locked", names(""))
	require.Equal(t, "op_1:locked gone:disabled boss:active", names("?order=desc"))
	require.Equal(t, "boss:active gone:disabled op_1:locked", names("?sort=last_sign_in&order=desc"))
	require.Equal(t, "gone:disabled", names("?page=2&page_size=1"))
	require.Equal(t, "op_1:locked", names("?role=operator"))
	require.Equal(t, "gone:disabled op_1:locked", names("?status=disabled,locked"))
	require.Equal(t, "op_1:locked", names(path("?group_id=", web)))
	require.Equal(t, "boss:active", names("?q=BOSS@exam"))
	require.Equal(t, "op_1:locked", names("?q=_"), "a mark stands for itself")
	require.Empty(t, names("?q=%25"))
	page := read[auth.UserPage](boss, boss.get("/users?q=op_1"))
	require.Equal(t, []string{"totp"}, page.Items[0].MFA)
	require.Equal(t, 1, page.Items[0].Sessions)
	require.Equal(t, r.clock.Now().Add(hour), *page.Items[0].LockedUntil)
	r.clock.Advance(2 * hour)
	boss = r.again(boss.user.ID)
	require.Equal(t, "boss:active gone:disabled op_1:new", names(""))
}

func TestLinkedProvidersAreShown(t *testing.T) {
	r := emptyRig(t)
	boss, provider := r.admin("boss"), ids.New()
	r.exec(`insert into auth_sso_provider (id, name, kind, issuer, client_id, scopes, created_at, updated_at)
		values ($1, 'Company', 'oidc', 'https://id.example.com', 'x', '{openid}', now(), now())`, provider)
	r.exec(`insert into auth_sso_link (provider_id, issuer, subject, user_id, linked_at) values ($1, 'https://id.example.com', 'sub-1', $2, now())`, provider, boss.user.ID)
	u := read[auth.UserRow](boss, boss.get(path("/users/", boss.user.ID)))
	require.Equal(t, []auth.UserProvider{{ProviderID: provider, Name: "Company", Subject: "sub-1"}}, u.Providers)
}

func TestUpdateUserTakesEffectAtOnceAndIsAudited(t *testing.T) {
	r := emptyRig(t)
	boss, web, dbs := r.admin("boss"), r.group("Web"), r.group("Databases")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator, Groups: []ids.ID{web}})
	id := op.user.ID
	u := read[auth.UserRow](boss, boss.patch(path("/users/", id), map[string]any{"display_name": "Olga", "email": "olga@example.com", "role": "auditor", "group_ids": []ids.ID{dbs}}))
	require.Equal(t, auth.RoleAuditor, u.Role)
	require.Equal(t, []ids.ID{dbs}, u.GroupIDs)
	require.Contains(t, op.get("/probe").Body.String(), `"Role":"auditor"`)
	require.JSONEq(t, `{"from":"operator","to":"auditor"}`, r.details("user.role_change"))
	require.JSONEq(t, `{"display_name":{"from":"","to":"Olga"},"email":{"from":"","to":"olga@example.com"}}`, r.details("user.update"))
	require.JSONEq(t, fmt.Sprintf(`{"added":[{"id":%q,"name":"Databases"}],"removed":[{"id":%q,"name":"Web"}]}`, dbs, web), r.details("user.groups_change"))

	before := r.count(`select count(*) from audit_entry`)
	read[auth.UserRow](boss, boss.patch(path("/users/", id), map[string]any{"display_name": "Olga", "role": "auditor", "group_ids": []ids.ID{dbs}, "disabled": false}))
	require.Equal(t, before, r.count(`select count(*) from audit_entry`), "nothing changed")

	u = read[auth.UserRow](boss, boss.patch(path("/users/", id), map[string]any{"disabled": true}))
	require.Equal(t, auth.StatusDisabled, u.Status)
	require.Equal(t, "session_ended", code(t, op.get("/probe")))
	require.JSONEq(t, `{"sessions_ended":1}`, r.details("user.disable"))
	read[auth.UserRow](boss, boss.patch(path("/users/", id), map[string]any{"disabled": false}))
	require.Equal(t, "session_ended", code(t, op.get("/probe")), "the session does not come back")
	require.Len(t, r.audited("user.enable"), 1)
	require.Equal(t, "not_found", code(t, boss.patch(path("/users/", ids.New()), map[string]any{"disabled": true})))
}

// A role comes from an administrator and from nowhere else.
func TestNobodyRaisesThemselves(t *testing.T) {
	r := emptyRig(t)
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	for _, body := range []map[string]any{
		{"role": "admin"}, {"display_name": "x", "role": "admin"}, {"group_ids": []ids.ID{}}, {"disabled": false},
		{"must_change_password": false}, {"id": ids.New().String()}, {"username": "boss"},
	} {
		w := op.patch("/auth/me", body)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
	}
	require.Equal(t, "forbidden", code(t, op.patch(path("/users/", op.user.ID), map[string]any{"role": "admin"})))
	require.Equal(t, http.StatusUnprocessableEntity, r.admin("boss").patch(path("/users/", op.user.ID), map[string]any{"username": "x"}).Code)
	require.Contains(t, op.get("/probe").Body.String(), `"Role":"operator"`)
	require.Zero(t, r.count(`select count(*) from auth_user where display_name <> ''`))
}

func TestNobodyDisablesDemotesOrDeletesThemselves(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	r.admin("other")
	me := path("/users/", boss.user.ID)
	require.Equal(t, "own_account", code(t, boss.patch(me, map[string]any{"disabled": true})))
	require.Equal(t, "own_account", code(t, boss.patch(me, map[string]any{"role": "auditor"})))
	require.Equal(t, "own_account", code(t, boss.delete(me)))
	require.Equal(t, "own_account", code(t, boss.post(me+"/reset-password", nil)))
	require.Equal(t, "own_account", code(t, boss.post(me+"/reset-mfa", nil)))
	require.Equal(t, 200, boss.patch(me, map[string]any{"role": "admin", "display_name": "Boss"}).Code)
}

// Two administrators take each other's role at the same moment, over two
// processes: one of them stays.
func TestTwoAdminsDemoteEachOther(t *testing.T) {
	r := emptyRig(t)
	second := *r
	second.svc = auth.New(auth.Deps{DB: r.db, Clock: r.clock, Sealer: newBox(t, 1), Argon: cheap})
	second.handler = handlerOf(second.svc)
	for round, change := range []map[string]any{{"role": "operator"}, {"disabled": true}, nil} {
		r.exec(`delete from auth_user`)
		a, b := r.admin(fmt.Sprintf("a%d", round)), r.admin(fmt.Sprintf("b%d", round))
		b.r = &second
		var g errgroup.Group
		codes := make([]int, 2)
		for i, pair := range [][2]*browser{{a, b}, {b, a}} {
			g.Go(func() error {
				if change == nil {
					codes[i] = pair[0].exchange(http.MethodDelete, path("/users/", pair[1].user.ID), nil).Code
					return nil
				}
				codes[i] = pair[0].patch(path("/users/", pair[1].user.ID), change).Code
				return nil
			})
		}
		require.NoError(t, g.Wait())
		require.Equal(t, 1, r.count(`select count(*) from auth_user where role = 'admin' and disabled_at is null`), "%v", codes)
		require.ElementsMatch(t, []bool{true, false}, []bool{codes[0] < 300, codes[1] < 300}, "%v", codes)
	}
}

func TestAnAdminWithAPasswordRemains(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	r.exec(`update auth_user set password_hash = null where username = 'boss'`) // signs in through a provider
	local := r.admin("local")
	for _, w := range []int{
		boss.patch(path("/users/", local.user.ID), map[string]any{"role": "operator"}).Code,
		boss.patch(path("/users/", local.user.ID), map[string]any{"disabled": true}).Code,
		boss.delete(path("/users/", local.user.ID)).Code,
	} {
		require.Equal(t, http.StatusConflict, w)
	}
	require.Equal(t, "last_admin", code(t, boss.delete(path("/users/", local.user.ID))))
	r.admin("another")
	require.Equal(t, http.StatusNoContent, boss.delete(path("/users/", local.user.ID)).Code)
}

// With single sign-on only, the one who may still come in must be able to.
func TestTheBreakGlassAdminRemains(t *testing.T) {
	r := emptyRig(t)
	r.svc = auth.New(auth.Deps{DB: r.db, Clock: r.clock, Sealer: newBox(t, 1), Argon: cheap, Rules: func() auth.Rules {
		rules := auth.DefaultRules()
		rules.PasswordOff, rules.BreakGlass = true, "glass"
		return rules
	}})
	r.handler = handlerOf(r.svc)
	boss, glass, other := r.admin("boss"), r.admin("glass"), r.admin("other")
	require.Equal(t, "last_admin", code(t, boss.patch(path("/users/", glass.user.ID), map[string]any{"disabled": true})))
	require.Equal(t, 200, boss.patch(path("/users/", other.user.ID), map[string]any{"disabled": true}).Code)
}

func TestDeleteUserLeavesHistory(t *testing.T) {
	r := emptyRig(t)
	boss, web := r.admin("boss"), r.group("Web")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator, Groups: []ids.ID{web}})
	op.patch("/auth/me", map[string]any{"theme": "dark"})
	_, token := people.Issue(t, r.db, op.user.ID, people.Token{Role: auth.RoleOperator}, r.clock.Now())
	r.exec(`insert into job (id, kind, title, reboot, allow_removals, created_at, created_by, deadline_at)
		values (gen_random_uuid(), 'refresh', 't', 'never', false, now(), 'op', now() + interval '1 d')`)
	require.Equal(t, http.StatusNoContent, boss.delete(path("/users/", op.user.ID)).Code)

	require.Equal(t, "session_ended", code(t, op.get("/probe")))
	require.Equal(t, "unauthorized", code(t, r.program(token).get("/probe")))
	require.Equal(t, "session_ended", code(t, op.post("/auth/refresh", nil)))
	require.Equal(t, 1, r.count(`select count(*) from job where created_by = 'op'`))
	require.Equal(t, 1, r.count(`select count(*) from audit_entry where actor_name = 'op' and actor_id = $1`, op.user.ID.String()))
	report, err := audit.Verify(t.Context(), r.db, 1)
	require.NoError(t, err)
	require.Nil(t, report.Break)
	require.JSONEq(t, fmt.Sprintf(`{"role":"operator","display_name":"","was_disabled":false,"groups":[{"id":%q,"name":"Web"}]}`, web), r.details("user.delete"))
	require.Equal(t, "not_found", code(t, boss.delete(path("/users/", op.user.ID))))
	require.Equal(t, "not_found", code(t, boss.get(path("/users/", op.user.ID))))
}

func TestResetsOfAUser(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	id := op.user.ID
	r.exec(`insert into auth_recovery_code (user_id, code_hash, created_at) values ($1, sha256('x'), now())`, id)
	r.exec(`insert into auth_passkey (id, user_id, credential_id, credential, name, created_at) values (gen_random_uuid(), $1, 'x', '{}', 'key', now())`, id)
	r.exec(`insert into auth_device (token_hash, user_id, created_at, last_used_at) values (sha256('x'), $1, now(), now())`, id)
	require.Equal(t, http.StatusNoContent, boss.post(path("/users/", id, "/reset-mfa"), nil).Code)
	for _, table := range []string{"auth_totp", "auth_passkey", "auth_recovery_code", "auth_device"} {
		require.Zero(t, r.count(`select count(*) from `+table+` where user_id = $1`, id), table)
	}
	require.JSONEq(t, `{"totp":1,"passkeys":1,"recovery_codes":1,"devices":1,"ceremonies":0,"sessions_ended":1}`, r.details("user.mfa_reset"))
	require.Equal(t, "session_ended", code(t, op.get("/probe")))

	for range 5 {
		r.browser().login("op", "wrong")
	}
	require.Equal(t, "too_many_attempts", code(t, r.browser().login("op", people.Password)))
	require.Equal(t, http.StatusNoContent, boss.post(path("/users/", id, "/unlock"), nil).Code)
	require.Equal(t, 200, r.browser().login("op", people.Password).Code)
	require.Len(t, r.audited("user.unlock"), 1)

	given := read[auth.NewPassword](boss, boss.post(path("/users/", id, "/reset-password"), nil))
	require.Equal(t, "invalid_credentials", code(t, r.browser().login("op", people.Password)))
	require.True(t, r.signIn("op", given.OneTimePassword).user.MustChangePassword)
	e := r.audited("user.password_reset")[0]
	require.Equal(t, "boss", e.Actor.Name)
	require.NotContains(t, string(e.Details), given.OneTimePassword)
	require.Equal(t, "not_found", code(t, boss.post(path("/users/", ids.New(), "/reset-mfa"), nil)))
}

// Changes of users need a second factor shown just now.
func TestChangesOfUsersNeedStepUp(t *testing.T) {
	r := emptyRig(t)
	boss := r.admin("boss")
	op := r.person(people.User{Name: "op", Role: auth.RoleOperator})
	r.clock.Advance(hour / 12)
	boss.post("/auth/refresh", nil)
	for _, w := range []string{
		code(t, boss.post("/users", map[string]any{"username": "x", "role": "admin"})),
		code(t, boss.patch(path("/users/", op.user.ID), map[string]any{"disabled": true})),
		code(t, boss.delete(path("/users/", op.user.ID))),
		code(t, boss.post(path("/users/", op.user.ID, "/reset-password"), nil)),
		code(t, boss.post("/auth/tokens", map[string]any{"name": "x", "role": "admin", "read_only": true, "expires_in_days": 1})),
	} {
		require.Equal(t, "step_up_required", w)
	}
	require.Equal(t, 200, boss.get("/users").Code)
}
