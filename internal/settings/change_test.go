package settings_test

import (
	"context"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/runner"
	"patchmanager/internal/settings"
)

func TestTheDefaultsHoldUntilSomebodyChangesThem(t *testing.T) {
	r := newRig(t)
	require.JSONEq(t, `{
		"security": {"version": 0, "session_hours": 12, "idle_minutes": 60, "step_up_minutes": 5, "step_up_hosts": 50,
			"ungrouped_visible": false, "password_off": false, "break_glass": ""},
		"access": {"version": 0, "ui": [], "enrollment": [], "metrics": [], "trusted_proxies": [], "revert_at": null, "previous": null},
		"audit": {"version": 0, "retention_days": 183, "export": "none", "export_path": "", "syslog_address": ""}}`, asJSON(t, r.get()))
	d := auth.DefaultRules()
	require.Equal(t, d.SessionLife.Hours(), float64(r.s.Security().SessionHours), "auth knows the same ones")
	require.Equal(t, d.IdleLife.Minutes(), float64(r.s.Security().IdleMinutes))
	require.Equal(t, d.FreshFor.Minutes(), float64(r.s.Security().StepUpMinutes))
}

func TestAChangeIsInForceAtOnceAndSaysWhatItChanged(t *testing.T) {
	r := newRig(t)
	v := r.s.Security()
	v.StepUpHosts, v.UngroupedVisible = 7, true
	out, err := r.s.SetSecurity(t.Context(), r.admin, 0, v)
	require.NoError(t, err)
	require.EqualValues(t, 1, out.Version)
	require.Equal(t, v, r.s.Security())
	require.Equal(t, out, r.get().Security)
	actors, details := r.audited("settings.security_change")
	require.Len(t, actors, 1)
	require.Equal(t, r.admin.UserID.String(), actors[0].ID)
	require.JSONEq(t, `{"version": 1, "changed": {"step_up_hosts": {"before": 50, "after": 7}, "ungrouped_visible": {"before": false, "after": true}}}`, details[0])

	out, err = r.s.SetSecurity(t.Context(), r.admin, 1, v)
	require.NoError(t, err)
	require.EqualValues(t, 1, out.Version, "nothing was changed")
	_, details = r.audited("settings.security_change")
	require.Len(t, details, 1)
}

func TestAStaleVersionChangesNothing(t *testing.T) {
	r := newRig(t)
	v := r.s.Security()
	v.SessionHours = 24
	_, err := r.s.SetSecurity(t.Context(), r.admin, 0, v)
	require.NoError(t, err)
	v.SessionHours = 36
	_, err = r.s.SetSecurity(t.Context(), r.admin, 0, v)
	refused(t, err, "settings_changed")
	require.Equal(t, 24, r.get().Security.SessionHours)
}

func TestOfManyFirstChangesOneWins(t *testing.T) {
	r := newRig(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			v := settings.Audit{RetentionDays: 100 + i, Export: settings.ExportNone}
			_, errs[i] = r.s.SetAudit(t.Context(), r.admin, 0, v)
		})
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			require.Equal(t, 100+i, r.s.Audit().RetentionDays)
			continue
		}
		refused(t, err, "settings_changed")
	}
	require.Equal(t, 1, won)
}

func TestOnlyAFreshAdminInPersonChangesSettings(t *testing.T) {
	r := newRig(t)
	stale, token, auditor, operator := r.admin, r.admin, r.admin, r.admin
	stale.FreshUntil = start
	token.TokenID, token.SessionID = ids.New(), ids.ID{}
	auditor.Role, operator.Role = auth.RoleAuditor, auth.RoleOperator
	for _, c := range []struct {
		actor auth.Actor
		code  string
	}{{stale, "step_up_required"}, {token, "person_required"}, {auditor, "forbidden"}, {operator, "forbidden"}, {auth.Actor{}, "unauthorized"}} {
		_, err := r.s.SetSecurity(t.Context(), c.actor, 0, r.s.Security())
		refused(t, err, c.code)
		_, err = r.s.SetAudit(t.Context(), c.actor, 0, r.s.Audit())
		refused(t, err, c.code)
		_, err = r.s.SetAccess(t.Context(), c.actor, at("192.0.2.9"), settings.AccessChange{UI: []string{"nonsense"}})
		refused(t, err, c.code)
		_, err = r.s.ConfirmAccess(t.Context(), c.actor, at("192.0.2.9"))
		refused(t, err, c.code)
		refused(t, r.s.ResetAccess(t.Context(), c.actor), c.code)
	}
	_, err := r.s.Get(t.Context(), auditor)
	require.NoError(t, err)
	_, err = r.s.Get(t.Context(), operator)
	refused(t, err, "forbidden")
}

