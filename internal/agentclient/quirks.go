package agentclient

import (
	"net/http"

	"patchmanager/internal/agentapi"
)

// foreignAnswer recognises answers that are not the envelope: agents of the
// older generation send 429, 405 and 400 as plain text or empty, and something
// in between may redirect. Redirects are never followed: they would carry an
// order to a place that nobody checked.
func foreignAnswer(op string, rep reply) *Error {
	if rep.status >= 300 && rep.status <= 399 {
		return protocolError(op, rep.status, "the agent answered with a redirect (%d)", rep.status)
	}
	if rep.status < 400 || rep.header.Get("Content-Type") == "application/json" {
		return nil
	}
	var e *agentapi.Error
	switch rep.status {
	case http.StatusTooManyRequests:
		e = agentapi.NewError(agentapi.CodeRateLimited, "the agent is asked too often")
	case http.StatusMethodNotAllowed:
		e = agentapi.NewError(agentapi.CodeUnsupported, "the agent does not know this call")
	case http.StatusBadRequest:
		e = agentapi.NewError(agentapi.CodeInvalid, "the agent refused the request: %.200q", rep.body)
	default:
		return nil
	}
	return &Error{Kind: AgentError, Op: op, Status: rep.status, Agent: e, RetryAfter: retryAfter(rep.header)}
}
