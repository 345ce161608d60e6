package httpx

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/clock"
)

// MaxBody is the largest request body, but for the paths that Edge names. Little
// that people or agents send to the manager comes near it.
const MaxBody = 1 << 20

// Observation is one finished request.
type Observation struct {
	Method   string
	Pattern  string // of the route, never the path itself: few different ones
	Status   int
	Bytes    int64
	Duration time.Duration
}

// Edge is what the outermost layer asks the product with each request.
type Edge struct {
	Clock   clock.Clock
	Observe func(Observation)
	Trusted func(proxy netip.Addr) bool             // whose X-Forwarded-For is believed; nil: nobody's
	Admits  func(path string, from netip.Addr) bool // who may come in at all; nil: everybody
	Bodies  map[string]int64                        // paths that take a larger body than MaxBody
}

// Stack puts around h what every request gets, outermost first: an id, the
// caller's address, security headers, a body limit, one log line and one
// observation, an answer for a panic, no entry for addresses that are not
// allowed, and no writing from other sites' pages.
func Stack(h http.Handler, e Edge) http.Handler {
	h = refuseCrossOrigin(h)
	h = refuseStrangers(h, e.Admits)
	h = recoverPanics(h)
	h = record(h, e.Clock, e.Observe)
	h = limitBodies(h, e.Bodies)
	h = securityHeaders(h)
	return WithRequestID(WithClientBehind(e.Trusted, h))
}

// limitBodies lets nobody send more than the path takes.
func limitBodies(next http.Handler, larger map[string]int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, named := larger[r.URL.Path]
		if !named {
			limit = MaxBody
		}
		http.MaxBytesHandler(next, limit).ServeHTTP(w, r)
	})
}

// refuseCrossOrigin answers 403 to a request that changes something and that a
// page of another site has sent, known by Sec-Fetch-Site or Origin. Programs
// send neither header and are let through; they have no cookies to abuse.
func refuseCrossOrigin(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, apierr.Forbidden("cross_origin", "This request came from a page of another site."))
	}))
	return p.Handler(next)
}

// record logs each request once, and measures it. The request that it passes on
// must reach the mux uncopied: the mux notes the pattern in it.
func record(next http.Handler, c clock.Clock, observe func(Observation)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := c.Now()
		rec := &recorder{ResponseWriter: w}
		next.ServeHTTP(rec, r)
		o := Observation{Method: r.Method, Pattern: r.Pattern, Status: rec.seen(), Bytes: rec.bytes, Duration: c.Now().Sub(began)}
		observe(o)
		level := slog.LevelDebug
		if o.Status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		slog.Log(r.Context(), level, "request", "method", o.Method, "path", loggedPath(r.URL.Path, r.Pattern), "status", o.Status,
			"bytes", o.Bytes, "duration_ms", o.Duration.Milliseconds(), "address", ClientAddr(r.Context()).String(),
			"request_id", RequestID(r.Context()))
	})
}

// recoverPanics makes a panic a 500 like any other. When the answer has begun
// it can only be cut off.
func recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // the value itself is the contract
				panic(p)
			}
			if rec, ok := w.(*recorder); ok && rec.status != 0 {
				slog.ErrorContext(r.Context(), "panic after the answer had begun", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				panic(http.ErrAbortHandler)
			}
			WriteError(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}()
		next.ServeHTTP(w, r)
	})
}

// securityHeaders are for every answer; the page itself loosens the policy by
// the nonce of its styles and nothing else. No answer is kept by a browser or a
// proxy, but for the files of the interface, which say so themselves.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy(""))
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

// policy allows what this server itself serves. Clipboard and WebSocket need
// nothing more: connect-src 'self' covers wss of the same origin.
func policy(nonce string) string {
	style := "'self'"
	if nonce != "" {
		style += " 'nonce-" + nonce + "'"
	}
	return "default-src 'self'; style-src " + style + "; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}