// Every number has the limits that its tag tells the interface.
func TestNumbersHaveTheLimitsThatTheDescriptionSays(t *testing.T) {
	r := newRig(t)
	try := func(sample any, set func(reflect.Value) error) {
		kind := reflect.TypeOf(sample)
		for i := range kind.NumField() {
			f := kind.Field(i)
			if f.Type.Kind() != reflect.Int {
				continue
			}
			for tag, step := range map[string]int64{"minimum": -1, "maximum": 1} {
				limit, err := strconv.ParseInt(f.Tag.Get(tag), 10, 64)
				require.NoError(t, err)
				v := reflect.New(kind).Elem()
				v.Set(reflect.ValueOf(sample))
				v.Field(i).SetInt(limit + step)
				e := refused(t, set(v), "validation_failed")
				require.Equal(t, f.Tag.Get("json"), e.Details[0].Field)
				require.Equal(t, strconv.FormatInt(limit+step, 10), e.Details[0].Value)
			}
		}
	}
	try(r.s.Security(), func(v reflect.Value) error {
		_, err := r.s.SetSecurity(t.Context(), r.admin, 0, v.Interface().(settings.Security))
		return err
	})
	try(r.s.Audit(), func(v reflect.Value) error {
		_, err := r.s.SetAudit(t.Context(), r.admin, 0, v.Interface().(settings.Audit))
		return err
	})
}

func TestAnIdleTimeBeyondTheSessionIsRefused(t *testing.T) {
	r := newRig(t)
	v := r.s.Security()
	v.SessionHours, v.IdleMinutes = 1, 61
	_, err := r.s.SetSecurity(t.Context(), r.admin, 0, v)
	require.Equal(t, "idle_minutes", refused(t, err, "validation_failed").Details[0].Field)
}

func TestPasswordsAreSwitchedOffOnlyWithAWayBack(t *testing.T) {
	r := newRig(t)
	for i, u := range []struct{ name, role, disabled, hash string }{
		{"glass", "admin", "null", "'x'"}, {"gone", "admin", "now()", "'x'"}, {"op", "operator", "null", "'x'"}, {"sso", "admin", "null", "null"},
	} {
		_, err := r.db.Exec(t.Context(), `insert into auth_user (id, username, role, password_hash, created_at, password_changed_at, disabled_at)
			values ($1, '`+u.name+`', '`+u.role+`', `+u.hash+`, now(), now(), `+u.disabled+`)`, ids.New())
		require.NoError(t, err, i)
	}
	v := r.s.Security()
	v.PasswordOff = true
	for _, name := range []string{"", "nobody", "gone", "op", "sso"} {
		v.BreakGlass = name
		_, err := r.s.SetSecurity(t.Context(), r.admin, 0, v)
		require.Equal(t, "break_glass", refused(t, err, "validation_failed").Details[0].Field, name)
	}
	v.BreakGlass = " Glass"
	out, err := r.s.SetSecurity(t.Context(), r.admin, 0, v)
	require.NoError(t, err)
	require.Equal(t, "glass", out.BreakGlass)
}

