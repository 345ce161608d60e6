package agenttest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
)

func (a *Agent) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /health":              a.get(func() any { return a.facts.health }),
		"GET /system/info":         a.get(func() any { return a.facts.info }),
		"GET /packages":            a.tagged(func() any { return agentapi.PackageList{Packages: a.facts.packages} }),
		"GET /patches":             a.tagged(func() any { return a.patchList() }),
		"POST /patches/plan":       a.handlePlan,
		"POST /patches/apply":      a.handleApply,
		"POST /system/reboot":      a.handleReboot,
		"POST /refresh":            a.handleRefresh,
		"POST /jobs/{id}/rollback": a.handleRollback,
		"GET /jobs":                a.handleJobs,
		"GET /jobs/{id}":           a.handleJob,
		"DELETE /jobs/{id}":        a.handleCancel,
		"GET /jobs/{id}/log":       a.handleLog,
		"GET /ws/jobs":             a.handleEvents,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+agentapi.BasePath+path, a.counted(pattern, h))
	}
	mux.HandleFunc("/", a.counted("other", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, agentapi.NewError(agentapi.CodeNotFound, "there is no %s", r.URL.Path))
	}))
	return mux
}

// counted counts, and lets the test's interceptor go first.
func (a *Agent) counted(op string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.calls[op]++
		fn := a.intercept
		a.mu.Unlock()
		if fn != nil && fn(w, r) {
			return
		}
		h(w, r)
	}
}

func (a *Agent) get(data func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		b := encode(data())
		a.mu.Unlock()
		answer(w, http.StatusOK, b)
	}
}

func (a *Agent) tagged(data func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		b := encode(data())
		a.mu.Unlock()
		etag := `"` + tag(b) + `"`
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		answer(w, http.StatusOK, b)
	}
}

func (a *Agent) handlePlan(w http.ResponseWriter, r *http.Request) {
	var req agentapi.ApplyRequest
	if !decode(w, r, &req) {
		return
	}
	a.mu.Lock()
	plan, e := a.makePlan(req)
	a.mu.Unlock()
	if e != nil {
		refuse(w, http.StatusConflict, e)
		return
	}
	answer(w, http.StatusOK, encode(plan))
}

func (a *Agent) handleApply(w http.ResponseWriter, r *http.Request) {
	o := Order{Operation: agentapi.OpPatchApply}
	if decode(w, r, &o.Apply) {
		a.handleOrder(w, r, o)
	}
}

func (a *Agent) handleReboot(w http.ResponseWriter, r *http.Request) {
	o := Order{Operation: agentapi.OpReboot}
	if decode(w, r, &o.Reboot) {
		a.handleOrder(w, r, o)
	}
}

func (a *Agent) handleRefresh(w http.ResponseWriter, r *http.Request) {
	a.handleOrder(w, r, Order{Operation: agentapi.OpRefresh})
}

func (a *Agent) handleRollback(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	a.mu.Lock()
	of, e := a.find(id)
	var rb agentapi.Rollback
	if e == nil {
		rb = of.api.Rollback
	}
	a.mu.Unlock()
	switch {
	case e != nil:
		refuse(w, http.StatusNotFound, e)
	case rb.State == agentapi.RollbackImpossible:
		refuse(w, http.StatusConflict, agentapi.NewError(agentapi.CodeRollbackImpossible, "%s", strings.Join(rb.Reasons, " ")))
	default:
		a.handleOrder(w, r, Order{Operation: agentapi.OpRollback, RollbackOf: id})
	}
}

func (a *Agent) handleOrder(w http.ResponseWriter, r *http.Request, o Order) {
	o.Key = r.Header.Get(agentapi.HeaderIdempotencyKey)
	a.mu.Lock()
	j, e := a.accept(o)
	var b []byte
	if e == nil {
		b = encode(j.snapshot())
	}
	lost := a.lose > 0
	if lost {
		a.lose--
	}
	a.mu.Unlock()
	switch {
	case lost:
		panic(http.ErrAbortHandler)
	case e != nil:
		refuse(w, http.StatusConflict, e)
	default:
		answer(w, http.StatusAccepted, b)
	}
}

func (a *Agent) handleJobs(w http.ResponseWriter, _ *http.Request) {
	l := agentapi.JobList{Jobs: []agentapi.Job{}}
	jobs := a.Jobs()
	for i := len(jobs) - 1; i >= 0; i-- {
		l.Jobs = append(l.Jobs, jobs[i])
	}
	answer(w, http.StatusOK, encode(l))
}

func (a *Agent) handleJob(w http.ResponseWriter, r *http.Request) {
	a.withJob(w, r, func(j *job) any { return j.snapshot() })
}

func (a *Agent) handleCancel(w http.ResponseWriter, r *http.Request) {
	keep := r.URL.Query().Get(agentapi.QueryFinished) == agentapi.FinishedKeep
	a.withJob(w, r, func(j *job) any {
		j.removed = j.api.Status.Final() && !keep
		select {
		case <-j.cancel:
		default:
			close(j.cancel)
		}
		return j.snapshot()
	})
}

func (a *Agent) handleLog(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if err != nil && r.URL.Query().Has("after") {
		refuse(w, http.StatusUnprocessableEntity, agentapi.NewError(agentapi.CodeInvalid, "after is not a number"))
		return
	}
	a.withJob(w, r, func(j *job) any {
		from := min(max(after, 0), int64(len(j.events)))
		page := j.events[from:]
		return agentapi.LogPage{Events: page[:min(len(page), agentapi.MaxEventsPerPage)], Last: int64(len(j.events))}
	})
}

func (a *Agent) withJob(w http.ResponseWriter, r *http.Request, fn func(j *job) any) {
	a.mu.Lock()
	j, e := a.find(r.PathValue("id"))
	var b []byte
	if e == nil {
		b = encode(fn(j))
	}
	a.mu.Unlock()
	if e != nil {
		refuse(w, http.StatusNotFound, e)
		return
	}
	answer(w, http.StatusOK, b)
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, agentapi.MaxBodyBytes)).Decode(into); err != nil {
		refuse(w, http.StatusUnprocessableEntity, agentapi.NewError(agentapi.CodeInvalid, "%v", err))
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, data []byte) {
	write(w, status, agentapi.Envelope{Success: true, RequestID: ids.New().String(), Data: data})
}

func refuse(w http.ResponseWriter, status int, e *agentapi.Error) {
	write(w, status, agentapi.Envelope{RequestID: ids.New().String(), Error: e})
}

func write(w http.ResponseWriter, status int, e agentapi.Envelope) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(encode(e)) //nolint:errcheck // the caller notices
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own types come here
	}
	return b
}
