package agentclient

import (
	"errors"
	"fmt"
	"time"

	"patchmanager/internal/agentapi"
)

// Kind says what kind of trouble a call met.
type Kind string

// Kinds of errors.
const (
	Unreachable Kind = "unreachable"
	Refused     Kind = "refused"
	Protocol    Kind = "protocol"
	AgentError  Kind = "agent"
)

// Error is the error of every call.
type Error struct {
	Kind       Kind
	Op         string // the call, e.g. "GET /health"
	Status     int    // of the HTTP answer; 0 when there was none
	Agent      *agentapi.Error
	RetryAfter time.Duration // asked for by the agent
	Err        error
}

// Error implements error.
func (e *Error) Error() string { return e.Op + ": " + e.Reason() }

// Reason is the cause in words for a person who looks at the host.
func (e *Error) Reason() string {
	if e.Agent != nil {
		return e.Agent.Message + " (" + string(e.Agent.Code) + ")"
	}
	return e.Err.Error()
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error {
	if e.Agent != nil {
		return e.Agent
	}
	return e.Err
}

// KindOf returns the kind of err; an error that is no *Error counts as
// Unreachable, because nothing is known about the host then.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unreachable
}

// CodeOf returns the agent's own error code, or "" when err is none.
func CodeOf(err error) agentapi.Code {
	var e *agentapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func protocolError(op string, status int, format string, args ...any) *Error {
	return &Error{Kind: Protocol, Op: op, Status: status, Err: fmt.Errorf(format, args...)}
}
