// Package apierr is the one type of error that a caller of the API can act on:
// a status, a stable code, a sentence, and one detail per field. Whatever is
// not an *Error answers as 500 with a request id and nothing else.
package apierr

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Error is an error with a meaning for the caller.
type Error struct {
	Status     int
	Code       string
	Message    string
	Details    []Detail
	RetryAfter time.Duration // sent as Retry-After when not zero
}

// Detail is about one field or one object of the request.
type Detail struct {
	Field   string `json:"field,omitempty"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"`
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// New makes an error with any status and code.
func New(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// NotFound is the answer for what does not exist and for what the caller may
// not see: the two look the same.
func NotFound(what string) *Error {
	return New(http.StatusNotFound, "not_found", "There is no such %s.", what)
}

// Conflict refuses because of the state something is in.
func Conflict(code, format string, args ...any) *Error {
	return New(http.StatusConflict, code, format, args...)
}

// Invalid refuses bad input; each detail names the field, its value and the way out.
func Invalid(details ...Detail) *Error {
	e := New(http.StatusUnprocessableEntity, "validation_failed", "The request has %d invalid field(s).", len(details))
	e.Details = details
	return e
}

// Unauthorized asks for a sign-in.
func Unauthorized(code, message string) *Error {
	return New(http.StatusUnauthorized, code, "%s", message)
}

// Forbidden refuses what the caller's role does not allow.
func Forbidden(code, message string) *Error { return New(http.StatusForbidden, code, "%s", message) }

// TooMany asks the caller to come back later.
func TooMany(after time.Duration) *Error {
	e := New(http.StatusTooManyRequests, "too_many_attempts", "Too many attempts. Try again in %s.", after.Round(time.Second))
	e.RetryAfter = after
	return e
}

// As finds the *Error in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
