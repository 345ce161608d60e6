package settings_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/settings"
	"patchmanager/internal/testkit/fakeclock"
	"patchmanager/internal/testkit/pgtest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rig is one process, and the database that others share.
type rig struct {
	t     *testing.T
	db    *db.DB
	clock *fakeclock.Clock
	s     *settings.Service
	admin auth.Actor
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, db: pgtest.New(t), clock: fakeclock.New(start)}
	r.s = r.process()
	r.admin = auth.Actor{UserID: ids.New(), SessionID: ids.New(), Name: "ada", Role: auth.RoleAdmin,
		Address: addr("192.0.2.9"), RequestID: "r", FreshUntil: start.Add(24 * time.Hour)}
	return r
}

// process is one more of them, started now.
func (r *rig) process() *settings.Service {
	s := settings.New(settings.Deps{DB: r.db, Clock: r.clock})
	require.NoError(r.t, s.Load(r.t.Context()))
	return s
}

// turn is what a process does by itself every 1.5 s.
func (r *rig) turn(s *settings.Service) {
	r.t.Helper()
	_, err := s.Loops()[0].Once(r.t.Context())
	require.NoError(r.t, err)
}

func (r *rig) get() settings.All {
	r.t.Helper()
	all, err := r.s.Get(r.t.Context(), r.admin)
	require.NoError(r.t, err)
	return all
}

// audited is the details of an action's rows, newest first.
func (r *rig) audited(action string) (actors []audit.Actor, details []string) {
	r.t.Helper()
	rows, _, err := audit.List(r.t.Context(), r.db, audit.Filter{Action: action})
	require.NoError(r.t, err)
	for _, row := range rows {
		actors, details = append(actors, row.Actor), append(details, string(row.Details))
	}
	return actors, details
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// at is a caller whom no proxy speaks for.
func at(s string) settings.From {
	return func(func(netip.Addr) bool) netip.Addr { return addr(s) }
}

// via is a caller behind a proxy.
func via(proxy, client string) settings.From {
	return func(trusted func(netip.Addr) bool) netip.Addr {
		if trusted(addr(proxy)) {
			return addr(client)
		}
		return addr(proxy)
	}
}

// refused expects a refusal with this code.
func refused(t *testing.T, err error, code string) apierr.Error {
	t.Helper()
	e, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, code, e.Code, e.Message)
	return *e
}

func (r *rig) setAccess(from settings.From, in settings.AccessChange) (settings.AccessSetting, error) {
	in.Version = r.get().Access.Version
	return r.s.SetAccess(r.t.Context(), r.admin, from, in)
}

func asJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func background(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(t.Context()))
}
