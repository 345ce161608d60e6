package settings_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
	"patchmanager/internal/settings"
)

func TestRangesAreKeptInNormalForm(t *testing.T) {
	r := newRig(t)
	out, err := r.setAccess(at("192.0.2.9"), settings.AccessChange{
		UI:         []string{" 192.0.2.9 ", "10.1.2.3/8", "2001:db8::1:0/64", "::ffff:192.0.2.9", "::ffff:198.51.100.0/120"},
		Enrollment: []string{"0.0.0.0/0"},
	})
	require.NoError(t, err)
	require.JSONEq(t, `["192.0.2.9/32", "10.0.0.0/8", "2001:db8::/64", "198.51.100.0/24"]`, asJSON(t, out.UI))
	require.JSONEq(t, `[]`, asJSON(t, out.Metrics))
	a := r.process().Access()
	for from, in := range map[string]bool{"10.200.0.1": true, "::ffff:10.200.0.1": true, "2001:db8::5": true, "198.51.100.255": true, "192.0.2.10": false, "2001:db8:0:1::": false} {
		require.Equal(t, in, a.AdmitsUI(addr(from)), from)
	}
	require.True(t, a.AdmitsEnrollment(addr("203.0.113.1")))
	require.False(t, a.AdmitsEnrollment(addr("2001:db8::1")))
	require.True(t, a.AdmitsMetrics(addr("2001:db8::1")), "empty: everybody")
	require.False(t, a.AdmitsUI(netip.Addr{}), "a caller without an address is on no list")
}

func TestBadEntriesAreNamedAndNothingIsSaved(t *testing.T) {
	r := newRig(t)
	many := slices.Repeat([]string{"192.0.2.1"}, 151)
	for text, said := range map[string]string{
		"": "neither", "example.com": "neither", "192.0.2.0/33": "neither", "192.0.2.256": "neither", "192.0.2.1-9": "neither", "010.0.0.1": "neither",
		"192.0.2.0/255.255.255.0": "neither", "fe80::1%eth0": "zone", "::ffff:10.0.0.0/95": "IPv4 form", "2001:db8::/129": "neither",
	} {
		_, err := r.setAccess(at("192.0.2.9"), settings.AccessChange{UI: []string{"192.0.2.0/24", text}, TrustedProxies: []string{text}})
		e := refused(t, err, "validation_failed")
		require.Len(t, e.Details, 2)
		require.Equal(t, "ui[1]", e.Details[0].Field)
		require.Equal(t, text, e.Details[0].Value)
		require.Contains(t, e.Details[0].Message, said)
		require.Equal(t, "trusted_proxies[0]", e.Details[1].Field)
	}
	_, err := r.setAccess(at("192.0.2.9"), settings.AccessChange{Metrics: many})
	require.Equal(t, "metrics", refused(t, err, "validation_failed").Details[0].Field)
	for _, everybody := range []string{"0.0.0.0/0", "::/0"} {
		_, err = r.setAccess(at("192.0.2.9"), settings.AccessChange{TrustedProxies: []string{everybody}})
		require.Equal(t, "trusted_proxies", refused(t, err, "validation_failed").Details[0].Field)
	}
	require.EqualValues(t, 0, r.get().Access.Version)
}

func TestFullListsFitIntoTheirAuditRow(t *testing.T) {
	r := newRig(t)
	full := func(net string) []string {
		list := make([]string, 150)
		for i := range list {
			list[i] = "2001:db8:ffff:ffff:ffff:ffff:" + net + ":" + string(rune('a'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)) + "f/128"
		}
		return list
	}
	for _, net := range []string{"ffff", "eeee"} {
		_, err := r.setAccess(at("2001:db8:ffff:ffff:ffff:ffff:"+net+":a00f"),
			settings.AccessChange{UI: full(net), Enrollment: full(net), Metrics: full(net), TrustedProxies: full(net)[1:]})
		require.NoError(t, err)
	}
}

func TestNobodyShutsThemselvesOutUnnoticed(t *testing.T) {
	r := newRig(t)
	in := settings.AccessChange{UI: []string{"198.51.100.0/24"}}
	_, err := r.setAccess(at("192.0.2.9"), in)
	e := refused(t, err, "would_shut_you_out")
	require.Equal(t, http.StatusConflict, e.Status)
	require.Equal(t, "192.0.2.9", e.Details[0].Value)
	require.True(t, r.s.Access().AdmitsUI(addr("192.0.2.9")))

	in.ShutMeOut = true
	out, err := r.setAccess(at("192.0.2.9"), in)
	require.NoError(t, err)
	require.Equal(t, start.Add(5*time.Minute), *out.RevertAt)
	require.Empty(t, out.Previous.UI)
	require.False(t, r.s.Access().AdmitsUI(addr("192.0.2.9")), "in force")
	_, details := r.audited("settings.access_change")
	require.Contains(t, details[0], `"revert_at":"2026-03-01T12:05:00Z"`)
}

