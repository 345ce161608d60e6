package httpx

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"patchmanager/internal/apierr"
)

// WriteError answers with the envelope from a handler outside of huma. Like
// there, what is no *apierr.Error is logged and shown as a 500 only.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	e := &Envelope{status: http.StatusInternalServerError,
		Err: Problem{RequestID: RequestID(r.Context()), Details: []apierr.Detail{}}}
	if known, ok := apierr.As(err); ok {
		e.become(nil, known)
		if known.RetryAfter > 0 {
			w.Header().Set("Retry-After", retryAfter(known.RetryAfter))
		}
	} else {
		e.hide(nil, err)
		slog.ErrorContext(r.Context(), "request failed", "error", err, "method", r.Method, "path", loggedPath(r.URL.Path, r.Pattern), "request_id", e.Err.RequestID)
	}
	w.Header().Set("Cache-Control", "no-store") // also where the answer that it replaces may be kept
	WriteJSON(r.Context(), w, e.status, e)
}

// loggedPath keeps what is a secret in a path out of the log: the route stands
// for it.
func loggedPath(path, route string) string {
	if strings.Contains(route, "token}") {
		return route
	}
	return path
}

// WriteJSON answers with v. A caller that has gone away is not an error of ours.
func WriteJSON(ctx context.Context, w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		slog.DebugContext(ctx, "answer not delivered", "error", err)
	}
}

// API serves a mux that holds operations only. Its plain-text 404 and 405
// become envelopes, and JSON is compressed.
func API(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, pattern := mux.Handler(r); pattern == "" {
			refuseRoute(h, w, r)
			return
		}
		z := compress(w, r)
		defer z.close()
		mux.ServeHTTP(z, r)
	})
}

// refuseRoute finds out from the mux's own handler whether it is the path or the
// method that does not exist.
func refuseRoute(h http.Handler, w http.ResponseWriter, r *http.Request) {
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		WriteError(w, r, apierr.New(http.StatusNotFound, "not_found", "There is nothing at %s.", r.URL.Path))
		return
	}
	allow := probe.header.Get("Allow")
	w.Header().Set("Allow", allow)
	WriteError(w, r, apierr.New(http.StatusMethodNotAllowed, "method_not_allowed",
		"%s is not possible here, only %s.", r.Method, strings.ReplaceAll(allow, ", ", " or ")))
}

// probe is a ResponseWriter for the status alone.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
