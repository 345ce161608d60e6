package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/httpx"
	"patchmanager/internal/version"
)

// Health is whether the product works, for load balancers and monitoring. It
// is open to everybody and says nothing that an attacker could use.
type Health struct {
	Status  string       `json:"status" enum:"ok,failing"`
	Checks  HealthChecks `json:"checks"`
	Version string       `json:"version"`
}

// HealthChecks is one entry for each part.
type HealthChecks struct {
	Process  HealthCheck `json:"process"`
	Database HealthCheck `json:"database"`
	Worker   HealthCheck `json:"worker"`
	Schema   HealthCheck `json:"schema"`
}

// HealthCheck is one part.
type HealthCheck struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

const (
	healthTimeout = 3 * time.Second
	healthReuse   = time.Second      // so that a flood of questions costs one query a second
	workerSilence = 30 * time.Second // six missed beats
)

// health answers for the parts.
type health struct {
	db    *db.DB
	clock clock.Clock

	mu     sync.Mutex
	last   Health
	lastAt time.Time
	schema bool // once right it stays right: migrations only go forward
}

type healthOutput struct {
	Status int
	Body   Health
}

func (h *health) routes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "health", Method: http.MethodGet, Path: httpx.BasePath + "/status/health",
		Summary: "Whether process, database, worker and schema are fine", Tags: []string{"status"}, Metadata: httpx.Public,
		Responses: map[string]*huma.Response{"503": {Description: "Something is not fine; the checks say what."}}},
		func(ctx context.Context, _ *struct{}) (*healthOutput, error) {
			status, body := h.check(ctx)
			return &healthOutput{status, body}, nil
		})
}

// serve is the same under the short path.
func (h *health) serve(w http.ResponseWriter, r *http.Request) {
	status, body := h.check(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	httpx.WriteJSON(r.Context(), w, status, body)
}

func (h *health) check(ctx context.Context) (int, Health) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lastAt.IsZero() || h.clock.Now().Sub(h.lastAt) >= healthReuse {
		// the answer is for others too: one impatient caller must not spoil it
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
		defer cancel()
		h.last, h.lastAt = h.look(ctx), h.clock.Now()
	}
	if h.last.Status == "ok" {
		return http.StatusOK, h.last
	}
	return http.StatusServiceUnavailable, h.last
}

func (h *health) look(ctx context.Context) Health {
	r := Health{Status: "ok", Version: version.Number()}
	r.Checks.Process = HealthCheck{OK: true, Detail: "running"}
	r.Checks.Database = h.database(ctx)
	if r.Checks.Database.OK {
		r.Checks.Schema, r.Checks.Worker = h.schemaVersion(ctx), h.worker(ctx)
	} else {
		unknown := HealthCheck{Detail: "unknown without the database"}
		r.Checks.Schema, r.Checks.Worker = unknown, unknown
	}
	if c := r.Checks; !c.Database.OK || !c.Schema.OK || !c.Worker.OK {
		r.Status = "failing"
	}
	return r
}

func (h *health) database(ctx context.Context) HealthCheck {
	if err := h.db.Ping(ctx); err != nil {
		return broken(ctx, "database", "does not answer", err)
	}
	return HealthCheck{OK: true, Detail: "answers"}
}

func (h *health) schemaVersion(ctx context.Context) HealthCheck {
	if h.schema {
		return HealthCheck{OK: true, Detail: "current"}
	}
	have, want, err := db.Schema(ctx, h.db)
	if err != nil {
		return broken(ctx, "schema", "cannot be read", err)
	}
	if h.schema = have >= want; !h.schema {
		return HealthCheck{Detail: fmt.Sprintf("version %d, this build needs %d", have, want)}
	}
	return HealthCheck{OK: true, Detail: "current"}
}

func (h *health) worker(ctx context.Context) HealthCheck {
	beat, err := lastBeat(ctx, h.db)
	if err != nil {
		return broken(ctx, "worker", "cannot be read", err)
	}
	switch {
	case beat == nil:
		return HealthCheck{Detail: "no worker has started yet"}
	case h.clock.Now().Sub(*beat) > workerSilence:
		return HealthCheck{Detail: "no sign of a worker since " + beat.UTC().Format(time.RFC3339)}
	}
	return HealthCheck{OK: true, Detail: "alive"}
}

// broken keeps the cause in the log: the answer is open to everybody.
func broken(ctx context.Context, part, detail string, err error) HealthCheck {
	slog.WarnContext(ctx, "health check failing", "part", part, "error", err)
	return HealthCheck{Detail: detail}
}
