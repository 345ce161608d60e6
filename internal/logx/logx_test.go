package logx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/logx"
)

type key struct{}

func logged(t *testing.T, ctx context.Context, args ...any) map[string]any {
	var out bytes.Buffer
	l := logx.New(&out, logx.Options{Level: slog.LevelInfo, RequestID: func(ctx context.Context) string {
		id, _ := ctx.Value(key{}).(string)
		return id
	}})
	l.DebugContext(ctx, "not shown")
	l.With("part", "test").InfoContext(ctx, "said", args...)
	m := map[string]any{}
	require.NoError(t, json.Unmarshal(out.Bytes(), &m), out.String())
	return m
}

func TestALineCarriesTheRequestIDOnce(t *testing.T) {
	ctx := context.WithValue(t.Context(), key{}, "01ID")
	require.Equal(t, "01ID", logged(t, ctx)["request_id"])
	require.Equal(t, "given", logged(t, ctx, "request_id", "given")["request_id"])
	require.NotContains(t, logged(t, t.Context()), "request_id")
	require.Equal(t, "test", logged(t, ctx)["part"])
}

func TestSecretsAreStars(t *testing.T) {
	m := logged(t, t.Context(), "password", "hunter2", "polling_token", "abc", "Authorization", []string{"Bearer x"},
		slog.Group("database", "password", "hunter2"), "tokens", 3,
		"url", "postgres://pm:hunter2@db.example.com/pm", "error", errors.New("dial https://u:hunter2@example.com: refused"),
		"plain", "https://example.com:8443/a@b")
	require.Equal(t, "***", m["password"])
	require.Equal(t, "***", m["polling_token"])
	require.Equal(t, "***", m["Authorization"])
	require.Equal(t, map[string]any{"password": "***"}, m["database"])
	require.InDelta(t, 3, m["tokens"], 0)
	require.Equal(t, "postgres://pm:***@db.example.com/pm", m["url"])
	require.Equal(t, "dial https://u:***@example.com: refused", m["error"])
	require.Equal(t, "https://example.com:8443/a@b", m["plain"])
}

func TestTextForATerminal(t *testing.T) {
	var out bytes.Buffer
	logx.New(&out, logx.Options{Level: slog.LevelInfo, Text: true}).Info("said", "password", "x")
	require.Contains(t, out.String(), "msg=said password=***")
}
