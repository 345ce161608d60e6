package enrollment

import (
	"time"

	"patchmanager/internal/ids"
)

// Enrollment is a request as people see it.
type Enrollment struct {
	ID             ids.ID     `json:"id"`
	Hostname       string     `json:"hostname"`
	FQDN           string     `json:"fqdn"`
	MachineID      string     `json:"machine_id"`
	AddressSeen    string     `json:"address_seen" doc:"Where the request came from."`
	AddressClaimed string     `json:"address_claimed" doc:"Where the agent says it listens."`
	Port           int        `json:"port"`
	OS             string     `json:"os"`
	KeyFingerprint string     `json:"key_fingerprint"`
	Status         string     `json:"status" enum:"pending,approved,denied,expired"`
	RequestedAt    time.Time  `json:"requested_at"`
	Collisions     []string   `json:"collisions" nullable:"false" doc:"What a person should know before approving; only while pending."`
	DecidedAt      *time.Time `json:"decided_at"`
	DecidedBy      string     `json:"decided_by"`
	Reason         string     `json:"reason"`
	ViaToken       *ids.ID    `json:"via_token"`
	HostID         *ids.ID    `json:"host_id"`
}

// EnrollmentPage is one page of requests.
type EnrollmentPage struct {
	Items []Enrollment `json:"items" nullable:"false"`
	Total int          `json:"total"`
}

// Times and limits of requests.
const (
	pendingLife = 7 * 24 * time.Hour
	// deniedMemory is how long the same key gets the same denial, instead of a
	// new place in the queue.
	deniedMemory = 24 * time.Hour
	// ackGrace: the answer to an acknowledgement may get lost.
	ackGrace = time.Hour
	// maxPending bounds the queue that a person has to read; maxPendingFrom is
	// the share of one address, enough for a fleet behind one NAT.
	maxPending     = 2000
	maxPendingFrom = 500
)
