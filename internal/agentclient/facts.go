package agentclient

import (
	"context"
	"net/http"

	"patchmanager/internal/agentapi"
)

// Answer is data with the tag under which the agent would say "unchanged".
type Answer[T any] struct {
	Data      T
	ETag      string
	Unchanged bool // the agent still has what the given ETag stands for; Data is empty
}

// Health asks the agent how it is.
func (a *Agent) Health(ctx context.Context) (agentapi.Health, error) {
	r := call{method: http.MethodGet, path: "/health", limit: smallAnswer, timeout: a.c.cfg.Timeouts.Quick}
	h, _, _, err := do[agentapi.Health](ctx, a, r)
	if err != nil {
		return h, err
	}
	return h, checkHealth(r.op(), h)
}

// SystemInfo asks what the host is.
func (a *Agent) SystemInfo(ctx context.Context) (agentapi.SystemInfo, error) {
	s, _, _, err := do[agentapi.SystemInfo](ctx, a, call{method: http.MethodGet, path: "/system/info", limit: smallAnswer,
		timeout: a.c.cfg.Timeouts.Read})
	return s, err
}

// Packages asks for the installed packages unless they are those of etag.
func (a *Agent) Packages(ctx context.Context, etag string) (Answer[agentapi.PackageList], error) {
	r := call{method: http.MethodGet, path: "/packages", etag: etag, limit: agentapi.MaxAnswerBytes, timeout: a.c.cfg.Timeouts.Read}
	return list(ctx, a, r, checkPackages)
}

// Patches asks for the pending updates unless they are those of etag.
func (a *Agent) Patches(ctx context.Context, etag string) (Answer[agentapi.PatchList], error) {
	r := call{method: http.MethodGet, path: "/patches", etag: etag, limit: agentapi.MaxAnswerBytes, timeout: a.c.cfg.Timeouts.Read}
	return list(ctx, a, r, checkPatches)
}

func list[T any](ctx context.Context, a *Agent, r call, check func(op string, v *T) error) (Answer[T], error) {
	data, h, unchanged, err := do[T](ctx, a, r)
	ans := Answer[T]{Data: data, Unchanged: unchanged}
	if err != nil {
		return ans, err
	}
	if unchanged {
		ans.ETag = r.etag
		return ans, nil
	}
	if ans.ETag = h.Get("ETag"); len(ans.ETag) > maxETag {
		ans.ETag = "" // costs a full answer next time, nothing else
	}
	return ans, check(r.op(), &ans.Data)
}

// CSR asks the agent to make a new key and a request for it.
func (a *Agent) CSR(ctx context.Context) (agentapi.CSR, error) {
	c, _, _, err := do[agentapi.CSR](ctx, a, call{method: http.MethodPost, path: "/pki/csr", limit: smallAnswer, timeout: a.c.cfg.Timeouts.Quick})
	return c, err
}

// PutCertificate hands the agent its renewed certificate.
func (a *Agent) PutCertificate(ctx context.Context, u agentapi.CertificateUpdate) error {
	_, _, _, err := do[struct{}](ctx, a, call{method: http.MethodPut, path: "/pki/certificate", body: u, noData: true,
		limit: smallAnswer, timeout: a.c.cfg.Timeouts.Quick})
	return err
}
