package agentclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"patchmanager/internal/agentapi"
)

// Plan asks for the exact transaction that Apply would run.
func (a *Agent) Plan(ctx context.Context, r agentapi.ApplyRequest) (agentapi.Plan, error) {
	c := call{method: http.MethodPost, path: "/patches/plan", body: r, limit: planAnswer, timeout: a.c.cfg.Timeouts.Plan}
	if err := checkSelection(c.op(), r); err != nil {
		return agentapi.Plan{}, err
	}
	p, _, _, err := do[agentapi.Plan](ctx, a, c)
	return p, err
}

// Apply orders an update. The same key answers with the same job.
func (a *Agent) Apply(ctx context.Context, key string, r agentapi.ApplyRequest) (agentapi.Job, error) {
	if err := checkSelection("POST /patches/apply", r); err != nil {
		return agentapi.Job{}, err
	}
	return a.order(ctx, "/patches/apply", key, r)
}

// Rollback orders the packages back to the versions before an agent's job.
func (a *Agent) Rollback(ctx context.Context, key, agentJobID string) (agentapi.Job, error) {
	return a.order(ctx, "/jobs/"+url.PathEscape(agentJobID)+"/rollback", key, nil)
}

// Reboot orders a reboot.
func (a *Agent) Reboot(ctx context.Context, key string, r agentapi.RebootRequest) (agentapi.Job, error) {
	return a.order(ctx, "/system/reboot", key, r)
}

// Refresh orders a fresh fetch of the package lists.
func (a *Agent) Refresh(ctx context.Context, key string) (agentapi.Job, error) {
	return a.order(ctx, "/refresh", key, nil)
}

// Cancel asks the agent to stop a job: at once while it is pending, at the
// next safe point while it runs. A job that has finished is answered as it is.
// An agent from before finished=keep removes it from its history instead, so a
// caller asks only for jobs that were unfinished a moment ago.
func (a *Agent) Cancel(ctx context.Context, agentJobID string) (agentapi.Job, error) {
	path := "/jobs/" + url.PathEscape(agentJobID) + "?" + agentapi.QueryFinished + "=" + agentapi.FinishedKeep
	return a.job(ctx, call{method: http.MethodDelete, path: path})
}

// Job asks for one job.
func (a *Agent) Job(ctx context.Context, agentJobID string) (agentapi.Job, error) {
	return a.job(ctx, call{method: http.MethodGet, path: "/jobs/" + url.PathEscape(agentJobID)})
}

// JobByKey looks for the job of an order without giving the order. found is
// false when the agent answered and has no such job.
func (a *Agent) JobByKey(ctx context.Context, key string) (j agentapi.Job, found bool, err error) {
	c := call{method: http.MethodGet, path: "/jobs", limit: agentapi.MaxAnswerBytes, timeout: a.c.cfg.Timeouts.Read}
	l, _, _, err := do[agentapi.JobList](ctx, a, c)
	if err != nil {
		return j, false, err
	}
	for _, j := range l.Jobs {
		if j.IdempotencyKey == key {
			return j, true, nil
		}
	}
	return j, false, nil
}

// Log asks for a page of the events after a number.
func (a *Agent) Log(ctx context.Context, agentJobID string, after int64) (agentapi.LogPage, error) {
	path := fmt.Sprintf("/jobs/%s/log?after=%d", url.PathEscape(agentJobID), after)
	c := call{method: http.MethodGet, path: path, limit: planAnswer, timeout: a.c.cfg.Timeouts.Read}
	p, _, _, err := do[agentapi.LogPage](ctx, a, c)
	return p, err
}

// order is a POST that makes a job. Without a key it could be carried out
// twice, so that is refused here.
func (a *Agent) order(ctx context.Context, path, key string, body any) (agentapi.Job, error) {
	c := call{method: http.MethodPost, path: path, key: key, body: body}
	if key == "" || len(key) > agentapi.MaxKeyLength {
		return agentapi.Job{}, protocolError(c.op(), 0, "an order needs an idempotency key of 1 to %d bytes", agentapi.MaxKeyLength)
	}
	return a.job(ctx, c)
}

func (a *Agent) job(ctx context.Context, c call) (agentapi.Job, error) {
	c.limit, c.timeout = planAnswer, a.c.cfg.Timeouts.Read
	j, _, _, err := do[agentapi.Job](ctx, a, c)
	if err != nil {
		return j, err
	}
	if j.JobID == "" {
		return j, protocolError(c.op(), 0, "the agent's job has no id")
	}
	return j, nil
}

// checkSelection refuses an empty list of packages: it has meant "nothing" to
// one package manager and "everything" to another.
func checkSelection(op string, r agentapi.ApplyRequest) error {
	if r.Packages != nil && len(r.Packages) == 0 {
		return protocolError(op, 0, "an empty list of packages is never sent: nil means all")
	}
	return nil
}
