package dashboard

import (
	"time"

	"patchmanager/internal/jobs"
)

const (
	// aliveFor is how old a worker's sign of life may be.
	aliveFor = 30 * time.Second
	// failedWithin is how long a failed job asks for attention.
	failedWithin = 24 * time.Hour
	recentJobs   = 5
)

const definition = "A host is compliant when no security update is pending on it. " +
	"Hosts whose updates were last known more than 24 hours ago, or never, count as unknown."

// Fleet is the state of all hosts in the reader's scope.
type Fleet struct {
	Hosts              FleetHosts      `json:"hosts"`
	Compliance         FleetCompliance `json:"compliance"`
	Pending            FleetPending    `json:"pending"`
	RebootNeeded       int             `json:"reboot_needed"`
	EnrollmentsPending int             `json:"enrollments_pending"`
	Jobs               FleetJobs       `json:"jobs"`
	Attention          []AttentionItem `json:"attention" nullable:"false"`
	WorkerAlive        bool            `json:"worker_alive"`
	GeneratedAt        time.Time       `json:"generated_at"`
}

// FleetHosts counts hosts by state.
type FleetHosts struct {
	Total       int `json:"total"`
	Healthy     int `json:"healthy"`
	Degraded    int `json:"degraded"`
	Unreachable int `json:"unreachable"`
	Unknown     int `json:"unknown"`
}

// FleetCompliance counts hosts by compliance.
type FleetCompliance struct {
	Compliant    int    `json:"compliant"`
	NotCompliant int    `json:"not_compliant"`
	Unknown      int    `json:"unknown"`
	Definition   string `json:"definition"`
}

// FleetPending counts pending updates. One update that three hosts miss counts
// three times.
type FleetPending struct {
	HostsWithPending  int            `json:"hosts_with_pending"`
	HostsWithSecurity int            `json:"hosts_with_security"`
	PatchesTotal      int            `json:"patches_total"`
	PatchesSecurity   int            `json:"patches_security"`
	BySeverity        SeverityCounts `json:"by_severity" doc:"Updates."`
	HostsBySeverity   SeverityCounts `json:"hosts_by_severity" doc:"Hosts that miss at least one update of it; a host may count in several."`
}

// SeverityCounts counts by the vendor's severity of pending updates.
type SeverityCounts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Unknown  int `json:"unknown"`
}

// FleetJobs is what is going on.
type FleetJobs struct {
	Running int               `json:"running" doc:"Jobs that have not ended."`
	Recent  []jobs.JobSummary `json:"recent" nullable:"false"`
}

// AttentionKind says what needs a person.
type AttentionKind string

// Kinds of attention.
const (
	AttentionNoWorker    AttentionKind = "no_worker"
	AttentionAudit       AttentionKind = "audit"
	AttentionUnreachable AttentionKind = "unreachable"
	AttentionDegraded    AttentionKind = "degraded"
	AttentionFailedJob   AttentionKind = "failed_job"
	AttentionEnrollment  AttentionKind = "enrollment"
	AttentionStale       AttentionKind = "stale"
	AttentionReboot      AttentionKind = "reboot"
)

// AttentionItem is one thing that needs a person, with the page to do it on.
type AttentionItem struct {
	Kind   AttentionKind `json:"kind" enum:"no_worker,audit,unreachable,degraded,failed_job,enrollment,stale,reboot"`
	Title  string        `json:"title"`
	Detail string        `json:"detail"`
	Link   string        `json:"link" doc:"A path of the user interface."`
	Count  int           `json:"count"`
}
