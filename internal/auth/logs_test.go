package auth_test

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
)

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// Neither the log nor the audit trail holds a password or a token, whatever
// goes wrong.
func TestNoSecretIsWrittenDown(t *testing.T) {
	var logged lockedBuffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })

	r := newRig(t)
	secrets := []string{r.password, goodPassword, "wrong horse", "typed into the name"}
	b := r.signIn("admin", r.password)
	secrets = append(secrets, b.access, b.refresh)
	b.change(r.password, goodPassword)
	b.change("wrong horse", "another good password")
	setup := b.begin()
	typed := r.codeAt(setup.Secret, 0)
	secrets = append(secrets, setup.Secret, b.access, b.refresh, `"`+typed+`"`)
	secrets = append(secrets, b.confirm(typed).done.RecoveryCodes...)
	r.password = goodPassword
	second := r.waiting("admin")
	second.totp(typed)
	second.totp("135790")
	secrets = append(secrets, second.challenge.Token, "135790", b.device)
	require.Equal(t, 422, b.stepUp("246802").Code)
	secrets = append(secrets, "246802")
	r.browser().login("typed into the name", "wrong horse")
	thief := *b
	b.post("/auth/refresh", nil)
	secrets = append(secrets, b.access, b.refresh, thief.refresh)
	thief.post("/auth/refresh", nil)
	third, spare := r.waiting("admin"), r.spareCode("admin")
	secrets = append(secrets, third.challenge.Token, spare)
	r.exec(`alter table auth_session rename to auth_session_gone`)
	require.Equal(t, 500, b.get("/probe").Code)
	require.Equal(t, 500, b.post("/auth/refresh", nil).Code)
	require.Equal(t, 500, third.recover(spare).Code)

	rows, _, err := audit.List(t.Context(), r.db, audit.Filter{Limit: 500})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(rows), 12)
	require.Contains(t, logged.b.String(), "auth_session", "the log is caught")
	for _, s := range secrets {
		require.NotEmpty(t, s)
		require.NotContains(t, logged.b.String(), s)
		for _, row := range rows {
			require.NotContains(t, row.Actor.Name+row.Target.Name+string(row.Details), s)
		}
	}
}
