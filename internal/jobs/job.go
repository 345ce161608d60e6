package jobs

import (
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
)

// Kind is what a job does to its hosts.
type Kind string

// Kinds of jobs.
const (
	KindPatch    Kind = "patch"
	KindRollback Kind = "rollback"
	KindReboot   Kind = "reboot"
	KindRefresh  Kind = "refresh" // of the package lists on the host
)

// State is the state of a job, computed from its hosts by stateOf.
type State string

// States of a job; all but the first two are final.
const (
	StateQueued          State = "queued"
	StateRunning         State = "running"
	StateSucceeded       State = "succeeded"
	StatePartiallyFailed State = "partially_failed"
	StateFailed          State = "failed"
	StateCancelled       State = "cancelled"
	StateExpired         State = "expired"
)

// Counts is how many hosts of a job are in each state.
type Counts struct {
	Total     int `json:"total"`
	Waiting   int `json:"waiting"`
	Queued    int `json:"queued"`
	Claimed   int `json:"claimed"`
	Running   int `json:"running"`
	Lost      int `json:"lost"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Expired   int `json:"expired"`
}

// stateOf is the state of a job with these hosts. A job has ended when its last
// host has. Failed says that no host succeeded; expired and cancelled hosts
// beside succeeded ones are told apart because the way on differs: what expired
// was not done although it was wanted, what was cancelled was not wanted.
func stateOf(c Counts) State {
	unfinished := c.Waiting + c.Queued + c.Claimed + c.Running + c.Lost
	switch {
	case unfinished == c.Total:
		if c.Claimed+c.Running+c.Lost > 0 {
			return StateRunning
		}
		return StateQueued
	case unfinished > 0:
		return StateRunning
	case c.Succeeded == c.Total:
		return StateSucceeded
	case c.Failed+c.Expired > 0 && c.Succeeded > 0:
		return StatePartiallyFailed
	case c.Failed > 0:
		return StateFailed
	case c.Expired > 0:
		return StateExpired
	}
	return StateCancelled
}

// isFinal reports whether the state never changes again.
func (s State) isFinal() bool { return s != StateQueued && s != StateRunning }

// JobSummary is a job in a list.
type JobSummary struct {
	ID                ids.ID     `json:"id"`
	Number            int64      `json:"number" doc:"Counts up; for people."`
	Kind              Kind       `json:"kind" enum:"patch,rollback,reboot,refresh"`
	State             State      `json:"state" enum:"queued,running,succeeded,partially_failed,failed,cancelled,expired"`
	Title             string     `json:"title"`
	Note              string     `json:"note"`
	Counts            Counts     `json:"counts"`
	Progress          int        `json:"progress" doc:"Percent, the average of the hosts."`
	CreatedAt         time.Time  `json:"created_at"`
	CreatedBy         string     `json:"created_by"`
	StartedAt         *time.Time `json:"started_at"`
	FinishedAt        *time.Time `json:"finished_at"`
	ParentJobID       *ids.ID    `json:"parent_job_id"`
	CancelRequestedAt *time.Time `json:"cancel_requested_at"`
}

// Job is a job with everything that was ordered.
type Job struct {
	JobSummary
	Selection     *Selection `json:"selection"`
	Reboot        Reboot     `json:"reboot" enum:"never,if_needed,always"`
	AllowRemovals bool       `json:"allow_removals"`
	PlanID        *ids.ID    `json:"plan_id"`
	Children      []JobRef   `json:"children" nullable:"false" doc:"Rollbacks of this job and further runs of what failed in it."`
}

// JobRef points to a job.
type JobRef struct {
	ID     ids.ID `json:"id"`
	Number int64  `json:"number"`
	Kind   Kind   `json:"kind"`
	State  State  `json:"state"`
}

// Reboot says whether a run may end with a reboot.
type Reboot = agentapi.RebootPolicy

// JobHost is one host's share of a job.
type JobHost struct {
	ID            ids.ID               `json:"id"`
	HostID        ids.ID               `json:"host_id"`
	HostName      string               `json:"host_name"`
	State         HostState            `json:"state" enum:"waiting,queued,claimed,running,lost,succeeded,failed,cancelled,expired"`
	Phase         string               `json:"phase"`
	Progress      int                  `json:"progress"`
	Message       string               `json:"message"`
	Error         *JobHostError        `json:"error"`
	Run           int                  `json:"run" doc:"1 for the first execution."`
	Attempts      int                  `json:"attempts" doc:"Calls of this run that got no answer."`
	NextAttemptAt *time.Time           `json:"next_attempt_at"`
	StartedAt     *time.Time           `json:"started_at"`
	FinishedAt    *time.Time           `json:"finished_at"`
	Changes       []agentapi.JobChange `json:"changes" nullable:"false"`
	Rollback      *agentapi.Rollback   `json:"rollback" doc:"Whether this host's part can be taken back; null while it is not known."`
	RebootNeeded  bool                 `json:"reboot_needed"`
	Conffiles     []string             `json:"conffiles" nullable:"false" doc:"Configuration files whose local version was kept."`
	LastEventID   int64                `json:"last_event_id"`
	LogLines      int                  `json:"log_lines"`
}

// JobHostError is why a run failed, or why it is tried again.
type JobHostError struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"`
}

// EventKind tells a log line from a change of state.
type EventKind string

// Kinds of events.
const (
	EventLog    EventKind = "log"
	EventStatus EventKind = "status"
)

// StreamManager marks the manager's own words in a log, beside the agent's
// "tool" and "agent".
const StreamManager = "manager"

// JobEvent is one thing that happened to a job host. Ids ascend in the order in
// which events became visible: a reader that has seen N asks for what is above.
type JobEvent struct {
	ID       int64     `json:"id"`
	JobID    ids.ID    `json:"job_id"`
	HostID   ids.ID    `json:"host_id"`
	Kind     EventKind `json:"kind" enum:"log,status"`
	Seq      int64     `json:"seq" doc:"The agent's number; 0 for the manager's own events."`
	At       time.Time `json:"at"`
	Phase    string    `json:"phase"`
	Line     string    `json:"line"`
	Stream   string    `json:"stream" doc:"tool, agent or manager."`
	State    HostState `json:"state"`
	Progress int       `json:"progress"`
	Message  string    `json:"message"`
	Package  string    `json:"package"`
}
