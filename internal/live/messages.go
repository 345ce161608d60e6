package live

import (
	"patchmanager/internal/ids"
	"patchmanager/internal/jobs"
)

// request is what a browser sends.
type request struct {
	Action  string `json:"action"`  // subscribe, unsubscribe
	Channel string `json:"channel"` // fleet, job
	JobID   ids.ID `json:"job_id"`
	After   int64  `json:"after"`
}

type eventMessage struct {
	Type string `json:"type"` // event
	jobs.JobEvent
}

type jobMessage struct {
	Type string          `json:"type"` // job
	Job  jobs.JobSummary `json:"job"`
}

type jobHostMessage struct {
	Type  string       `json:"type"` // job_host
	JobID ids.ID       `json:"job_id"`
	Host  jobs.JobHost `json:"host"`
}

type hostMessage struct {
	Type   string `json:"type"`    // host
	HostID string `json:"host_id"` // empty: any host may have changed
}

type caughtUpMessage struct {
	Type  string `json:"type"` // caught_up
	JobID ids.ID `json:"job_id"`
	After int64  `json:"after"`
}

type errorMessage struct {
	Type    string `json:"type"` // error
	Code    string `json:"code"`
	Message string `json:"message"`
}
