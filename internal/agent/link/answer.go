package link

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"patchmanager/internal/agentapi"
)

// answer is what a handler has to say.
type answer struct {
	status int // 200 unless set
	data   any
	etag   string // with it, If-None-Match is answered by 304
	// fresh computes data when the client does not have it already.
	fresh func() (any, error)
}

// zipFrom is the size from which compressing pays.
const zipFrom = 1 << 10

func (s *Server) send(w http.ResponseWriter, r *http.Request, a answer) {
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
		if r.Header.Get("If-None-Match") == a.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.fresh != nil {
		data, err := a.fresh()
		if err != nil {
			w.Header().Del("ETag")
			s.refuse(w, r, err)
			return
		}
		a.data = data
	}
	data, err := json.Marshal(a.data)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	s.write(w, r, a.status, agentapi.Envelope{Success: true, Data: data})
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := s.explain(r, err)
	s.write(w, r, statusOf(e), agentapi.Envelope{Error: e, Data: json.RawMessage("null")})
}

// explain makes the error of the envelope. One that nobody expected is logged,
// and the answer tells no more than where to look.
func (s *Server) explain(r *http.Request, err error) *agentapi.Error {
	var known *agentapi.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &large):
		return agentapi.NewError(agentapi.CodeTooLarge, "the body is larger than %d bytes", large.Limit)
	}
	id := r.Header.Get(agentapi.HeaderRequestID)
	s.opts.Log.ErrorContext(r.Context(), "answer the manager", "path", r.URL.Path, "request_id", id, "error", err)
	return agentapi.NewError(agentapi.CodeInternal, "the agent could not answer; its log has more under request id %s", id)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, e agentapi.Envelope) {
	e.RequestID, e.Timestamp = r.Header.Get(agentapi.HeaderRequestID), s.opts.Clock.Now()
	body, err := json.Marshal(e)
	if err != nil {
		s.opts.Log.ErrorContext(r.Context(), "encode answer", "request_id", e.RequestID, "error", err)
		status, body = http.StatusInternalServerError, []byte(`{"success":false,"data":null,"error":{"code":"INTERNAL","message":"the answer cannot be encoded","retryable":false}}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	h.Set(agentapi.HeaderRequestID, e.RequestID)
	if len(body) < zipFrom || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		w.Write(body) //nolint:errcheck // the client is gone; there is nobody to tell
		return
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	zip := gzip.NewWriter(w)
	zip.Write(body) //nolint:errcheck // as above
	zip.Close()     //nolint:errcheck // as above
}

// statusOf is the HTTP status of an error; what a host refuses is a conflict
// with its state.
func statusOf(e *agentapi.Error) int {
	switch e.Code {
	case agentapi.CodeNotFound, agentapi.CodeJobNotFound:
		return http.StatusNotFound
	case agentapi.CodeMethod:
		return http.StatusMethodNotAllowed
	case agentapi.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case agentapi.CodeInvalid:
		return http.StatusUnprocessableEntity
	case agentapi.CodeRateLimited:
		return http.StatusTooManyRequests
	case agentapi.CodeInternal:
		return http.StatusInternalServerError
	}
	return http.StatusConflict
}
