package audittrail

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
)

var contentTypes = map[audit.ExportFormat]string{
	audit.FormatJSONL: "application/x-ndjson",
	audit.FormatCSV:   "text/csv; charset=utf-8",
}

func (s *Service) exportRoute(api huma.API) {
	o := op("exportAudit", http.MethodGet, "/audit/export", "Export the audit trail, with proofs as JSON lines, or as CSV")
	o.Responses = map[string]*huma.Response{"200": {Description: "The export.", Content: map[string]*huma.MediaType{
		"application/x-ndjson": {Schema: &huma.Schema{Type: huma.TypeString}},
		"text/csv":             {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	huma.Register(api, o, s.handleExport)
}

type exportInput struct {
	FilterInput
	Format string `query:"format" default:"jsonl" enum:"csv,jsonl"`
}

func (s *Service) handleExport(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	format := audit.ExportFormat(in.Format)
	e, err := s.Export(ctx, auth.ActorFrom(ctx), format, in.filter())
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", contentTypes[format])
		hc.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", e.FileName()))
		if err := e.WriteTo(hc.Context(), hc.BodyWriter()); err != nil && hc.Context().Err() == nil {
			slog.WarnContext(hc.Context(), "audit export broken off", "error", err)
			panic(http.ErrAbortHandler) // the reader must not take a part for the whole
		}
	}}, nil
}
