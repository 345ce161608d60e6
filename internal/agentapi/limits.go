package agentapi

import "time"

// Limits of the wire; both sides hold them.
const (
	MaxBodyBytes      = 1 << 20  // of a request to the agent
	MaxAnswerBytes    = 64 << 20 // of an answer: 100,000 packages with long names fit
	MaxNameLength     = 256      // of a package name or version
	MaxNames          = 5000     // names in one request
	MaxLogLine        = 4096     // bytes of one log line; longer ones are cut and marked
	MaxEventsPerPage  = 1000
	MaxKeyLength      = 128 // of an idempotency key
	PingInterval      = 15 * time.Second
	FinishedRetention = 30 * 24 * time.Hour // finished jobs stay in the journal
)
