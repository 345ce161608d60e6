package agentapi

import "time"

// RebootPolicy says whether a job may end with a reboot.
type RebootPolicy string

// Reboot policies.
const (
	RebootNever    RebootPolicy = "never"
	RebootIfNeeded RebootPolicy = "if_needed"
	RebootAlways   RebootPolicy = "always"
)

// ApplyRequest is the body of POST /patches/plan and POST /patches/apply.
type ApplyRequest struct {
	// Packages to update by name; null means all. An empty list is refused:
	// it has meant "nothing" on one package manager and "everything" on another.
	Packages           []string          `json:"packages"`
	SecurityOnly       bool              `json:"security_only"`
	Exclude            []string          `json:"exclude,omitempty"`
	Versions           map[string]string `json:"versions,omitempty"` // exact version by package name
	Reboot             RebootPolicy      `json:"reboot"`
	RebootDelaySeconds int               `json:"reboot_delay_seconds"`
	AllowRemovals      bool              `json:"allow_removals"`
	PlanHash           string            `json:"plan_hash,omitempty"` // stop with PLAN_CHANGED if the plan now differs
	Deadline           *time.Time        `json:"deadline,omitempty"`  // do not start after
}

// ChangeAction is what a transaction does to one package.
type ChangeAction string

// Change actions.
const (
	ActionUpgrade   ChangeAction = "upgrade"
	ActionInstall   ChangeAction = "install" // new on the host
	ActionRemove    ChangeAction = "remove"
	ActionDowngrade ChangeAction = "downgrade"
	ActionReinstall ChangeAction = "reinstall"
)

// Change is one package's part in a transaction.
type Change struct {
	Action      ChangeAction `json:"action"`
	Name        string       `json:"name"`
	Arch        string       `json:"arch"`
	FromVersion string       `json:"from_version,omitempty"` // empty for install
	ToVersion   string       `json:"to_version,omitempty"`   // empty for remove
	Origin      string       `json:"origin,omitempty"`
	Suite       string       `json:"suite,omitempty"`
	Security    bool         `json:"security"`
	SizeBytes   int64        `json:"size_bytes"`
	Auto        bool         `json:"auto"` // marked as automatically installed before the change
}

// CheckLevel is the outcome of one preflight check.
type CheckLevel string

// Preflight levels. Fail means the job would not start.
const (
	CheckOK   CheckLevel = "ok"
	CheckWarn CheckLevel = "warn"
	CheckFail CheckLevel = "fail"
)

// Check is one preflight check with a sentence a person can act on.
type Check struct {
	Name   string     `json:"name"` // space, lock, database, repositories, clock, reboot, holds
	Level  CheckLevel `json:"level"`
	Detail string     `json:"detail"`
	Code   Code       `json:"code,omitempty"` // the error a job would end with, set when Level is fail
}

// RollbackState says whether a transaction can be taken back.
type RollbackState string

// Rollback readiness, computed before the run and again before the rollback.
const (
	RollbackReady      RollbackState = "ready"
	RollbackPartial    RollbackState = "partial"
	RollbackImpossible RollbackState = "impossible"
)

// Rollback is the readiness with its reasons.
type Rollback struct {
	State   RollbackState `json:"state"`
	Reasons []string      `json:"reasons"`
}

// Plan answers POST /patches/plan: the exact transaction that apply would run.
type Plan struct {
	Changes       []Change  `json:"changes"`
	DownloadBytes int64     `json:"download_bytes"`
	DiskBytes     int64     `json:"disk_bytes"` // additional space used afterwards; negative when it frees some
	Reboot        bool      `json:"reboot"`     // a reboot will be needed afterwards
	RebootReasons []string  `json:"reboot_reasons"`
	Restarts      []string  `json:"restarts"` // services expected to restart
	KeptBack      []Kept    `json:"kept_back"`
	PlanHash      string    `json:"plan_hash"` // over the changes only: same transaction, same hash
	Preflight     []Check   `json:"preflight"`
	Rollback      Rollback  `json:"rollback"`
	ComputedAt    time.Time `json:"computed_at"`
}

// Kept is a pending update that this plan leaves out, and why.
type Kept struct {
	Name   string `json:"name"`
	Reason string `json:"reason"` // held, phased, excluded, not_security, not_selected, or the resolver's words
	// Auto is set for packages marked as automatically installed: an excluded
	// one is named to apt so that it stays, and the mark has to be put back.
	Auto bool `json:"auto,omitempty"`
}
