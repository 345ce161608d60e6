package app

import (
	"io"
	"log/slog"

	"patchmanager/internal/config"
	"patchmanager/internal/httpx"
	"patchmanager/internal/logx"
)

// SetUpLog makes everything that is logged from now on go to w in the
// configured way.
func SetUpLog(w io.Writer, cfg config.Log) {
	slog.SetDefault(logx.New(w, logx.Options{Level: cfg.Level, Text: cfg.Format == config.FormatText, RequestID: httpx.RequestID}))
}