func TestWhereCheckpointsGoIsChecked(t *testing.T) {
	r := newRig(t)
	set := func(v settings.Audit) error {
		v.RetentionDays = 90
		_, err := r.s.SetAudit(t.Context(), r.admin, r.get().Audit.Version, v)
		return err
	}
	for _, path := range []string{"", "relative.log", "/var/../etc/x.log", "/etc/cron.d/job", "/etc/passwd", "/var/log/.log", "/var/log/a\nb.log"} {
		err := set(settings.Audit{Export: settings.ExportFile, ExportPath: path})
		require.Equal(t, "export_path", refused(t, err, "validation_failed").Details[0].Field, path)
	}
	for _, address := range []string{"syslog.example.com", "/dev/log", "syslog.example.com:514", "https://192.0.2.1:514", "udp://192.0.2.1", "udp://192.0.2.1:0", "udp://192.0.2.1:99999", "udp://:514", "tcp://a@b.example.com:1", "tcp://192.0.2.1:514/x"} {
		err := set(settings.Audit{Export: settings.ExportSyslog, SyslogAddress: address})
		require.Equal(t, "syslog_address", refused(t, err, "validation_failed").Details[0].Field, address)
	}
	require.Equal(t, "export", refused(t, set(settings.Audit{Export: "mail"}), "validation_failed").Details[0].Field)
	require.NoError(t, set(settings.Audit{Export: settings.ExportSyslog, SyslogAddress: "udp://[2001:db8::1]:514", ExportPath: "/var/log/left.log"}))
	require.Empty(t, r.s.Audit().ExportPath, "of another export")
	require.NoError(t, set(settings.Audit{Export: settings.ExportSyslog}), "the machine's own")
	require.NoError(t, set(settings.Audit{Export: settings.ExportFile, ExportPath: "/var/log/patch-manager/checkpoints.log"}))
}

func TestWithoutItsAuditRowNothingIsChanged(t *testing.T) {
	r := newRig(t)
	_, err := r.db.Exec(t.Context(), "alter table audit_entry add constraint nothing check (false) not valid")
	require.NoError(t, err)
	v := r.s.Security()
	v.SessionHours = 2
	_, err = r.s.SetSecurity(t.Context(), r.admin, 0, v)
	require.Error(t, err)
	require.EqualValues(t, 0, r.get().Security.Version)
	require.Equal(t, 12, r.s.Security().SessionHours)
}

func TestAFieldThatAnOldRowDoesNotHaveKeepsItsDefault(t *testing.T) {
	r := newRig(t)
	_, err := r.db.Exec(t.Context(), `insert into settings_section (name, version, value, updated_at, updated_by)
		values ('security', 3, '{"session_hours": 9, "of_a_later_version": 1}', now(), 'x'), ('unknown', 1, '{}', now(), 'x')`)
	require.NoError(t, err)
	s := r.process()
	require.Equal(t, 9, s.Security().SessionHours)
	require.Equal(t, 50, s.Security().StepUpHosts)
}

// watched is a process whose loop runs, and tells each of its turns.
func (r *rig) watched(listener *db.Listener) (s *settings.Service, turns <-chan struct{}) {
	ctx, stop := background(r.t)
	said := make(chan struct{})
	d := settings.Deps{DB: r.db, Clock: r.clock}
	if listener != nil {
		d.Nudge = listener.Nudge(ctx, db.ChannelSettings)
	}
	s = settings.New(d)
	loop := s.Loops()[0]
	once := loop.Once
	loop.Once = func(ctx context.Context) (bool, error) {
		again, err := once(ctx)
		select {
		case said <- struct{}{}:
		case <-ctx.Done():
		}
		return again, err
	}
	var wg sync.WaitGroup
	wg.Go(func() { runner.Run(ctx, r.clock, loop) })
	if listener != nil {
		wg.Go(func() { listener.Run(ctx) })
	}
	r.t.Cleanup(func() { stop(); wg.Wait() })
	return s, said
}

func TestAnotherProcessHearsOfAChange(t *testing.T) {
	r := newRig(t)
	other, turns := r.watched(db.Listen(r.db, r.clock, db.ChannelSettings))
	<-turns
	v := r.s.Security()
	v.StepUpHosts = 3
	_, err := r.s.SetSecurity(t.Context(), r.admin, 0, v)
	require.NoError(t, err)
	for other.Security().StepUpHosts != 3 { // the clock stands still: nothing but the notification brings a turn
		<-turns
	}
}

func TestAnotherProcessFindsAChangeThatNobodyToldIt(t *testing.T) {
	r := newRig(t)
	other, turns := r.watched(nil)
	<-turns
	v := r.s.Security()
	v.StepUpHosts = 3
	_, err := r.s.SetSecurity(t.Context(), r.admin, 0, v)
	require.NoError(t, err)
	r.clock.BlockUntil(1)
	require.Equal(t, 50, other.Security().StepUpHosts)
	r.clock.Advance(2 * time.Second)
	<-turns
	require.Equal(t, 3, other.Security().StepUpHosts)
}
