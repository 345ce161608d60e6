package agentapi

import (
	"encoding/json"
	"time"
)

// BasePath precedes every path of the agent API.
const BasePath = "/api/v1"

// DefaultPort is the TCP port an agent listens on unless told otherwise.
const DefaultPort = 12443

// Headers with a meaning of their own on this wire.
const (
	// HeaderIdempotencyKey makes a job-creating POST safe to repeat: the same
	// key answers with the same job, also after a crash or a reboot.
	HeaderIdempotencyKey = "Idempotency-Key"
	// HeaderRequestID is taken over into the answer and the logs when sent.
	HeaderRequestID = "X-Request-Id"
)

// Envelope wraps every JSON answer of the agent.
type Envelope struct {
	Success   bool            `json:"success"`
	RequestID string          `json:"request_id"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
	Error     *Error          `json:"error"`
}
