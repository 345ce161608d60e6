package httpx

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
)

// Envelope is the body of every answer that is not a success.
type Envelope struct {
	Err    Problem `json:"error"`
	status int
}

// Problem is what went wrong, as a stable code and a sentence.
type Problem struct {
	Code      string          `json:"code" doc:"Stable, for programs."`
	Message   string          `json:"message" doc:"A sentence, for people."`
	RequestID string          `json:"request_id" doc:"Also in the X-Request-Id header and in the log."`
	Details   []apierr.Detail `json:"details" nullable:"false" doc:"One entry for each invalid field or affected object."`
}

// Error implements error.
func (e *Envelope) Error() string { return e.Err.Message }

// GetStatus implements huma.StatusError.
func (e *Envelope) GetStatus() int { return e.status }

// envelope is how huma turns the error of a handler, or its own about the
// request, into an answer.
func envelope(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	e := &Envelope{status: status}
	e.Err = Problem{Code: codeOf(status), Message: msg, Details: []apierr.Detail{}}
	if ctx != nil {
		e.Err.RequestID = RequestID(ctx.Context())
	}
	for _, err := range errs {
		e.add(ctx, err)
	}
	if e.status == http.StatusInternalServerError {
		e.hide(ctx, errors.Join(errs...))
	}
	return e
}

func (e *Envelope) add(ctx huma.Context, err error) {
	if known, ok := apierr.As(err); ok {
		e.become(ctx, known)
		return
	}
	var d *huma.ErrorDetail
	if errors.As(err, &d) {
		e.Err.Details = append(e.Err.Details, apierr.Detail{
			Field: strings.TrimPrefix(d.Location, "body."), Value: valueText(d.Location, d.Value), Message: d.Message})
	}
}

func (e *Envelope) become(ctx huma.Context, known *apierr.Error) {
	e.status = known.Status
	e.Err.Code, e.Err.Message = known.Code, known.Message
	e.Err.Details = append(e.Err.Details, known.Details...)
	if known.RetryAfter > 0 && ctx != nil {
		ctx.SetHeader("Retry-After", retryAfter(known.RetryAfter))
	}
}

// retryAfter is in whole seconds, and never "at once".
func retryAfter(d time.Duration) string { return strconv.Itoa(max(1, int(d.Seconds()))) }

// hide logs an unexpected error and keeps its text from the caller.
func (e *Envelope) hide(ctx huma.Context, err error) {
	e.Err.Code = "internal"
	e.Err.Message = "Something went wrong on the server. The log has the cause under the request id."
	e.Err.Details = []apierr.Detail{}
	if ctx == nil {
		return
	}
	slog.ErrorContext(ctx.Context(), "request failed", "error", err,
		"method", ctx.Method(), "path", loggedPath(ctx.URL().Path, ctx.Operation().Path), "request_id", e.Err.RequestID)
}

// secretFields are parts of the names of fields whose value is never shown.
var secretFields = regexp.MustCompile(`(?i)password|passphrase|secret|token|cookie|authorization`)

// valueText shows the refused value, cut short; it is the caller's own. An
// object is not shown, because one of its members may be a secret.
func valueText(location string, v any) string {
	if secretFields.MatchString(location) {
		return ""
	}
	switch v.(type) {
	case string, bool, int, int64, float64:
	default:
		return ""
	}
	s := fmt.Sprint(v)
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

// codeOf gives huma's own refusals a stable code.
func codeOf(status int) string {
	if status == http.StatusUnprocessableEntity {
		return "validation_failed"
	}
	return strings.ToLower(strings.ReplaceAll(http.StatusText(status), " ", "_"))
}
