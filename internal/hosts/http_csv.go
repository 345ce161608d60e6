package hosts

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
)

const (
	// ImportPath is that of an import, which takes a larger body than others.
	ImportPath = httpx.BasePath + "/hosts/import"
	// MaxImportBody has room for the text of the largest import inside of JSON,
	// where a quote or an end of line takes two bytes.
	MaxImportBody = 2*MaxImport + 1<<10
)

// ImportInput is an import as JSON.
type ImportInput struct {
	CSV    string `json:"csv" doc:"The text of the file. The first line names columns: name, address, port, groups, labels (key=value), note; commas or semicolons between fields, bars (|) between several groups or labels."`
	DryRun bool   `json:"dry_run,omitempty" doc:"Only report what would happen."`
}

type importRequest struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	DryRun      bool   `query:"dry_run" doc:"Only report what would happen."`
	RawBody     []byte `contentType:"text/csv"`
}

func (s *Service) importRoute(api huma.API, op huma.Operation) {
	op.MaxBodyBytes, op.BodyReadTimeout = MaxImportBody, time.Minute
	huma.Register(api, op, s.handleImport)
	// Described after the registration: the library would take CSV for JSON.
	doc := api.OpenAPI()
	doc.Paths[op.Path].Post.RequestBody.Content["application/json"] = &huma.MediaType{
		Schema: doc.Components.Schemas.Schema(reflect.TypeFor[ImportInput](), true, "ImportInput")}
}

func (s *Service) handleImport(ctx context.Context, in *importRequest) (*struct{ Body ImportReport }, error) {
	text, dry, err := in.read()
	if err != nil {
		return nil, err
	}
	r, err := s.Import(ctx, auth.ActorFrom(ctx), text, dry)
	return &struct{ Body ImportReport }{r}, err
}

// read takes the text as it is, or out of JSON.
func (in *importRequest) read() (text []byte, dry bool, err error) {
	kind, _, err := mime.ParseMediaType(in.ContentType)
	switch {
	case err == nil && kind == "text/csv":
		return in.RawBody, in.DryRun, nil
	case err != nil || kind != "application/json":
		return nil, false, apierr.New(http.StatusUnsupportedMediaType, "unsupported_media_type", "Send text/csv, or application/json with a member csv.")
	}
	var body ImportInput
	d := json.NewDecoder(bytes.NewReader(in.RawBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil {
		return nil, false, apierr.New(http.StatusBadRequest, "bad_request", "The body is not JSON with the members csv and dry_run.")
	}
	return []byte(body.CSV), body.DryRun || in.DryRun, nil
}

type exportInput struct {
	FilterSpec
	Sort  string `query:"sort" default:"name" enum:"name,state,state_since,os,agent_version,pending,security,critical,last_seen,certificate,reboot,enrolled_at"`
	Order string `query:"order" default:"asc" enum:"asc,desc"`
}

type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (s *Service) exportRoute(api huma.API, op huma.Operation) {
	op.Responses = map[string]*huma.Response{"200": {Description: "The hosts.",
		Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	huma.Register(api, op, s.handleExport)
}

func (s *Service) handleExport(ctx context.Context, in *exportInput) (*exportOutput, error) {
	f, err := in.FilterSpec.Filter()
	if err != nil {
		return nil, err
	}
	f.Sort, f.Desc = in.Sort, in.Order == "desc"
	text, err := s.Export(ctx, auth.ActorFrom(ctx), in.FilterSpec, f)
	return &exportOutput{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="hosts.csv"`, Body: text}, err
}
