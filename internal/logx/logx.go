// Package logx makes the product's logger: one line per event, JSON by default,
// with the request id of the context and without secrets, whoever logs them.
package logx

import (
	"context"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// Options of a logger.
type Options struct {
	Level     slog.Leveler
	Text      bool                         // key=value lines for a terminal
	RequestID func(context.Context) string // of the request that a context belongs to
}

// New makes a logger.
func New(w io.Writer, o Options) *slog.Logger {
	opts := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: mask}
	var h slog.Handler = slog.NewJSONHandler(w, opts)
	if o.Text {
		h = slog.NewTextHandler(w, opts)
	}
	if o.RequestID != nil {
		h = &requestHandler{Handler: h, id: o.RequestID}
	}
	return slog.New(h)
}

// requestHandler adds request_id to what is logged inside a request.
type requestHandler struct {
	slog.Handler
	id func(context.Context) string
}

const requestID = "request_id"

// Handle implements slog.Handler.
func (h *requestHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := h.id(ctx); id != "" && !has(r, requestID) {
		r = r.Clone()
		r.AddAttrs(slog.String(requestID, id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *requestHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return &requestHandler{h.Handler.WithAttrs(a), h.id}
}

// WithGroup implements slog.Handler.
func (h *requestHandler) WithGroup(name string) slog.Handler {
	return &requestHandler{h.Handler.WithGroup(name), h.id}
}

func has(r slog.Record, key string) (found bool) {
	r.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}

const stars = "***"

// secretKeys end the name of an attribute whose value is nobody's business.
var secretKeys = []string{"password", "secret", "token", "authorization", "cookie", "private_key", "passphrase"}

// credentials is the password in "scheme://user:password@host".
var credentials = regexp.MustCompile(`(://[^\s/:@]*:)[^\s/@]+@`)

func mask(_ []string, a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindString && v.Kind() != slog.KindAny {
		return a
	}
	key := strings.ToLower(a.Key)
	for _, s := range secretKeys {
		if strings.HasSuffix(key, s) && (v.Kind() != slog.KindString || v.String() != "") { // "not set" may be seen
			return slog.String(a.Key, stars)
		}
	}
	return maskURL(a.Key, v, a)
}

func maskURL(key string, v slog.Value, a slog.Attr) slog.Attr {
	text := ""
	if v.Kind() == slog.KindString {
		text = v.String()
	} else if err, ok := v.Any().(error); ok {
		text = err.Error()
	}
	if !strings.Contains(text, "://") || !credentials.MatchString(text) {
		return a
	}
	return slog.String(key, credentials.ReplaceAllString(text, "${1}"+stars+"@"))
}