// The address that counts is the one that the caller would have afterwards.
func TestTakingTheOwnProxyAwayIsNoticed(t *testing.T) {
	r := newRig(t)
	behind := via("192.0.2.1", "198.51.100.7")
	_, err := r.setAccess(behind, settings.AccessChange{UI: []string{"198.51.100.7"}, TrustedProxies: []string{"192.0.2.1"}})
	require.NoError(t, err)
	_, err = r.setAccess(behind, settings.AccessChange{UI: []string{"198.51.100.7"}})
	require.Equal(t, "192.0.2.1", refused(t, err, "would_shut_you_out").Details[0].Value)
}

func TestWhatIsWantedNeedsNoTrial(t *testing.T) {
	r := newRig(t)
	out, err := r.setAccess(at("192.0.2.9"), settings.AccessChange{UI: []string{"192.0.2.9"}, ShutMeOut: true})
	require.NoError(t, err)
	require.Nil(t, out.RevertAt)
	_, err = r.s.ConfirmAccess(t.Context(), r.admin, at("192.0.2.9"))
	refused(t, err, "nothing_to_confirm")
}

func (r *rig) trial(list string) settings.AccessSetting {
	r.t.Helper()
	out, err := r.setAccess(at("192.0.2.9"), settings.AccessChange{UI: []string{list}, ShutMeOut: true})
	require.NoError(r.t, err)
	return out
}

func TestATrialStaysWhenItIsConfirmedFromInside(t *testing.T) {
	r := newRig(t)
	r.trial("198.51.100.0/24")
	_, err := r.s.ConfirmAccess(t.Context(), r.admin, at("192.0.2.9"))
	refused(t, err, "would_shut_you_out") // a process that had not heard of it yet let the caller in
	out, err := r.s.ConfirmAccess(t.Context(), r.admin, at("198.51.100.7"))
	require.NoError(t, err)
	require.Nil(t, out.RevertAt)
	require.Nil(t, out.Previous)
	r.clock.Advance(time.Hour)
	r.turn(r.s)
	require.False(t, r.process().Access().AdmitsUI(addr("192.0.2.9")))
	_, details := r.audited("settings.access_confirm")
	require.Len(t, details, 1)
}

func TestATrialEndsByItself(t *testing.T) {
	r := newRig(t)
	_, err := r.setAccess(at("192.0.2.9"), settings.AccessChange{UI: []string{"192.0.2.0/24"}, Metrics: []string{"192.0.2.3"}})
	require.NoError(t, err)
	r.trial("198.51.100.0/24")
	other := r.process()
	r.clock.Advance(5*time.Minute - time.Second)
	r.turn(other)
	require.False(t, other.Access().AdmitsUI(addr("192.0.2.9")))

	r.clock.Advance(time.Second)
	require.True(t, other.Access().AdmitsUI(addr("192.0.2.9")), "to the moment, also when the database does not answer")
	require.True(t, r.s.Access().AdmitsUI(addr("192.0.2.9")))
	_, err = r.s.ConfirmAccess(t.Context(), r.admin, at("198.51.100.7"))
	refused(t, err, "nothing_to_confirm")
	_, err = r.setAccess(at("192.0.2.9"), settings.AccessChange{})
	refused(t, err, "settings_changed")

	for range 2 { // the second one finds nothing left to do
		r.turn(other)
		r.turn(r.s)
	}
	now := r.get().Access
	require.Nil(t, now.RevertAt)
	require.JSONEq(t, `["192.0.2.0/24"]`, asJSON(t, now.UI))
	require.JSONEq(t, `["192.0.2.3/32"]`, asJSON(t, now.Metrics))
	require.EqualValues(t, 3, now.Version)
	actors, details := r.audited("settings.access_revert")
	require.Len(t, actors, 1)
	require.Equal(t, audit.KindSystem, actors[0].Kind)
	require.Contains(t, details[0], `"ui":{"after":["192.0.2.0/24"],"before":["198.51.100.0/24"]}`)
}

// The process that made the change is gone, and so are all others: the next one
// to start goes by the previous lists from its first request on.
func TestATrialEndsAlsoWhenEveryProcessHasDied(t *testing.T) {
	r := newRig(t)
	r.trial("198.51.100.0/24")
	r.s = nil
	r.clock.Advance(time.Hour)
	next := r.process()
	require.True(t, next.Access().AdmitsUI(addr("192.0.2.9")))
	r.turn(next)
	actors, _ := r.audited("settings.access_revert")
	require.Len(t, actors, 1)

	r.s = next // a death right after the change leaves the trial as it was
	r.trial("203.0.113.0/24")
	next = r.process()
	require.False(t, next.Access().AdmitsUI(addr("192.0.2.9")))
	r.clock.Advance(5 * time.Minute)
	require.True(t, next.Access().AdmitsUI(addr("192.0.2.9")))
}

func TestATrialOfATrialComesBackToTheBeginning(t *testing.T) {
	r := newRig(t)
	r.trial("198.51.100.0/24")
	r.clock.Advance(4 * time.Minute)
	out := r.trial("203.0.113.0/24")
	require.Equal(t, start.Add(9*time.Minute), *out.RevertAt)
	require.Empty(t, out.Previous.UI)
	r.clock.Advance(5 * time.Minute)
	require.True(t, r.s.Access().AdmitsUI(addr("192.0.2.9")))

	r.turn(r.s)
	r.trial("198.51.100.0/24")
	out, err := r.setAccess(at("198.51.100.7"), settings.AccessChange{UI: []string{"198.51.100.7"}})
	require.NoError(t, err)
	require.Nil(t, out.RevertAt, "whoever can come in and changes it has confirmed it")
}

