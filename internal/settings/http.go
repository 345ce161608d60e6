package settings

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
)

// SecuritySetting is the section with its version.
type SecuritySetting struct {
	Version int64 `json:"version" doc:"Send it back with a change. 0: nobody has changed it yet."`
	Security
}

// AccessSetting is the section with its version and its trial.
type AccessSetting struct {
	Version int64 `json:"version"`
	Access
	RevertAt *time.Time `json:"revert_at" doc:"When the previous lists come back unless this change is confirmed; null: it stays."`
	Previous *Access    `json:"previous"`
}

// AuditSetting is the section with its version.
type AuditSetting struct {
	Version int64 `json:"version"`
	Audit
}

// All is every section as it is stored.
type All struct {
	Security SecuritySetting `json:"security"`
	Access   AccessSetting   `json:"access"`
	Audit    AuditSetting    `json:"audit"`
}

func securityOf(k kept[Security]) SecuritySetting {
	return SecuritySetting{Version: k.version, Security: k.value}
}

func accessOf(k kept[Access]) AccessSetting {
	return AccessSetting{Version: k.version, Access: k.value, RevertAt: k.revertAt, Previous: k.previous}
}

func auditOf(k kept[Audit]) AuditSetting { return AuditSetting{Version: k.version, Audit: k.value} }

// Routes registers the operations of this package.
func (s *Service) Routes(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + "/settings" + path, Summary: summary,
			Tags: []string{"settings"}, Security: []map[string][]string{{"bearer": {}}}}
	}
	huma.Register(api, op("getSettings", http.MethodGet, "", "All run-time settings"), s.handleGet)
	huma.Register(api, op("setSecurity", http.MethodPut, "/security", "Change sign-in and sessions"), s.handleSecurity)
	huma.Register(api, op("setAudit", http.MethodPut, "/audit", "Change retention and export of the audit trail"), s.handleAudit)
	huma.Register(api, op("setAccess", http.MethodPut, "/access", "Change who may connect"), s.handleAccess)
	huma.Register(api, op("confirmAccess", http.MethodPost, "/access/confirm", "Keep a change that is on trial"), s.handleConfirm)
}

func (s *Service) handleGet(ctx context.Context, _ *struct{}) (*struct{ Body All }, error) {
	all, err := s.Get(ctx, auth.ActorFrom(ctx))
	return &struct{ Body All }{all}, err
}

func (s *Service) handleSecurity(ctx context.Context, in *struct{ Body SecuritySetting }) (*struct{ Body SecuritySetting }, error) {
	out, err := s.SetSecurity(ctx, auth.ActorFrom(ctx), in.Body.Version, in.Body.Security)
	return &struct{ Body SecuritySetting }{out}, err
}

func (s *Service) handleAudit(ctx context.Context, in *struct{ Body AuditSetting }) (*struct{ Body AuditSetting }, error) {
	out, err := s.SetAudit(ctx, auth.ActorFrom(ctx), in.Body.Version, in.Body.Audit)
	return &struct{ Body AuditSetting }{out}, err
}

type accessOutput struct{ Body AccessSetting }

func (s *Service) handleAccess(ctx context.Context, in *struct{ Body AccessChange }) (*accessOutput, error) {
	out, err := s.SetAccess(ctx, auth.ActorFrom(ctx), from(ctx), in.Body)
	return &accessOutput{out}, err
}

func (s *Service) handleConfirm(ctx context.Context, _ *struct{}) (*accessOutput, error) {
	out, err := s.ConfirmAccess(ctx, auth.ActorFrom(ctx), from(ctx))
	return &accessOutput{out}, err
}

func from(ctx context.Context) From {
	return func(trusted func(netip.Addr) bool) netip.Addr { return httpx.ClientAddrIf(ctx, trusted) }
}
