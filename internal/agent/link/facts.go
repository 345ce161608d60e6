package link

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
)

// warnBefore is when a certificate that runs out becomes a reason to worry:
// the manager renews long before, so something is wrong with that.
const warnBefore = 14 * 24 * time.Hour

// cached keeps one encoded answer for as long as the package database stays as
// it is. One caller computes, the others wait for it.
type cached struct {
	mu    sync.Mutex
	state string
	data  json.RawMessage
}

func (c *cached) get(state string, compute func() (any, error)) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data != nil && c.state == state {
		return c.data, nil
	}
	value, err := compute()
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	c.state, c.data = state, data
	return data, nil
}

func (s *Server) health(r *http.Request) (answer, error) {
	id, now := s.opts.Identity.Current(), s.opts.Clock.Now()
	h := agentapi.Health{
		Status: agentapi.HealthHealthy, Version: s.opts.Version, BootID: s.opts.BootID,
		UptimeSeconds: int64(now.Sub(s.started) / time.Second),
		Capabilities: []agentapi.Capability{
			agentapi.CapPlan, agentapi.CapApply, agentapi.CapRollback, agentapi.CapReboot, agentapi.CapEvents, agentapi.CapCertificate,
		},
		CRLStatus: id.CRLStatus(now), CertificateExpiresAt: id.Certificate.Leaf.NotAfter.UTC(),
	}
	running, busy := s.opts.Engine.Running()
	h.RunningJob = running.JobID
	h.Reasons = s.reasons(r.Context(), h, busy)
	if len(h.Reasons) > 0 {
		h.Status = agentapi.HealthDegraded
	}
	return answer{data: h}, nil
}

// reasons says what is wrong. While a job runs its packages are half-way on
// purpose, so the database is not judged.
func (s *Server) reasons(ctx context.Context, h agentapi.Health, busy bool) []string {
	out := append([]string{}, s.opts.Engine.Problems()...)
	if left := h.CertificateExpiresAt.Sub(s.opts.Clock.Now()); left < warnBefore {
		out = append(out, fmt.Sprintf("the agent's certificate runs out at %s", h.CertificateExpiresAt.Format(time.RFC3339)))
	}
	if h.CRLStatus == "expired" {
		out = append(out, "the revocation list is out of date")
	}
	if busy {
		return out
	}
	problems, err := s.databaseProblems(ctx)
	if err != nil {
		return append(out, fmt.Sprintf("the package database cannot be read: %v", err))
	}
	return append(out, problems...)
}

func (s *Server) databaseProblems(ctx context.Context) ([]string, error) {
	state, err := s.opts.Manager.Fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	data, err := s.problems.get(state, func() (any, error) { return s.opts.Manager.Problems(ctx) })
	if err != nil {
		return nil, err
	}
	var out []string
	return out, json.Unmarshal(data, &out)
}

func (s *Server) info(r *http.Request) (answer, error) {
	info, err := s.opts.Info(r.Context())
	return answer{data: info}, err
}

func (s *Server) listPackages(r *http.Request) (answer, error) {
	return s.byState(r, "packages", &s.packages, func() (any, error) {
		packages, err := s.opts.Manager.Installed(r.Context())
		return agentapi.PackageList{Packages: orEmpty(packages)}, err
	})
}

func (s *Server) listPatches(r *http.Request) (answer, error) {
	return s.byState(r, "patches", &s.patches, func() (any, error) {
		list, err := s.opts.Manager.Patches(r.Context())
		list.Patches = orEmpty(list.Patches)
		return list, err
	})
}

// byState answers with an ETag made of the state of the package database.
func (s *Server) byState(r *http.Request, kind string, c *cached, compute func() (any, error)) (answer, error) {
	state, err := s.opts.Manager.Fingerprint(r.Context())
	if err != nil {
		return answer{}, err
	}
	sum := sha256.Sum256([]byte(kind + "\x00" + s.opts.Version + "\x00" + state)) // another version may list other fields
	return answer{
		etag:  `"` + hex.EncodeToString(sum[:12]) + `"`,
		fresh: func() (any, error) { return c.get(state, compute) },
	}, nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// plan computes what apply would do. In the middle of a transaction the answer
// would be about a host that is gone a second later.
func (s *Server) plan(r *http.Request) (answer, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return answer{}, err
	}
	request, err := decodeApply(body)
	if err != nil {
		return answer{}, err
	}
	if job, busy := s.opts.Engine.Running(); busy && (job.Phase == agentapi.PhaseUnpack || job.Phase == agentapi.PhaseConfigure) {
		return answer{}, agentapi.NewError(agentapi.CodeBusy, "job %s changes packages right now", job.JobID)
	}
	plan, err := s.opts.Manager.Plan(r.Context(), pkgmgr.Order{ApplyRequest: request})
	if err != nil {
		return answer{}, err
	}
	if request.PlanHash != "" && request.PlanHash != plan.PlanHash {
		return answer{}, agentapi.NewError(agentapi.CodePlanChanged, "the transaction is no longer the one that was agreed")
	}
	plan.Preflight = s.opts.Manager.Preflight(r.Context(), plan, s.opts.Engine.StateDir())
	plan.Rollback = s.opts.Manager.Readiness(r.Context(), plan)
	plan.ComputedAt = s.opts.Clock.Now()
	return answer{data: plan}, nil
}