func TestTheConsoleLetsEverybodyInAgain(t *testing.T) {
	r := newRig(t)
	_, err := r.setAccess(at("192.0.2.9"), settings.AccessChange{UI: []string{"192.0.2.9"}, Enrollment: []string{"192.0.2.9"},
		Metrics: []string{"192.0.2.9"}, TrustedProxies: []string{"192.0.2.1"}})
	require.NoError(t, err)
	r.trial("198.51.100.0/24")
	require.NoError(t, r.process().ResetAccess(t.Context(), auth.System("console")))
	r.turn(r.s)
	a := r.s.Access()
	require.True(t, a.AdmitsUI(addr("203.0.113.1")) && a.AdmitsEnrollment(addr("203.0.113.1")) && a.AdmitsMetrics(addr("203.0.113.1")))
	require.Nil(t, r.get().Access.RevertAt)
	actors, _ := r.audited("settings.access_reset")
	require.Equal(t, "console", actors[0].Name)
}

func TestHealthIsForThisMachineTheProxiesAndWhoeverMayComeIn(t *testing.T) {
	r := newRig(t)
	_, err := r.setAccess(via("192.0.2.1", "198.51.100.7"), settings.AccessChange{UI: []string{"198.51.100.7"}, Metrics: []string{"198.51.100.8"}, TrustedProxies: []string{"192.0.2.1"}})
	require.NoError(t, err)
	for from, in := range map[string]bool{"127.0.0.1": true, "::1": true, "192.0.2.1": true, "198.51.100.7": true, "198.51.100.8": true, "198.51.100.9": false} {
		require.Equal(t, in, r.s.Access().AdmitsHealth(addr(from)), from)
	}
	require.False(t, r.s.Access().AdmitsUI(addr("127.0.0.1")), "a proxy on this machine is not everybody behind it")
}

// api is the operations, called by r.admin.
func (r *rig) api() func(method, path, body string) (int, string) {
	mux := http.NewServeMux()
	api := httpx.NewAPI(mux, "test")
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		next(huma.WithContext(ctx, auth.WithActor(ctx.Context(), r.admin)))
	})
	r.s.Routes(api)
	h := httpx.WithRequestID(httpx.WithClientBehind(func(proxy netip.Addr) bool { return r.s.Access().Trusts(proxy) }, mux))
	return func(method, path, body string) (int, string) {
		req := httptest.NewRequest(method, httpx.BasePath+"/settings"+path, strings.NewReader(body))
		req.RemoteAddr = "192.0.2.1:4000"
		req.Header.Set("X-Forwarded-For", "198.51.100.7")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Code, w.Body.String()
	}
}

func TestTheAPITakesAndGivesTheContract(t *testing.T) {
	call := newRig(t).api()
	status, body := call("PUT", "/access", `{"version":0,"ui":["nonsense"],"enrollment":[],"metrics":[],"trusted_proxies":[]}`)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, `{"field":"ui[0]","value":"nonsense",`)
	status, body = call("PUT", "/access", `{"version":0,"ui":["198.51.100.7"],"enrollment":[],"metrics":[],"trusted_proxies":[]}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, body, `"value":"192.0.2.1"`, "a proxy that is not trusted is the caller")
	status, body = call("PUT", "/access", `{"version":0,"ui":["198.51.100.7"],"enrollment":[],"metrics":[],"trusted_proxies":["192.0.2.0/28"]}`)
	require.Equal(t, http.StatusOK, status, body)
	status, body = call("PUT", "/access", `{"version":1,"ui":["203.0.113.9"],"enrollment":[],"metrics":[],"trusted_proxies":["192.0.2.0/28"],"shut_me_out":true}`)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"previous":{"ui":["198.51.100.7/32"]`)
	status, body = call("POST", "/access/confirm", ``)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, body, "would_shut_you_out")

	status, body = call("PUT", "/security", `{"version":0,"session_hours":0,"idle_minutes":60,"step_up_minutes":5,"step_up_hosts":50,"ungrouped_visible":false,"password_off":false,"break_glass":""}`)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, `"field":"session_hours"`)
	status, body = call("PUT", "/audit", `{"version":0,"retention_days":30,"export":"none","export_path":"","syslog_address":""}`)
	require.Equal(t, http.StatusOK, status, body)

	status, body = call("GET", "", "")
	require.Equal(t, http.StatusOK, status)
	var all map[string]json.RawMessage
	require.NoError(t, json.NewDecoder(bytes.NewReader([]byte(body))).Decode(&all))
	require.Contains(t, string(all["access"]), `"version":2`)
	require.Contains(t, string(all["access"]), `"revert_at":"2026-03-01T12:05:00Z"`)
	require.Contains(t, string(all["audit"]), `"retention_days":30`)
}
