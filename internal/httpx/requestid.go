package httpx

import (
	"context"
	"net/http"

	"patchmanager/internal/ids"
)

type requestIDKey struct{}

// WithRequestID gives every request a fresh ULID, in the context and in the
// X-Request-Id header of the answer. A client's own is not believed: it would
// let a caller forge what the audit trail says.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := ids.New().String()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// RequestID returns the id of the request; empty outside one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
