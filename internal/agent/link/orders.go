package link

import (
	"io"
	"net/http"
	"strconv"

	"patchmanager/internal/agent/task"
	"patchmanager/internal/agentapi"
)

func (s *Server) apply(r *http.Request) (answer, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return answer{}, err
	}
	request, err := decodeApply(body)
	if err != nil {
		return answer{}, err
	}
	return s.submit(r, task.Order{Operation: agentapi.OpPatchApply, Apply: &request})
}

func (s *Server) reboot(r *http.Request) (answer, error) {
	var request agentapi.RebootRequest
	if err := decode(r, &request); err != nil {
		return answer{}, err
	}
	if err := checkDelay("delay_seconds", request.DelaySeconds); err != nil {
		return answer{}, err
	}
	if len(request.Reason) > agentapi.MaxNameLength {
		return answer{}, invalid("reason", request.Reason, "longer than "+strconv.Itoa(agentapi.MaxNameLength)+" bytes")
	}
	return s.submit(r, task.Order{Operation: agentapi.OpReboot, Reboot: &request})
}

func (s *Server) refresh(r *http.Request) (answer, error) {
	return s.submit(r, task.Order{Operation: agentapi.OpRefresh})
}

func (s *Server) rollback(r *http.Request) (answer, error) {
	return s.submit(r, task.Order{Operation: agentapi.OpRollback, RollbackOf: r.PathValue("id")})
}

// submit answers 202, also for an order that was accepted before.
func (s *Server) submit(r *http.Request, o task.Order) (answer, error) {
	key, err := keyOf(r)
	if err != nil {
		return answer{}, err
	}
	job, created, err := s.opts.Engine.Submit(r.Context(), key, o)
	if err != nil {
		return answer{}, err
	}
	if created {
		s.opts.Log.InfoContext(r.Context(), "order accepted", "job_id", job.JobID, "operation", job.Operation,
			"key", key, "request_id", r.Header.Get(agentapi.HeaderRequestID), "remote", r.RemoteAddr)
	}
	return answer{status: http.StatusAccepted, data: job}, nil
}

func (s *Server) listJobs(*http.Request) (answer, error) {
	return answer{data: agentapi.JobList{Jobs: s.opts.Engine.Jobs()}}, nil
}

func (s *Server) job(r *http.Request) (answer, error) {
	job, err := s.opts.Engine.Job(r.PathValue("id"))
	return answer{data: job}, err
}

// cancel stops a job; one that has finished it removes, unless told to keep it.
func (s *Server) cancel(r *http.Request) (answer, error) {
	stop := s.opts.Engine.Remove
	switch finished := r.URL.Query().Get(agentapi.QueryFinished); finished {
	case "":
	case agentapi.FinishedKeep:
		stop = s.opts.Engine.Cancel
	default:
		return answer{}, invalid("query."+agentapi.QueryFinished, finished, "it must be "+agentapi.FinishedKeep+", or left out")
	}
	job, err := stop(r.PathValue("id"))
	if err == nil {
		s.opts.Log.InfoContext(r.Context(), "order cancelled", "job_id", job.JobID, "status", job.Status,
			"request_id", r.Header.Get(agentapi.HeaderRequestID), "remote", r.RemoteAddr)
	}
	return answer{data: job}, err
}

func (s *Server) jobLog(r *http.Request) (answer, error) {
	var after int64
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return answer{}, invalid("query.after", text, "it must be a number, 0 or more")
		}
	}
	id := r.PathValue("id")
	reader, err := s.opts.Engine.Events(id, after)
	if err != nil {
		return answer{}, err
	}
	defer reader.Close()
	job, err := s.opts.Engine.Job(id) // before reading: what is read is never newer than Last says by much
	if err != nil {
		return answer{}, err
	}
	events, err := reader.Read(agentapi.MaxEventsPerPage)
	if err != nil {
		return answer{}, err
	}
	page := agentapi.LogPage{Events: orEmpty(events), Last: job.LastSeq}
	if n := len(events); n > 0 {
		page.Last = max(page.Last, events[n-1].Seq)
	}
	return answer{data: page}, nil
}

func (s *Server) csr(*http.Request) (answer, error) {
	text, err := s.opts.Identity.NewCSR(s.opts.Subject())
	return answer{data: agentapi.CSR{CSR: text}}, err
}

func (s *Server) certificate(r *http.Request) (answer, error) {
	var update agentapi.CertificateUpdate
	if err := decode(r, &update); err != nil {
		return answer{}, err
	}
	if err := s.opts.Identity.Install(update); err != nil {
		return answer{}, err
	}
	until := s.opts.Identity.Current().Certificate.Leaf.NotAfter
	s.opts.Log.InfoContext(r.Context(), "certificate renewed", "not_after", until, "request_id", r.Header.Get(agentapi.HeaderRequestID))
	return answer{}, nil
}
