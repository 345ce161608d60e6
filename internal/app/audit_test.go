package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/config"
	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

// The console exports, and verifies what it exported with nothing but the key.
func TestExportAndVerifyOnTheConsole(t *testing.T) {
	url := pgtest.Empty(t)
	d, err := db.Open(t.Context(), url, db.Options{})
	require.NoError(t, err)
	defer d.Close()
	require.NoError(t, db.Migrate(t.Context(), d))
	cfg := config.Default()
	cfg.Data.Dir, cfg.Database.URL = t.TempDir(), config.DSN(url)
	_, err = AuditKey(cfg)
	require.ErrorContains(t, err, "there is no audit key")
	_, err = ExportAudit(t.Context(), cfg, filepath.Join(cfg.Data.Dir, "x"), AuditChoice{Format: "jsonl"})
	require.ErrorContains(t, err, "there is no audit key")
	_, err = audit.OpenKey(cfg.Data.Dir)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, d.InTx(t.Context(), func(tx db.Tx) error {
			return audit.Append(t.Context(), tx, audit.Entry{Actor: audit.Actor{Kind: audit.KindSystem, Name: "test"}, Action: "host.remove"})
		}))
	}

	file := filepath.Join(cfg.Data.Dir, "export.jsonl")
	n, err := ExportAudit(t.Context(), cfg, file, AuditChoice{Format: "jsonl"})
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	_, err = ExportAudit(t.Context(), cfg, file, AuditChoice{Format: "jsonl"})
	require.ErrorIs(t, err, os.ErrExist, "nothing is overwritten")

	key, err := AuditKey(cfg)
	require.NoError(t, err)
	for _, k := range []string{key, filepath.Join(cfg.Data.Dir, "audit.pub")} {
		rep, err := VerifyAuditExport(file, k)
		require.NoError(t, err)
		require.False(t, rep.Broken)
		require.Contains(t, rep.Text, "INTACT: 3 entries hold.")
		require.Contains(t, rep.Text, "the whole trail from entry 1 on")
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "host.remove", "host.add", 1)), 0o600))
	rep, err := VerifyAuditExport(file, key)
	require.NoError(t, err)
	require.True(t, rep.Broken)
	require.Contains(t, rep.Text, "BROKEN at line 2: entry 1 is not what was written")

	some := filepath.Join(cfg.Data.Dir, "some.jsonl")
	_, err = ExportAudit(t.Context(), cfg, some, AuditChoice{Format: "jsonl", Action: "audit."})
	require.NoError(t, err)
	rep, err = VerifyAuditExport(some, key)
	require.NoError(t, err)
	require.Contains(t, rep.Text, "It is a selection")
	require.NoError(t, RenewAuditKey(t.Context(), cfg))
	renewed, err := AuditKey(cfg)
	require.NoError(t, err)
	require.Equal(t, []string{key}, strings.Fields(renewed)[1:])
	for _, bad := range [][2]string{{"no-such-file", key}, {some, "no-such-file"}, {some, "a+b+c"}} {
		_, err = VerifyAuditExport(bad[0], bad[1])
		require.Error(t, err)
	}
}
