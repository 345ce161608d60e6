package agentapi

import "time"

// EventKind tells a log line from a change of the job's state.
type EventKind string

// Event kinds, as the "event" member on the WebSocket.
const (
	EventStatus EventKind = "job_status"
	EventLog    EventKind = "job_log"
)

// Event is one numbered event of a job: a log line or a change of state.
type Event struct {
	Kind  EventKind `json:"event"`
	JobID string    `json:"job_id"`
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Phase Phase     `json:"phase"`

	Line   string `json:"line,omitempty"`   // job_log
	Stream string `json:"stream,omitempty"` // job_log: tool (the package tool's words) or agent (ours)

	Status   JobStatus `json:"status,omitempty"` // job_status
	Progress int       `json:"progress"`         // job_status, 0-100
	Message  string    `json:"message,omitempty"`
	Package  string    `json:"package,omitempty"` // job_status: the package the tool works on
}

// Subscribe is what a client sends on WS /ws/jobs. The server answers with
// every event of the job after After, then follows. Ping every 15 s.
type Subscribe struct {
	Action string `json:"action"` // subscribe
	JobID  string `json:"job_id"`
	After  int64  `json:"after"`
}
