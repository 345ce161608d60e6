package agentapi

import "time"

// Operation is what a job does.
type Operation string

// Operations.
const (
	OpPatchApply Operation = "patch_apply"
	OpRollback   Operation = "rollback"
	OpReboot     Operation = "reboot"
	OpRefresh    Operation = "refresh"
)

// JobStatus is the state of an agent's job.
type JobStatus string

// Job states; the last four are final.
const (
	JobPending   JobStatus = "pending"
	JobRunning   JobStatus = "running"
	JobCompleted JobStatus = "completed"
	JobFailed    JobStatus = "failed"
	JobCancelled JobStatus = "cancelled"
	JobTimedOut  JobStatus = "timed_out"
)

// Final reports whether the job will never change again.
func (s JobStatus) Final() bool {
	switch s {
	case JobCompleted, JobFailed, JobCancelled, JobTimedOut:
		return true
	}
	return false
}

// Phase is the step a job is in.
type Phase string

// Phases, in the order they run. A phase a job does not need is left out.
const (
	PhasePreflight Phase = "preflight"
	PhaseRefresh   Phase = "refresh"
	PhaseSave      Phase = "save" // keep the old packages for a rollback
	PhaseDownload  Phase = "download"
	PhaseUnpack    Phase = "unpack"
	PhaseConfigure Phase = "configure"
	PhaseReboot    Phase = "reboot"
	PhaseVerify    Phase = "verify"
)

// Job answers GET /jobs/{id} and every POST that creates one.
type Job struct {
	JobID          string      `json:"job_id"`
	IdempotencyKey string      `json:"idempotency_key,omitempty"`
	Operation      Operation   `json:"operation"`
	Status         JobStatus   `json:"status"`
	Progress       int         `json:"progress"` // 0-100, never goes back
	Phase          Phase       `json:"phase"`
	Message        string      `json:"message"` // one sentence: what it does now, or how it ended
	CreatedAt      time.Time   `json:"created_at"`
	StartedAt      *time.Time  `json:"started_at"`
	CompletedAt    *time.Time  `json:"completed_at"`
	Packages       []JobChange `json:"packages"`
	Error          *Error      `json:"error"`
	ExitCode       *int        `json:"exit_code"` // of the package tool
	BootID         string      `json:"boot_id"`   // when the job was accepted
	Rollback       Rollback    `json:"rollback"`  // whether this job can be taken back now
	RollbackOf     string      `json:"rollback_of,omitempty"`
	Reboot         bool        `json:"reboot"`    // a reboot is needed after this job
	Conffiles      []string    `json:"conffiles"` // configuration files where the local version was kept
	LastSeq        int64       `json:"last_seq"`
}

// JobChange is one package of a job with what was found before and after.
type JobChange struct {
	Change
	// AfterVersion is what the package database says once the job has ended;
	// empty when the package is not installed then.
	AfterVersion string `json:"after_version"`
	Done         bool   `json:"done"` // AfterVersion is what the plan wanted
}

// DELETE /jobs/{id} stops an unfinished job: at once while it is pending, at the
// next safe point while it runs. A job that has finished is taken out of the
// history, together with its log and the packages saved for a rollback. Whoever
// only means to stop a job sends finished=keep: a job that ended a moment before
// is then answered as it is and stays. Agents from before that query ignore it.
const (
	QueryFinished = "finished"
	FinishedKeep  = "keep"
)

// JobList answers GET /jobs, newest first.
type JobList struct {
	Jobs []Job `json:"jobs"`
}

// LogPage answers GET /jobs/{id}/log?after=N.
type LogPage struct {
	Events []Event `json:"events"`
	Last   int64   `json:"last"` // Seq of the newest event that exists, returned or not
}
