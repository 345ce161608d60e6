package hosts

import (
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
)

// State says how a host is.
type State string

// States of a host.
const (
	Unknown     State = "unknown"
	Healthy     State = "healthy"
	Degraded    State = "degraded"
	Unreachable State = "unreachable"
)

// Pending counts the updates that a host misses.
type Pending struct {
	Total    int `json:"total"`
	Security int `json:"security"`
	Held     int `json:"held"`
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Unknown  int `json:"unknown"`
}

// CurrentJob is the unfinished job that a host is part of.
type CurrentJob struct {
	ID    ids.ID `json:"id"`
	Kind  string `json:"kind"`
	State string `json:"state"`
}

// HostRow is a host in a list.
type HostRow struct {
	ID                   ids.ID      `json:"id"`
	Name                 string      `json:"name"`
	FQDN                 string      `json:"fqdn"`
	Address              string      `json:"address"`
	Port                 int         `json:"port"`
	State                State       `json:"state" enum:"healthy,degraded,unreachable,unknown"`
	StateSince           time.Time   `json:"state_since"`
	StateReason          string      `json:"state_reason"`
	OS                   string      `json:"os"`
	OSVersion            string      `json:"os_version"`
	Kernel               string      `json:"kernel"`
	Architecture         string      `json:"architecture"`
	AgentVersion         string      `json:"agent_version"`
	Pending              *Pending    `json:"pending" doc:"Null: never known."`
	PendingCheckedAt     *time.Time  `json:"pending_checked_at" doc:"How old the answer is: the older of the host's own package lists and our last look at them."`
	RebootNeeded         *bool       `json:"reboot_needed" doc:"Null: never known."`
	LastSeenAt           *time.Time  `json:"last_seen_at"`
	CertificateExpiresAt *time.Time  `json:"certificate_expires_at"`
	EnrolledAt           *time.Time  `json:"enrolled_at" doc:"Null: registered, and its agent has not enrolled yet."`
	CurrentJob           *CurrentJob `json:"current_job"`
	Labels               []Label     `json:"labels" nullable:"false" doc:"By key."`
	Groups               []GroupRef  `json:"groups" nullable:"false" doc:"Those of its groups that the reader knows."`
	Note                 string      `json:"note" doc:"What people should know before they work on it."`
	Next                 string      `json:"next" doc:"What happens next, one sentence."`

	currentNumber int64
	healthDue     *time.Time
	refreshing    bool
}

// Repository is a package source of a host.
type Repository = agentapi.Repository

// Host is one host in full.
type Host struct {
	HostRow
	MachineID         string       `json:"machine_id"`
	BootID            string       `json:"boot_id"`
	BootedAt          *time.Time   `json:"booted_at"`
	Virtualization    string       `json:"virtualization"`
	Addresses         []string     `json:"addresses" nullable:"false"`
	Repositories      []Repository `json:"repositories" nullable:"false"`
	RebootReasons     []string     `json:"reboot_reasons" nullable:"false"`
	ServicesToRestart []string     `json:"services_to_restart" nullable:"false"`
	PackageDBClean    *bool        `json:"package_db_clean" doc:"Null: never known."`
	PackageDBProblems []string     `json:"package_db_problems" nullable:"false"`
	Held              []string     `json:"held" nullable:"false"`
	PackageCount      *int         `json:"package_count" doc:"Null: never known."`
	Capabilities      []string     `json:"capabilities" nullable:"false"`
	RegisteredAt      *time.Time   `json:"registered_at" doc:"When a person made it known, before its agent enrolled; null: it came in by enrollment."`
	RegisteredBy      string       `json:"registered_by"`
	NoteBy            string       `json:"note_by" doc:"Who wrote the note."`
	NoteAt            *time.Time   `json:"note_at"`
	LastUpdateCheck   *time.Time   `json:"last_update_check"`
	LastUpdateApply   *time.Time   `json:"last_update_apply"`
	Refreshing        bool         `json:"refreshing"`
	RefreshedAt       *time.Time   `json:"refreshed_at" doc:"When the oldest of the last attempts to read all facts began, good or bad."`
}

// HostPage is one page of a list.
type HostPage struct {
	Items []HostRow `json:"items" nullable:"false"`
	Total int       `json:"total"`
}
